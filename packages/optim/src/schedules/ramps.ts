import { add, div, less, minimum, mul, pow, sub, where } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { nonNegative, requireNumber } from '../scalars.ts';
import { exact, requireFactor, requireRate, requireSchedule, requireSteps } from './arguments.ts';
import { constant } from './constant.ts';

/** Options of `linear`. */
export interface LinearOptions {
  /** Share of `lr` at the start, >= 0. @defaultValue 1 / 3, as PyTorch */
  readonly startFactor?: number;
  /** Share of `lr` at the end, >= 0. @defaultValue 1 */
  readonly endFactor?: number;
  /** Steps until the end. @defaultValue 5 */
  readonly totalIters?: number;
}

/**
 * From `startFactor lr` to `endFactor lr` in equal steps, then constant; PyTorch's `LinearLR`.
 *
 * @param lr  >= 0
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * const rate = optim.linear(1, { startFactor: 0, totalIters: 4 });
 * [0, 1, 4, 9].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [0, 0.25, 1, 1]
 * ```
 */
export function linear(lr: number, options: LinearOptions = {}): Schedule {
  requireRate('linear', 'lr', lr);
  requireOptions('linear', options, { startFactor: true, endFactor: true, totalIters: true });
  const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
  requireNumber('linear', 'startFactor', startFactor, nonNegative);
  requireNumber('linear', 'endFactor', endFactor, nonNegative);
  requireSteps('linear', 'totalIters', totalIters);
  return (count) => {
    const progress = div(minimum(exact(count), totalIters), totalIters);
    return mul(add(mul(progress, endFactor - startFactor), startFactor), lr);
  };
}

/** Options of `warmup`. */
export interface WarmupOptions {
  /** Steps until the full rate. */
  readonly steps: number;
  /** Share of the rate at the first step, >= 0. @defaultValue 0 */
  readonly startFactor?: number;
}

/**
 * A linear rise to the first rate of a schedule, and then the schedule from its beginning.
 *
 * @param schedule  what follows, or a rate
 * @throws RangeError for numbers out of range; TypeError for what is neither a schedule nor a rate
 * @see Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, arXiv 1706.02677
 * @example
 * ```ts
 * const rate = optim.warmup(optim.exponential(1, { gamma: 0.5 }), { steps: 2 });
 * [0, 1, 2, 3].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [0, 0.5, 1, 0.5]
 * ```
 */
export function warmup(schedule: Schedule | number, options: WarmupOptions): Schedule {
  const after = typeof schedule === 'number' ? constant(schedule) : schedule;
  requireSchedule('warmup', after);
  requireOptions('warmup', options, { steps: true, startFactor: true });
  const { steps, startFactor = 0 } = options;
  requireSteps('warmup', 'steps', steps);
  requireNumber('warmup', 'startFactor', startFactor, nonNegative);
  return (count) => {
    const passed = minimum(count, steps);
    const share = add(mul(div(exact(passed), steps), 1 - startFactor), startFactor);
    const rate = exact(after(sub(count, passed)));
    return where(less(count, steps), mul(rate, share), rate);
  };
}

/** Options of `polynomial`. */
export interface PolynomialOptions {
  /** Steps until the end. @defaultValue 5 */
  readonly totalIters?: number;
  /** Exponent, > 0. @defaultValue 1 */
  readonly power?: number;
  /** The rate at the end, >= 0. @defaultValue 0, as PyTorch */
  readonly endLr?: number;
}

/**
 * `endLr + (lr - endLr) (1 - count / totalIters)^power`, then constant; PyTorch's `PolynomialLR`.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * const rate = optim.polynomial(1, { totalIters: 4, power: 2 });
 * [0, 2, 4, 5].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [1, 0.25, 0, 0]
 * ```
 */
export function polynomial(lr: number, options: PolynomialOptions = {}): Schedule {
  requireRate('polynomial', 'lr', lr);
  requireOptions('polynomial', options, { totalIters: true, power: true, endLr: true });
  const { totalIters = 5, power = 1, endLr = 0 } = options;
  requireSteps('polynomial', 'totalIters', totalIters);
  requireFactor('polynomial', 'power', power);
  requireRate('polynomial', 'endLr', endLr);
  return (count) => {
    const left = sub(1, div(minimum(exact(count), totalIters), totalIters));
    return add(mul(pow(left, power), lr - endLr), endLr);
  };
}
