import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { decoupledDecay } from './decoupled-decay.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import type { Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { adamDirection, type ScaleByAdamOptions } from './scale-by-adam.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `adam` and `adamw` beside the learning rate; the defaults are PyTorch's. */
export interface AdamSettings extends CommonOptions, ScaleByAdamOptions {
  /** >= 0. @defaultValue 0 for `adam` (coupled), 1e-2 for `adamw` (decoupled) */
  readonly weightDecay?: Scalar;
}

/** Options of `adam`. */
export interface AdamOptions extends AdamSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

/** Options of `adamw` beside the learning rate. */
export interface AdamwSettings extends AdamSettings {
  /**
   * Decay as the paper writes it, `w -= weightDecay * w`, not multiplied by `lr`. @defaultValue false
   */
  readonly independentDecay?: boolean;
}

/** Options of `adamw`. */
export interface AdamwOptions extends AdamwSettings {
  /** As in `AdamOptions`. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<AdamOptions> = {
  lr: true,
  betas: true,
  eps: true,
  amsgrad: 'boolean',
  weightDecay: true,
  decay: 'function',
  gradients: true,
  updates: 'function',
  maximize: 'boolean',
};

/** Options and rate come apart, so that what is no object is seen before anything is read of it. */
const adamOf = (options: AdamSettings, lr: Scalar): Transform => {
  requireOptions('adam', options, known);
  return assemble('adam', options, lr, [
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    adamDirection(options),
    scaleByLearningRate(lr),
  ]);
};

const adamwOf = (options: AdamwSettings, lr: Scalar): Transform => {
  requireOptions('adamw', options, { ...known, independentDecay: 'boolean' });
  const { weightDecay = 1e-2 } = options;
  return assemble('adamw', options, lr, [
    adamDirection(options),
    ...decoupledDecay(lr, { ...options, weightDecay }),
  ]);
};

/**
 * `adam` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export const adamTransform = (options: AdamSettings & { readonly lr?: Scalar } = {}): Transform =>
  adamOf(options, options?.lr ?? 1e-3);

/**
 * `adamw` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export const adamwTransform = (options: AdamwSettings & { readonly lr?: Scalar } = {}): Transform =>
  adamwOf(options, options?.lr ?? 1e-3);

/**
 * Adam. A weight decay is L2 as in PyTorch's `Adam`: it is added to the gradient, so the moments see it
 * and normalise it away; for decay proper use `adamw`.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adam({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.9, -0.9]
 * ```
 */
export function adam(target: OptimizerTarget, options: AdamOptions = {}): Optimizer {
  return new Optimizer(target, (lr) => adamOf(options, lr), options?.lr ?? 1e-3);
}

/**
 * Adam with decoupled weight decay: `w -= lr * (direction + weightDecay * w)`, the moments see the raw
 * gradient. As in PyTorch the decay is multiplied by `lr`; the paper's is not, and neither is that of
 * `independentDecay`, which lets the two be tuned apart.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv 1711.05101
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adamw({ w }, { lr: 0.1, weightDecay: 0.5 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.85, -0.85]
 * ```
 */
export function adamw(target: OptimizerTarget, options: AdamwOptions = {}): Optimizer {
  return new Optimizer(target, (lr) => adamwOf(options, lr), options?.lr ?? 1e-3);
}
