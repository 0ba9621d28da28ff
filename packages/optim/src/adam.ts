import type { Cell } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { chain } from './chain.ts';
import { Optimizer } from './optimizer.ts';
import type { Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { type ScaleByAdamOptions, scaleByAdam } from './scale-by-adam.ts';
import { type CommonOptions, gradientTransforms } from './sgd.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** Options of `adam` and `adamw` beside the learning rate; the defaults are PyTorch's. */
export interface AdamSettings extends CommonOptions, ScaleByAdamOptions {
  /** >= 0. @defaultValue 0 for `adam` (coupled), 1e-2 for `adamw` (decoupled) */
  readonly weightDecay?: Scalar;
}

/** Options of `adam` and `adamw`. */
export interface AdamOptions extends AdamSettings {
  /** Learning rate, >= 0; a 0-d cell may be shared. @defaultValue 1e-3 */
  readonly lr?: number | Cell;
}

const known: OptionNames<AdamOptions> = {
  lr: true,
  betas: true,
  eps: true,
  amsgrad: 'boolean',
  weightDecay: true,
  decay: true,
  gradients: true,
  maximize: 'boolean',
};

/** `adam` as a pure transform. */
export const adamTransform = (options: AdamSettings & { readonly lr?: Scalar } = {}): Transform =>
  chain(
    ...gradientTransforms('adam', options),
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    scaleByAdam(options),
    scaleByLearningRate(options.lr ?? 1e-3),
  );

/** `adamw` as a pure transform. */
export const adamwTransform = (options: AdamSettings & { readonly lr?: Scalar } = {}): Transform =>
  chain(
    ...gradientTransforms('adamw', options),
    scaleByAdam(options),
    addWeightDecay(options.weightDecay ?? 1e-2, options.decay),
    scaleByLearningRate(options.lr ?? 1e-3),
  );

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
  requireOptions('adam', options, known);
  return new Optimizer(target, (lr) => adamTransform({ ...options, lr }), options.lr ?? 1e-3);
}

/**
 * Adam with decoupled weight decay: `w -= lr * (direction + weightDecay * w)`, the moments see the raw
 * gradient. As in PyTorch the decay is multiplied by `lr`; the paper's is not multiplied by its `alpha`,
 * so its value is `lr` times this one.
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
export function adamw(target: OptimizerTarget, options: AdamOptions = {}): Optimizer {
  requireOptions('adamw', options, known);
  return new Optimizer(target, (lr) => adamwTransform({ ...options, lr }), options.lr ?? 1e-3);
}
