import { add, astype, greater, mul, tensor, where } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { requireNesterov, trace } from './momentum.ts';
import { at, mapNamed } from './named.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import {
  belowOne,
  nonNegative,
  requireNumber,
  requireStrength,
  type Scalar,
  strength64,
} from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import type { OptimizerTarget } from './target.ts';
import { type NoState, stateless, type Transform } from './transform.ts';
import { larsRatio } from './trust-ratio.ts';
import type { DecayMask } from './weight-decay.ts';

/** Options of `scaleByLars`. */
export interface ScaleByLarsOptions {
  /** The rate relative to the length of the weights, >= 0. @defaultValue 1e-3 */
  readonly trustCoefficient?: number;
  /** Added to the gradient times the parameter, >= 0; part of the ratio. @defaultValue 0 */
  readonly weightDecay?: Scalar;
  /** Added to the divisor, >= 0. @defaultValue 0 */
  readonly eps?: number;
  /** Which parameters decay. @defaultValue all */
  readonly decay?: DecayMask;
  /** Which parameters are scaled by the ratio; others get the step of `sgd`. @defaultValue all */
  readonly adapt?: DecayMask;
}

/** Options of `lars` beside the learning rate. */
export interface LarsSettings extends CommonOptions, ScaleByLarsOptions {
  /** Which parameters decay. @defaultValue all */
  readonly decay?: DecayMask;
  /** In [0, 1). @defaultValue 0.9 */
  readonly momentum?: number;
  /** Needs momentum > 0. @defaultValue false */
  readonly nesterov?: boolean;
}

/** Options of `lars`. */
export interface LarsOptions extends LarsSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. */
  readonly lr: LearningRate;
}

const known: OptionNames<LarsOptions> = {
  lr: true,
  trustCoefficient: true,
  eps: true,
  momentum: true,
  nesterov: 'boolean',
  adapt: 'function',
  ...commonNames,
};

/**
 * The decayed gradient of every tensor times `trustCoefficient |w| / (|g| + weightDecay |w| + eps)`; a
 * ratio of 1 where the weights or the gradient are 0.
 *
 * @throws RangeError for numbers out of range
 * @see You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017, arXiv 1708.03888
 */
export function scaleByLars(options: ScaleByLarsOptions = {}): Transform<NoState> {
  requireOptions('scaleByLars', options, {
    trustCoefficient: true,
    weightDecay: true,
    eps: true,
    decay: 'function',
    adapt: 'function',
  });
  return directionOf(options);
}

/** `scaleByLars` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByLarsOptions): Transform<NoState> {
  const { trustCoefficient = 1e-3, eps = 0, weightDecay = 0, decay, adapt } = options;
  requireNumber('lars', 'trustCoefficient', trustCoefficient, nonNegative);
  requireNumber('lars', 'eps', eps, nonNegative);
  requireStrength('lars', 'weightDecay', weightDecay);
  return stateless((updates, params) => {
    const strength = strength64('lars', 'weightDecay', weightDecay);
    return mapNamed(updates, (g, name) => {
      const w = at(params, name);
      const decays = decay === undefined || decay(name, w);
      const own = decays ? strength : tensor(0, { dtype: 'float64' });
      const decayed = where(greater(own, 0), add(g, mul(w, astype(own, w.dtype))), g);
      if (adapt !== undefined && !adapt(name, w)) return decayed;
      const ratio = larsRatio(w, g, { trustCoefficient, weightDecay: own, eps });
      return mul(decayed, astype(ratio, g.dtype));
    });
  });
}

/**
 * `lars` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function larsTransform(options: LarsSettings & { readonly lr: Scalar }): Transform {
  requireOptions('lars', options, known);
  const { momentum = 0.9, nesterov = false, lr } = options;
  requireNumber('lars', 'momentum', momentum, belowOne);
  requireNesterov('lars', { momentum, dampening: 0, nesterov });
  return assemble('lars', options, lr, [
    directionOf(options),
    scaleByLearningRate(lr),
    ...(momentum === 0 ? [] : [trace({ momentum, nesterov })]),
  ]);
}

/**
 * LARS, for large batches: momentum whose rate is, in every tensor, relative to the length of its weights.
 * The rate acts before the momentum, as in the paper, so that a change of it does not rescale old steps.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range, or `nesterov` without momentum
 * @see You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017, arXiv 1708.03888
 * @example
 * ```ts
 * const w = parameter(tensor([3, -4]));
 * optim.lars({ w }, { lr: 10, trustCoefficient: 0.01 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [2.7, -3.6]
 * ```
 */
export function lars(target: OptimizerTarget, options: LarsOptions): Optimizer {
  requireOptions('lars', options, known);
  return new Optimizer(target, (lr) => larsTransform({ ...options, lr }), options.lr);
}
