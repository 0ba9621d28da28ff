import { requireOptions } from '@tikhonov/core/engine';

/** Options of `equivalentL2`. */
export interface EquivalentL2Options {
  /** Learning rate of plain gradient descent, > 0 and finite. */
  readonly lr: number;
  /** Steps after which it was stopped, an integer >= 1. */
  readonly steps: number;
}

/**
 * The strength of L2 regularization that stopping early amounts to: gradient descent from 0 on a quadratic
 * loss has after `steps` steps gone `1 - (1 - lr l)^steps` of the way to the minimum along a direction of
 * curvature `l`, and the minimum with a penalty `lambda / 2 ||w||^2` lies at `l / (l + lambda)` of it. For
 * `lambda = 1 / (lr steps)` the two agree up to a factor in `[1, 1 + lr l steps]` where that is small; in
 * directions of large curvature both have nearly arrived.
 *
 * @returns `lambda` for `l2(params, { lambda, half: true })`
 * @throws RangeError for a rate or a number of steps out of range
 * @see Bishop, "Regularization and Complexity Control in Feed-forward Networks" (1995); Goodfellow, Bengio &
 *   Courville, "Deep Learning" (2016), section 7.8
 * @example
 * ```ts
 * reg.equivalentL2({ lr: 0.1, steps: 20 }); // => 0.5
 * ```
 */
export function equivalentL2(options: EquivalentL2Options): number {
  requireOptions('equivalentL2', options, { lr: true, steps: true });
  const { lr, steps } = options;
  if (!(lr > 0 && lr < Infinity)) {
    throw new RangeError(`equivalentL2: lr must be finite and > 0, got ${lr}.`);
  }
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new RangeError(`equivalentL2: steps must be an integer >= 1, got ${steps}.`);
  }
  return 1 / (lr * steps);
}
