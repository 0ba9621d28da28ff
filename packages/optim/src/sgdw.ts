import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { decoupledDecay } from './decoupled-decay.ts';
import { requireNesterov, trace } from './momentum.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { belowOne, requireNumber, type Scalar } from './scalars.ts';
import { assemble, type SgdSettings } from './sgd.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';

/** Options of `sgdw` beside the learning rate; `weightDecay` is decoupled. */
export interface SgdwSettings extends SgdSettings {
  /** Decay not multiplied by `lr`, as in the paper. @defaultValue false */
  readonly independentDecay?: boolean;
}

/** Options of `sgdw`. */
export interface SgdwOptions extends SgdwSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. */
  readonly lr: LearningRate;
}

const known: OptionNames<SgdwOptions> = {
  lr: true,
  momentum: true,
  dampening: true,
  nesterov: 'boolean',
  independentDecay: 'boolean',
  ...commonNames,
};

/**
 * `sgdw` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function sgdwTransform(options: SgdwSettings & { readonly lr: Scalar }): Transform {
  requireOptions('sgdw', options, known);
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, lr } = options;
  requireNumber('sgdw', 'momentum', momentum, belowOne);
  requireNesterov('sgdw', { momentum, dampening, nesterov });
  return assemble('sgdw', options, lr, [
    ...(momentum === 0 ? [] : [trace({ momentum, dampening, nesterov })]),
    ...decoupledDecay(lr, { ...options, weightDecay }),
  ]);
}

/**
 * Gradient descent with decoupled weight decay: the momentum sees the raw gradient. Without momentum it is
 * `sgd` with the same `weightDecay`; with momentum it is not.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range, or `nesterov` without momentum or with dampening
 * @see Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv 1711.05101
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * optim.sgdw({ w }, { lr: 0.1, momentum: 0.9, weightDecay: 0.5 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.75]
 * ```
 */
export function sgdw(target: OptimizerTarget, options: SgdwOptions): Optimizer {
  requireOptions('sgdw', options, known);
  return new Optimizer(target, (lr) => sgdwTransform({ ...options, lr }), options.lr);
}
