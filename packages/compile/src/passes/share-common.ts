import type { AnyPrimitive } from '@tikhonov/core/engine';
import type { Equation, Value } from '../graph/graph.ts';
import { type Pass, rewrite } from './pass.ts';

/**
 * Computes once what is computed twice: the same primitive on the same values with the same attributes.
 * Attributes that hold functions are the same only if they are the same object.
 */
export const shareCommon: Pass = {
  name: 'share-common',
  run: (graph) => {
    const replaced = new Map<Value, Value>();
    const known = new Map<AnyPrimitive, Map<string, Equation>>();
    const identities = new Map<unknown, number>();
    const identity = (value: unknown): number => {
      const held = identities.get(value) ?? identities.size;
      identities.set(value, held);
      return held;
    };
    const keyOf = (inputs: readonly Value[], attrs: unknown): string =>
      `${inputs.map(({ id }) => id).join()} ${JSON.stringify(attrs, (_name, value: unknown) =>
        typeof value === 'function' || typeof value === 'bigint'
          ? { identity: identity(value) }
          : typeof value === 'number'
            ? exactly(value)
            : value,
      )}`;
    const equations: Equation[] = [];
    for (const equation of graph.equations) {
      const inputs = equation.inputs.map((value) => replaced.get(value) ?? value);
      const sameKind = known.get(equation.primitive) ?? new Map<string, Equation>();
      known.set(equation.primitive, sameKind);
      const key = keyOf(inputs, equation.attrs);
      const before = sameKind.get(key);
      if (before === undefined) {
        const kept = { ...equation, inputs };
        sameKind.set(key, kept);
        equations.push(kept);
      } else {
        for (const [k, output] of equation.outputs.entries()) {
          replaced.set(output, before.outputs[k]!);
        }
      }
    }
    return rewrite(graph, equations, replaced);
  },
};

/** JSON has no -0, NaN or infinities. */
const exactly = (value: number): number | string =>
  Object.is(value, -0) || !Number.isFinite(value)
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;
