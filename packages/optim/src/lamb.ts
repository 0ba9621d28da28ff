import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import type { Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { adamDirection, type ScaleByAdamOptions } from './scale-by-adam.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { scaleByTrustRatio } from './trust-ratio.ts';
import { addWeightDecay, type DecayMask } from './weight-decay.ts';

/** Options of `lamb` beside the learning rate; the defaults are the paper's. */
export interface LambSettings extends CommonOptions, ScaleByAdamOptions {
  /** Added outside the root, >= 0. @defaultValue 1e-6 */
  readonly eps?: number;
  /** Added to Adam's direction times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
  /** Which parameters are scaled by the trust ratio; others get AdamW's step. @defaultValue all */
  readonly adapt?: DecayMask;
}

/** Options of `lamb`. */
export interface LambOptions extends LambSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<LambOptions> = {
  lr: true,
  betas: true,
  eps: true,
  amsgrad: 'boolean',
  adapt: 'function',
  ...commonNames,
};

/**
 * `lamb` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function lambTransform(options: LambSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('lamb', options, known);
  const { lr = 1e-3, eps = 1e-6 } = options;
  return assemble('lamb', options, lr, [
    adamDirection({ ...options, eps }),
    addWeightDecay(options.weightDecay ?? 0, options.decay),
    scaleByTrustRatio(options.adapt),
    scaleByLearningRate(lr),
  ]);
}

/**
 * LAMB, for large batches: AdamW's step, in every tensor scaled to the length of the weights, which moves
 * them by the share `lr` of it.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020,
 * arXiv 1904.00962
 * @example
 * ```ts
 * const w = parameter(tensor([3, -4]));
 * optim.lamb({ w }, { lr: 0.1, eps: 0 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [3 - 0.5 / Math.sqrt(2), -4 + 0.5 / Math.sqrt(2)]
 * ```
 */
export function lamb(target: OptimizerTarget, options: LambOptions = {}): Optimizer {
  requireOptions('lamb', options, known);
  return new Optimizer(target, (lr) => lambTransform({ ...options, lr }), options.lr ?? 1e-3);
}
