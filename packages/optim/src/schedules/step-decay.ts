import { astype, floorDivide, greaterEqual, mul, pow, sum, tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { exact, requireFactor, requireMilestones, requireRate, requireSteps } from './arguments.ts';

/** Options of `stepDecay`. */
export interface StepDecayOptions {
  /** Steps between two cuts. */
  readonly stepSize: number;
  /** What the rate is multiplied by, > 0. @defaultValue 0.1 */
  readonly gamma?: number;
}

/**
 * The rate times `gamma` after every `stepSize` steps: `lr gamma^floor(count / stepSize)`, PyTorch's
 * `StepLR`.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * const rate = optim.stepDecay(1, { stepSize: 10, gamma: 0.5 });
 * [0, 9, 10, 25].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [1, 1, 0.5, 0.25]
 * ```
 */
export function stepDecay(lr: number, options: StepDecayOptions): Schedule {
  requireRate('stepDecay', 'lr', lr);
  requireOptions('stepDecay', options, { stepSize: true, gamma: true });
  const { stepSize, gamma = 0.1 } = options;
  requireSteps('stepDecay', 'stepSize', stepSize);
  requireFactor('stepDecay', 'gamma', gamma);
  return (count) => mul(pow(gamma, floorDivide(exact(count), stepSize)), lr);
}

/** Options of `multiStep`. */
export interface MultiStepOptions {
  /** The steps from which on the rate is lower, > 0, rising. */
  readonly milestones: readonly number[];
  /** What the rate is multiplied by at each, > 0. @defaultValue 0.1 */
  readonly gamma?: number;
}

/**
 * The rate times `gamma` from each milestone on, PyTorch's `MultiStepLR`.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range, or milestones that do not rise
 * @example
 * ```ts
 * const rate = optim.multiStep(1, { milestones: [3, 5], gamma: 0.5 });
 * [2, 3, 4, 5].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [1, 0.5, 0.5, 0.25]
 * ```
 */
export function multiStep(lr: number, options: MultiStepOptions): Schedule {
  requireRate('multiStep', 'lr', lr);
  requireOptions('multiStep', options, { milestones: true, gamma: true });
  const { milestones, gamma = 0.1 } = options;
  requireMilestones('multiStep', milestones);
  requireFactor('multiStep', 'gamma', gamma);
  const starts = tensor([...milestones], { dtype: 'float64', shape: [milestones.length] });
  return (count) => mul(pow(gamma, sum(astype(greaterEqual(exact(count), starts), 'float64'))), lr);
}
