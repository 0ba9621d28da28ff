import { maximum, sqrt, square, sub, zeros, zerosLike } from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { trace } from './momentum.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { belowOne, nonNegative, requireNumber, type Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `scaleByRms`. */
export interface ScaleByRmsOptions {
  /** Decay of the mean square, in [0, 1). @defaultValue 0.99 */
  readonly alpha?: number;
  /** Added outside the root, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
  /** Divide by the standard deviation of the gradient instead of its mean square. @defaultValue false */
  readonly centered?: boolean;
}

/** Options of `rmsprop` beside the learning rate; the defaults are PyTorch's. */
export interface RmspropSettings extends CommonOptions, ScaleByRmsOptions {
  /** In [0, 1). @defaultValue 0 */
  readonly momentum?: number;
  /** Added to the gradient times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `rmsprop`. */
export interface RmspropOptions extends RmspropSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-2 */
  readonly lr?: LearningRate;
}

const known: OptionNames<RmspropOptions> = {
  lr: true,
  alpha: true,
  eps: true,
  centered: 'boolean',
  momentum: true,
  ...commonNames,
};

/**
 * `g / (sqrt(nu) + eps)` with `nu = alpha nu + (1 - alpha) g^2`, less the square of the mean gradient `mu`
 * if `centered` (never below 0, where rounding would make a root of a negative number).
 *
 * @throws RangeError for numbers out of range
 * @see Tieleman & Hinton, "Lecture 6.5: RMSprop", COURSERA: Neural networks for machine learning, 2012; Graves,
 * "Generating sequences with recurrent neural networks", 2013, arXiv 1308.0850 (centered)
 */
export function scaleByRms(options: ScaleByRmsOptions = {}): Transform<SlotState<'mu' | 'nu'>> {
  requireOptions('scaleByRms', options, { alpha: true, eps: true, centered: 'boolean' });
  return directionOf(options);
}

/** `scaleByRms` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByRmsOptions): Transform<SlotState<'mu' | 'nu'>> {
  const { alpha = 0.99, eps = 1e-8, centered = false } = options;
  requireNumber('rmsprop', 'alpha', alpha, belowOne);
  requireNumber('rmsprop', 'eps', eps, nonNegative);
  // Not centered, the mean is not kept: an empty tensor stands for it.
  return slotwise({
    init: {
      mu: (w) => (centered ? zerosLike(w) : zeros([0], { dtype: w.dtype })),
      nu: (w) => zerosLike(w),
    },
    shared: () => null,
    step: (g, before) => {
      const nu = axpby(alpha, before.nu, 1 - alpha, square(g));
      const mu = centered ? axpby(alpha, before.mu, 1 - alpha, g) : before.mu;
      const spread = centered ? maximum(sub(nu, square(mu)), 0) : nu;
      return [overRoot(g, sqrt(spread), eps), { mu, nu }];
    },
  });
}

/**
 * `rmsprop` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function rmspropTransform(
  options: RmspropSettings & { readonly lr?: Scalar } = {},
): Transform {
  requireOptions('rmsprop', options, known);
  const { lr = 1e-2 } = options;
  const { momentum = 0, weightDecay = 0 } = options;
  requireNumber('rmsprop', 'momentum', momentum, belowOne);
  return assemble('rmsprop', options, lr, [
    addWeightDecay(weightDecay, options.decay),
    directionOf(options),
    ...(momentum === 0 ? [] : [trace({ momentum })]),
    scaleByLearningRate(lr),
  ]);
}

/**
 * RMSprop, with PyTorch's semantics and defaults: momentum acts on the scaled gradients.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Tieleman & Hinton, "Lecture 6.5: RMSprop", COURSERA: Neural networks for machine learning, 2012; Graves,
 * "Generating sequences with recurrent neural networks", 2013, arXiv 1308.0850 (centered)
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.rmsprop({ w }, { lr: 0.01, alpha: 0.75 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.98, -0.98]
 * ```
 */
export function rmsprop(target: OptimizerTarget, options: RmspropOptions = {}): Optimizer {
  requireOptions('rmsprop', options, known);
  return new Optimizer(target, (lr) => rmspropTransform({ ...options, lr }), options.lr ?? 1e-2);
}
