import { mul, pow } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { exact, requireFactor, requireRate } from './arguments.ts';

/** Options of `exponential`. */
export interface ExponentialOptions {
  /** What the rate is multiplied by at each step, > 0. */
  readonly gamma: number;
}

/**
 * `lr gamma^count`, PyTorch's `ExponentialLR`.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * optim.exponential(1, { gamma: 0.5 })(tensor(3, { dtype: 'int32' })).item(); // => 0.125
 * ```
 */
export function exponential(lr: number, options: ExponentialOptions): Schedule {
  requireRate('exponential', 'lr', lr);
  requireOptions('exponential', options, { gamma: true });
  const { gamma } = options;
  requireFactor('exponential', 'gamma', gamma);
  return (count) => mul(pow(gamma, exact(count)), lr);
}
