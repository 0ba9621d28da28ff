import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { chain } from './chain.ts';
import { requireNesterov, trace } from './momentum.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { belowOne, requireNumber, type Scalar } from './scalars.ts';
import { scale, scaleByLearningRate } from './scale.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay, type DecayMask } from './weight-decay.ts';

/** What all optimizers of this package take. */
export interface CommonOptions {
  /** Transforms of the raw gradients, before anything else: clipping, noise. @defaultValue none */
  readonly gradients?: readonly Transform[];
  /**
   * Transforms of the final updates, from the learning rate: proximal steps, projections, Lookahead.
   * @defaultValue none
   */
  readonly updates?: (lr: Scalar) => readonly Transform[];
  /**
   * Which parameters the weight decay acts on. The usual rule spares biases and norms:
   * `weightsOnly`. @defaultValue all, as PyTorch
   */
  readonly decay?: DecayMask;
  /** Ascend instead of descending. @defaultValue false */
  readonly maximize?: boolean;
}

/** Options of `sgd` beside the learning rate; the defaults are PyTorch's. */
export interface SgdSettings extends CommonOptions {
  /** In [0, 1). @defaultValue 0 */
  readonly momentum?: number;
  /** In [0, 1]. @defaultValue 0 */
  readonly dampening?: number;
  /** Needs momentum > 0 and dampening 0. @defaultValue false */
  readonly nesterov?: boolean;
  /** Added to the gradient times the parameter, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `sgd`. */
export interface SgdOptions extends SgdSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. */
  readonly lr: LearningRate;
}

const known: OptionNames<SgdOptions> = {
  lr: true,
  momentum: true,
  dampening: true,
  nesterov: 'boolean',
  weightDecay: true,
  decay: 'function',
  gradients: true,
  updates: 'function',
  maximize: 'boolean',
};

/** The parts of a named optimizer, between what acts on its raw gradients and on its final updates. */
export function assemble(
  name: string,
  { gradients = [], maximize = false, updates }: CommonOptions,
  lr: Scalar,
  parts: readonly Transform[],
): Transform {
  if (!Array.isArray(gradients)) {
    throw new TypeError(
      `${name}: gradients must be an array of transforms, got ${kindOf(gradients)}.\n  Put it in brackets: [ ].`,
    );
  }
  const ascent = maximize ? [scale(-1)] : [];
  return chain(...gradients, ...ascent, ...parts, ...(updates?.(lr) ?? []));
}

/**
 * `sgd` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function sgdTransform(options: SgdSettings & { readonly lr: Scalar }): Transform {
  requireOptions('sgd', options, known);
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  requireNumber('sgd', 'momentum', momentum, belowOne);
  requireNesterov('sgd', { momentum, dampening, nesterov });
  return assemble('sgd', options, options.lr, [
    addWeightDecay(weightDecay, options.decay),
    ...(momentum === 0 ? [] : [trace({ momentum, dampening, nesterov })]),
    scaleByLearningRate(options.lr),
  ]);
}

/**
 * Stochastic gradient descent, `w -= lr * (g + weightDecay * w)`, with momentum as in PyTorch: the first
 * buffer is the gradient, later ones `momentum * b + (1 - dampening) g`.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range, or `nesterov` without momentum or with dampening
 * @see Robbins & Monro, "A stochastic approximation method", Annals of Mathematical Statistics 22 (1951)
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * optim.sgd({ w }, { lr: 0.5, momentum: 0.9 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0]
 * ```
 */
export function sgd(target: OptimizerTarget, options: SgdOptions): Optimizer {
  requireOptions('sgd', options, known);
  return new Optimizer(target, (lr) => sgdTransform({ ...options, lr }), options.lr);
}
