import { add, div, mul, sqrt, square, zerosLike } from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { belowOne, positive, requireNumber, type Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `scaleByAdadelta`. */
export interface ScaleByAdadeltaOptions {
  /** Decay of both running means, in [0, 1). @defaultValue 0.9 */
  readonly rho?: number;
  /** Added inside both roots, > 0: with 0 nothing would ever move. @defaultValue 1e-6 */
  readonly eps?: number;
}

/** Options of `adadelta` beside the learning rate; the defaults are PyTorch's. */
export interface AdadeltaSettings extends CommonOptions, ScaleByAdadeltaOptions {
  /** Added to the gradient times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `adadelta`. */
export interface AdadeltaOptions extends AdadeltaSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1 */
  readonly lr?: LearningRate;
}

const known: OptionNames<AdadeltaOptions> = { lr: true, rho: true, eps: true, ...commonNames };

/**
 * `sqrt(delta + eps) / sqrt(nu + eps) g`, with `nu` the running mean of `g^2` and `delta` that of the
 * squares of these updates.
 *
 * @throws RangeError for numbers out of range
 * @see Zeiler, "ADADELTA: an adaptive learning rate method", 2012, arXiv 1212.5701
 */
export function scaleByAdadelta(
  options: ScaleByAdadeltaOptions = {},
): Transform<SlotState<'nu' | 'delta'>> {
  requireOptions('scaleByAdadelta', options, { rho: true, eps: true });
  return directionOf(options);
}

/** `scaleByAdadelta` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByAdadeltaOptions): Transform<SlotState<'nu' | 'delta'>> {
  const { rho = 0.9, eps = 1e-6 } = options;
  requireNumber('adadelta', 'rho', rho, belowOne);
  requireNumber('adadelta', 'eps', eps, positive);
  return slotwise({
    init: { nu: (w) => zerosLike(w), delta: (w) => zerosLike(w) },
    shared: () => null,
    step: (g, before) => {
      const nu = axpby(rho, before.nu, 1 - rho, square(g));
      const update = mul(g, div(sqrt(add(before.delta, eps)), sqrt(add(nu, eps))));
      return [update, { nu, delta: axpby(rho, before.delta, 1 - rho, square(update)) }];
    },
  });
}

/**
 * `adadelta` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function adadeltaTransform(
  options: AdadeltaSettings & { readonly lr?: Scalar } = {},
): Transform {
  requireOptions('adadelta', options, known);
  const { lr = 1 } = options;
  return assemble('adadelta', options, lr, [
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    directionOf(options),
    scaleByLearningRate(lr),
  ]);
}

/**
 * Adadelta, with PyTorch's semantics and defaults.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Zeiler, "ADADELTA: an adaptive learning rate method", 2012, arXiv 1212.5701
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adadelta({ w }, { rho: 0.75, eps: 1e-4 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [1 - 0.02 / Math.sqrt(1.0001), -1 + 0.02 / Math.sqrt(1.0001)]
 * ```
 */
export function adadelta(target: OptimizerTarget, options: AdadeltaOptions = {}): Optimizer {
  requireOptions('adadelta', options, known);
  return new Optimizer(target, (lr) => adadeltaTransform({ ...options, lr }), options.lr ?? 1);
}
