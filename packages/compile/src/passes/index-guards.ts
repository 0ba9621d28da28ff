import type { View } from '@tikhonov/core/engine';
import type { Equation, Region, Value } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';

/** What an index picks from: `null` if the equation has no index that may be out of range. */
function pickOf({ primitive, inputs, attrs }: Equation): { index: Value; size: number } | null {
  if (!isNamed(primitive, 'gather') && !isNamed(primitive, 'scatterAdd')) return null;
  const { axis } = attrs as { readonly axis: number };
  return { index: inputs[1]!, size: inputs[0]!.shape[axis]! };
}

/** Whether every element that the view's storage holds is a position. */
const isWithin = ({ data }: View, size: number): boolean =>
  data.every((position) => position >= 0 && position < size);

/**
 * Equations whose results nobody needs, but which alone tell of an index that is out of range: what the
 * live ones look at is known, and so is what `argmax` gives.
 */
export function indexGuards(
  { equations, constants }: Region,
  live: ReadonlySet<Equation>,
): readonly Equation[] {
  const guarded = new Map<Value, Set<number>>();
  const guard = (index: Value, size: number): boolean => {
    const sizes = guarded.get(index) ?? new Set();
    guarded.set(index, sizes);
    const isNew = !sizes.has(size);
    sizes.add(size);
    return isNew;
  };
  for (const equation of live) {
    const pick = pickOf(equation);
    if (pick !== null) guard(pick.index, pick.size);
  }
  const views = new Map(constants.map(({ value, view }) => [value, view]));
  const positions = new Set<Value>();
  const found: Equation[] = [];
  for (const equation of equations) {
    if (isNamed(equation.primitive, 'argmax')) positions.add(equation.outputs[0]!);
    const pick = pickOf(equation);
    if (pick === null || live.has(equation) || positions.has(pick.index)) continue;
    const view = views.get(pick.index);
    if (view !== undefined && isWithin(view, pick.size)) continue;
    if (guard(pick.index, pick.size)) found.push(equation);
  }
  return found;
}
