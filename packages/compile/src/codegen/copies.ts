import type { Equation, Region, Value } from '../graph/graph.ts';
import { identityOf } from '../lower/special.ts';
import { firstFreeId } from '../passes/simplifier.ts';
import { isWhole, placesOf } from '../schedule/places.ts';

/** What a region consists of, and the values that leave it. */
export interface Prepared {
  readonly region: Region;
  readonly leaving: readonly Value[];
}

/**
 * Adds copies, so that everything that leaves a region has storage of its own, in order, and so has what
 * goes into steps that want it.
 *
 * @param region  its inputs are whatever it is given, cells too
 */
export function withCopies(
  region: Region,
  leaving: readonly Value[],
  wantsDense: (equation: Equation) => boolean,
): Prepared {
  const places = placesOf(region);
  const given = new Set<Value>([...region.inputs, ...region.constants.map(({ value }) => value)]);
  const equations: Equation[] = [];
  let id = firstFreeId(region);
  const copyOf = (value: Value): Value => {
    const copy: Value = { id: id++, shape: value.shape, dtype: value.dtype };
    equations.push({ primitive: identityOf, inputs: [value], attrs: null, outputs: [copy] });
    return copy;
  };
  for (const equation of region.equations) {
    const inputs = wantsDense(equation)
      ? equation.inputs.map((value) => (isWhole(places.of(value)) ? value : copyOf(value)))
      : equation.inputs;
    equations.push({ ...equation, inputs });
  }
  const taken = new Set<Value>();
  const own = (value: Value): Value => {
    const place = places.of(value);
    if (!isWhole(place) || given.has(place.root) || taken.has(place.root)) return copyOf(value);
    taken.add(place.root);
    return value;
  };
  const owned = leaving.map(own);
  return { region: { ...region, equations }, leaving: owned };
}
