import type { AnyPrimitive } from '@tikhonov/core/engine';
import type { Equation, Graph, Value } from '../graph/graph.ts';
import { isMap, isNamed } from '../graph/names.ts';
import { moves } from '../layout/moves.ts';
import { type Pass, rewrite } from './pass.ts';
import { firstFreeId } from './simplifier.ts';
import { splatOf } from './splat.ts';

/** A rectified value, and the mask by which it was made. */
interface Rectified {
  readonly mask: Value;
  readonly lessEqual: AnyPrimitive;
  readonly zero: Value;
  readonly output: Value;
}

/** All `where(lessEqual(x, 0), 0, x)`. */
function rectified({ constants, equations }: Graph): readonly Rectified[] {
  const zeros = new Set<Value>();
  for (const { value, view } of constants) if (splatOf(view) === 0) zeros.add(value);
  const masks = new Map<Value, Equation>();
  const found: Rectified[] = [];
  for (const equation of equations) {
    const [a, b, c] = equation.inputs;
    const output = equation.outputs[0]!;
    if (isNamed(equation.primitive, 'lessEqual') && zeros.has(b!)) masks.set(output, equation);
    if (!isNamed(equation.primitive, 'where') || !zeros.has(b!)) continue;
    const comparison = masks.get(a!);
    if (comparison === undefined || comparison.inputs[0] !== c) continue;
    const { primitive: lessEqual, inputs } = comparison;
    found.push({ mask: a!, lessEqual, zero: inputs[1]!, output });
  }
  return found;
}

/**
 * For every value the place of the first equation that needs it in memory, through moves: not a map, in
 * which it might never get there. What leaves the program is needed at its end.
 */
function neededInMemory(graph: Graph): ReadonlyMap<Value, number> {
  const places = new Map<Value, number>();
  const end = graph.equations.length;
  for (const value of graph.results) places.set(value, end);
  for (const { value } of graph.writes) places.set(value, end);
  for (let at = end - 1; at >= 0; at--) {
    const { primitive, inputs, outputs } = graph.equations[at]!;
    if (isMap(primitive)) continue;
    const place = moves.has(primitive.name) ? places.get(outputs[0]!) : at;
    if (place === undefined) continue;
    for (const input of inputs) places.set(input, Math.min(place, places.get(input) ?? Infinity));
  }
  return places;
}

/**
 * Masks of rectified values made again from the output, which is <= 0 where its argument is. Later than
 * where the output is needed in memory anyway, it takes the place of the mask, or of the argument from
 * which the mask would be made again; they need not be kept.
 */
export const reluMask: Pass = {
  name: 'relu-mask',
  run: (graph) => {
    const found = rectified(graph);
    if (found.length === 0) return graph;
    const memory = neededInMemory(graph);
    const byMask = new Map(found.map((one) => [one.mask, one]));
    const again = new Map<Value, Value>();
    const equations: Equation[] = [];
    let next = firstFreeId(graph);
    for (const [at, equation] of graph.equations.entries()) {
      const inputs = equation.inputs.map((value) => {
        const one = byMask.get(value);
        if (one === undefined || at <= (memory.get(one.output) ?? Infinity)) return value;
        const known = again.get(value);
        if (known !== undefined) return known;
        const mask: Value = { id: next++, shape: value.shape, dtype: value.dtype };
        const { lessEqual: primitive, output, zero } = one;
        equations.push({ primitive, inputs: [output, zero], attrs: null, outputs: [mask] });
        again.set(value, mask);
        return mask;
      });
      const changed = inputs.some((value, i) => value !== equation.inputs[i]);
      equations.push(changed ? { ...equation, inputs } : equation);
    }
    return again.size === 0 ? graph : rewrite(graph, equations, new Map());
  },
};
