import { sign, zerosLike } from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { commonNames } from './decay-kind.ts';
import { decoupledDecay } from './decoupled-decay.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { requireBetas, type Scalar } from './scalars.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';

/** Options of `scaleByLion`. */
export interface ScaleByLionOptions {
  /** Share of the momentum in the direction and in its own next value, each in [0, 1). @defaultValue [0.9, 0.99] */
  readonly betas?: readonly [number, number];
}

/** Options of `lion` beside the learning rate; the defaults are the authors'. */
export interface LionSettings extends CommonOptions, ScaleByLionOptions {
  /** Decay not multiplied by `lr`. @defaultValue false */
  readonly independentDecay?: boolean;
  /** Decoupled, >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `lion`. */
export interface LionOptions extends LionSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-4 */
  readonly lr?: LearningRate;
}

const known: OptionNames<LionOptions> = {
  lr: true,
  betas: true,
  independentDecay: 'boolean',
  ...commonNames,
};

/**
 * `sign(b1 mu + (1 - b1) g)`, with `mu = b2 mu + (1 - b2) g` for the next step.
 *
 * @throws RangeError for numbers out of range
 * @see Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, arXiv 2302.06675
 */
export function scaleByLion(options: ScaleByLionOptions = {}): Transform<SlotState<'mu'>> {
  requireOptions('scaleByLion', options, { betas: true });
  return directionOf(options);
}

/** `scaleByLion` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByLionOptions): Transform<SlotState<'mu'>> {
  const { betas = [0.9, 0.99] } = options;
  requireBetas('lion', betas, 2);
  const [b1, b2] = betas;
  return slotwise({
    init: { mu: (w) => zerosLike(w) },
    shared: () => null,
    step: (g, { mu }) => [sign(axpby(b1, mu, 1 - b1, g)), { mu: axpby(b2, mu, 1 - b2, g) }],
  });
}

/**
 * `lion` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function lionTransform(options: LionSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('lion', options, known);
  const { lr = 1e-4 } = options;
  const { weightDecay = 0 } = options;
  return assemble('lion', options, lr, [
    directionOf(options),
    ...decoupledDecay(lr, { ...options, weightDecay }),
  ]);
}

/**
 * Lion: every element moves by `lr`, in the direction of its momentum; the decay is decoupled. Rates are 3
 * to 10 times smaller than Adam's, decays larger by the same factor.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, arXiv 2302.06675
 * @example
 * ```ts
 * const w = parameter(tensor([1, -3]));
 * optim.lion({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.9, -2.9]
 * ```
 */
export function lion(target: OptimizerTarget, options: LionOptions = {}): Optimizer {
  requireOptions('lion', options, known);
  return new Optimizer(target, (lr) => lionTransform({ ...options, lr }), options.lr ?? 1e-4);
}
