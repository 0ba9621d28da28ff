import { add, astype, div, mul, sqrt, square, sub, zerosLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { nonNegative, requireNumber, type Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `scaleByAdagrad`. */
export interface ScaleByAdagradOptions {
  /** The rate of step t is divided by `1 + (t - 1) lrDecay`, >= 0. @defaultValue 0 */
  readonly lrDecay?: number;
  /** What the sums of squares start from, >= 0. @defaultValue 0 */
  readonly initialAccumulatorValue?: number;
  /** Added outside the root, >= 0. @defaultValue 1e-10 */
  readonly eps?: number;
}

/** Options of `adagrad` beside the learning rate; the defaults are PyTorch's. */
export interface AdagradSettings extends CommonOptions, ScaleByAdagradOptions {
  /** Added to the gradient times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `adagrad`. */
export interface AdagradOptions extends AdagradSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-2 */
  readonly lr?: LearningRate;
}

const known: OptionNames<AdagradOptions> = {
  lr: true,
  lrDecay: true,
  initialAccumulatorValue: true,
  eps: true,
  ...commonNames,
};

/**
 * `g / (sqrt(sum of g^2) + eps)`, divided by `1 + (t - 1) lrDecay`.
 *
 * @throws RangeError for numbers out of range
 * @see Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
 * JMLR 12 (2011)
 */
export function scaleByAdagrad(options: ScaleByAdagradOptions = {}): Transform<SlotState<'nu'>> {
  requireOptions('scaleByAdagrad', options, {
    lrDecay: true,
    initialAccumulatorValue: true,
    eps: true,
  });
  return directionOf(options);
}

/** `scaleByAdagrad` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByAdagradOptions): Transform<SlotState<'nu'>> {
  const { lrDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 } = options;
  requireNumber('adagrad', 'lrDecay', lrDecay, nonNegative);
  requireNumber('adagrad', 'initialAccumulatorValue', initialAccumulatorValue, nonNegative);
  requireNumber('adagrad', 'eps', eps, nonNegative);
  return slotwise({
    init: { nu: (w) => add(zerosLike(w), initialAccumulatorValue) },
    shared: (t) => div(1, add(mul(sub(t, 1), lrDecay), 1)),
    step: (g, before, decayed) => {
      const nu = add(before.nu, square(g));
      const scaled = overRoot(g, sqrt(nu), eps);
      return [lrDecay === 0 ? scaled : mul(scaled, astype(decayed, g.dtype)), { nu }];
    },
  });
}

/**
 * `adagrad` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function adagradTransform(
  options: AdagradSettings & { readonly lr?: Scalar } = {},
): Transform {
  requireOptions('adagrad', options, known);
  const { lr = 1e-2 } = options;
  return assemble('adagrad', options, lr, [
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    directionOf(options),
    scaleByLearningRate(lr),
  ]);
}

/**
 * Adagrad, with PyTorch's semantics and defaults.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
 * JMLR 12 (2011)
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adagrad({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.9, -0.9]
 * ```
 */
export function adagrad(target: OptimizerTarget, options: AdagradOptions = {}): Optimizer {
  requireOptions('adagrad', options, known);
  return new Optimizer(target, (lr) => adagradTransform({ ...options, lr }), options.lr ?? 1e-2);
}
