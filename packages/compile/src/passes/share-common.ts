import {
  type AnyPrimitive,
  addP,
  equalP,
  erase,
  logicalAndP,
  maximumP,
  minimumP,
  mulP,
  notEqualP,
} from '@tikhonov/core/engine';
import type { Equation, Value } from '../graph/graph.ts';
import { keyOfAttrs } from './attrs-key.ts';
import { type Pass, rewrite } from './pass.ts';
import { shareConstants } from './share-constants.ts';

/** The order of their operands makes no difference, not even to zeros. */
const symmetric: ReadonlySet<AnyPrimitive> = /* @__PURE__ */ new Set(
  [addP, mulP, equalP, notEqualP, logicalAndP, maximumP, minimumP].map((primitive) =>
    erase(primitive),
  ),
);

/**
 * Computes once what is computed twice: the same primitive on the same values with the same attributes.
 * Attributes that hold functions are the same only if they are the same object. Constants with the same
 * elements become one.
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
      const { primitive, attrs } = equation;
      const inputs = equation.inputs.map((value) => replaced.get(value) ?? value);
      let sameKind = known.get(primitive);
      if (sameKind === undefined) {
        sameKind = new Map();
        known.set(primitive, sameKind);
      }
      const key = keyOfInputs(inputs, symmetric.has(primitive)) + keyOfNext(attrs);
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
