import type { Tensor, Tree } from '@tikhonov/core';
import { type Named, type NoState, stateless, type Transform } from './transform.ts';

/** The state of a transform. */
export type StateOf<T> = T extends Transform<infer State> ? State : never;

/** The states of a chain's parts, in order. */
export type StatesOf<Parts extends readonly Transform[]> = {
  readonly [K in keyof Parts]: StateOf<Parts[K]>;
};

/**
 * Transforms one after the other: each gets the updates of the one before it.
 *
 * @returns a transform whose state is the tuple of the parts' states
 * @example
 * ```ts
 * const step = optim.chain(optim.clipByGlobalNorm(1), optim.scale(-0.1));
 * const w = { w: tensor([3, 4]) };
 * const [updates] = step.update(w, step.init(w), w);
 * updates.w.toArray(); // => [-0.06, -0.08]
 * ```
 */
export function chain<const Parts extends readonly Transform[]>(
  ...parts: Parts
): Transform<StatesOf<Parts>> {
  return {
    // One cast each: a mapped tuple cannot be built entry by entry.
    init: (params) => parts.map((part) => part.init(params)) as StatesOf<Parts>,
    update(updates, state, params) {
      let current: Named = updates;
      const states = parts.map((part, i) => {
        const [next, after] = part.update(current, state[i] as Tree<Tensor>, params);
        current = next;
        return after;
      });
      return [current, states as StatesOf<Parts>];
    },
  };
}

/** Hands the updates on as they are. */
export const identity = (): Transform<NoState> => stateless((updates) => updates);
