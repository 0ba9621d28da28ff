import { abs, add, astype, div, maximum, mul, pow, sub, zerosLike } from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { nonNegative, requireBetas, requireNumber, type Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `scaleByAdamax`. */
export interface ScaleByAdamaxOptions {
  /** Decay of the first and second moment, each in [0, 1). @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Added to the magnitude of the gradient, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
}

/** Options of `adamax` beside the learning rate; the defaults are PyTorch's. */
export interface AdamaxSettings extends CommonOptions, ScaleByAdamaxOptions {
  /** Added to the gradient times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `adamax`. */
export interface AdamaxOptions extends AdamaxSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 2e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<AdamaxOptions> = { lr: true, betas: true, eps: true, ...commonNames };

/**
 * Adamax's direction: the bias-corrected first moment over the largest decayed magnitude,
 * `u = max(b2 u, |g| + eps)`.
 *
 * @throws RangeError for numbers out of range
 * @see Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980, section 7.1
 */
export function scaleByAdamax(
  options: ScaleByAdamaxOptions = {},
): Transform<SlotState<'mu' | 'nu'>> {
  requireOptions('scaleByAdamax', options, { betas: true, eps: true });
  return directionOf(options);
}

/** `scaleByAdamax` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByAdamaxOptions): Transform<SlotState<'mu' | 'nu'>> {
  const { betas = [0.9, 0.999], eps = 1e-8 } = options;
  requireBetas('adamax', betas, 2);
  const [b1, b2] = betas;
  requireNumber('adamax', 'eps', eps, nonNegative);
  return slotwise({
    init: { mu: (w) => zerosLike(w), nu: (w) => zerosLike(w) },
    shared: (t) => sub(1, pow(b1, t)),
    step: (g, before, c1) => {
      const mu = axpby(b1, before.mu, 1 - b1, g);
      const nu = maximum(mul(before.nu, b2), add(abs(g), eps));
      return [overRoot(div(mu, astype(c1, g.dtype)), nu, 0), { mu, nu }];
    },
  });
}

/**
 * `adamax` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function adamaxTransform(
  options: AdamaxSettings & { readonly lr?: Scalar } = {},
): Transform {
  requireOptions('adamax', options, known);
  const { lr = 2e-3 } = options;
  return assemble('adamax', options, lr, [
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    directionOf(options),
    scaleByLearningRate(lr),
  ]);
}

/**
 * Adamax: Adam with the largest magnitude in place of the second moment; with PyTorch's semantics and
 * defaults.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980, section 7.1
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adamax({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.9, -0.9]
 * ```
 */
export function adamax(target: OptimizerTarget, options: AdamaxOptions = {}): Optimizer {
  requireOptions('adamax', options, known);
  return new Optimizer(target, (lr) => adamaxTransform({ ...options, lr }), options.lr ?? 2e-3);
}
