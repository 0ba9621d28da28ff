import {
  add,
  cond,
  div,
  equal,
  remainder,
  type Tensor,
  type Tree,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import { requireSteps } from './schedules/arguments.ts';
import type { Named, Transform } from './transform.ts';

/** Options of `accumulate`. */
export interface AccumulateOptions {
  /** Gradients that make one step. */
  readonly steps: number;
}

/** State of `accumulate`. */
export type AccumulateState<State extends Tree<Tensor>> = {
  /** Gradients seen, int32 `[]`. */
  readonly count: Tensor;
  /** Their sums since the last step. */
  readonly sums: Named;
  /** The state of the transform inside. */
  readonly inner: State;
};

/**
 * Gradient accumulation: the transform inside runs at every `steps`-th gradient, on the mean of those since;
 * in between the updates are 0 and its state stays, count included. Equal batches give the step of the
 * large batch that they make together. A schedule outside counts gradients. Training must see at least
 * `steps` batches, all epochs together, or nothing is stepped; of a number that `steps` does not divide, the
 * last few wait.
 *
 * @param inner  of a whole optimizer, such as `adamTransform(...)`
 * @throws RangeError unless `steps` is an integer > 0
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * const make = (lr: optim.Scalar) => optim.accumulate(optim.sgdTransform({ lr }), { steps: 2 });
 * const optimizer = new optim.Optimizer({ w }, make, 0.5);
 * optimizer.apply({ w: tensor([1]) });
 * w.read().toArray(); // => [1]
 * optimizer.apply({ w: tensor([3]) });
 * w.read().toArray(); // => [0]
 * ```
 */
export function accumulate<State extends Tree<Tensor>>(
  inner: Transform<State>,
  options: AccumulateOptions,
): Transform<AccumulateState<State>> {
  requireOptions('accumulate', options, { steps: true });
  const { steps } = options;
  requireSteps('accumulate', 'steps', steps);
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      sums: mapNamed(params, (w) => zerosLike(w)),
      inner: inner.init(params),
    }),
    update(updates, state, params) {
      const count = add(state.count, 1);
      const sums = mapNamed(updates, (g, name) => add(at(state.sums, name), g));
      const step = (): Outcome => {
        const means = mapNamed(sums, (sum) => div(sum, steps));
        const [moved, after] = inner.update(means, state.inner, params);
        return { moved, inner: after, sums: mapNamed(sums, (sum) => zerosLike(sum)) };
      };
      const wait = (): Outcome => ({
        moved: mapNamed(updates, (g) => zerosLike(g)),
        inner: state.inner,
        sums,
      });
      const next = cond<Outcome>(equal(remainder(count, steps), 0), step, wait);
      const after = { count, sums: { ...state.sums, ...next.sums }, inner: next.inner as State };
      return [next.moved, after];
    },
  };
}

/** What both branches return. */
interface Outcome {
  readonly [part: string]: Tree<Tensor>;
  readonly moved: Named;
  readonly inner: Tree<Tensor>;
  readonly sums: Named;
}
