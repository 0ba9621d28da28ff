import type { AnyPrimitive } from '@tikhonov/core/engine';
import type { Equation, Value } from '../graph/graph.ts';
import type { PrimitiveName } from '../graph/names.ts';
import { keyOfAttrs } from './attrs-key.ts';
import { type Pass, rewrite } from './pass.ts';
import { shareConstants } from './share-constants.ts';

/** The order of their operands makes no difference, not even to zeros. */
const symmetric: ReadonlySet<string> = /* @__PURE__ */ new Set<PrimitiveName>([
  'add',
  'equal',
  'logicalAnd',
  'maximum',
  'minimum',
  'mul',
  'notEqual',
]);

/**
 * Computes once what is computed twice: the same primitive on the same values with the same attributes.
 * Attributes that hold functions are the same only if they are the same object. Constants with the same
 * elements become one. What belongs to a recomputation is shared within it only: taken from outside, it would
 * have to be kept until then, which the recomputation is there to avoid.
 */
export const shareCommon: Pass = {
  name: 'share-common',
  run: (graph) => {
    const { constants, replaced } = shareConstants(graph.constants);
    const before = replaced.size;
    const known = new Map<AnyPrimitive, Map<string, Equation>>();
    const keyOfNext = keyOfAttrs();
    const equations: Equation[] = [];
    for (const equation of graph.equations) {
      const { primitive, attrs, recomputation } = equation;
      const inputs = equation.inputs.map((value) => replaced.get(value) ?? value);
      let sameKind = known.get(primitive);
      if (sameKind === undefined) {
        sameKind = new Map();
        known.set(primitive, sameKind);
      }
      const what = keyOfInputs(inputs, symmetric.has(primitive.name)) + keyOfNext(attrs);
      // No text of attributes ends in this.
      const key = recomputation === undefined ? what : `${what} in ${recomputation}`;
      const twin = sameKind.get(key);
      if (twin === undefined) {
        const changed = inputs.some((value, i) => value !== equation.inputs[i]);
        const kept = changed ? { ...equation, inputs } : equation;
        sameKind.set(key, kept);
        equations.push(kept);
      } else {
        for (const [k, output] of equation.outputs.entries()) {
          replaced.set(output, twin.outputs[k]!);
        }
      }
    }
    const still = constants === graph.constants && replaced.size === before;
    return still ? graph : { ...rewrite(graph, equations, replaced), constants };
  },
};

function keyOfInputs(inputs: readonly Value[], sorted: boolean): string {
  const [a, b] = inputs;
  if (sorted && a !== undefined && b !== undefined && b.id < a.id) return `${b.id},${a.id}, `;
  let key = '';
  for (const { id } of inputs) key += `${id},`;
  return `${key} `;
}
