import { decoupledDecay } from './decoupled-decay.ts';
import type { Scalar } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import type { CommonOptions } from './sgd.ts';
import type { Transform } from './transform.ts';
import { addWeightDecay } from './weight-decay.ts';

/** A weight decay that acts before or behind the direction. */
export interface DecayKind {
  /** >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
  /** As in AdamW, behind the direction, instead of as L2 in the gradient. @defaultValue false */
  readonly decoupledWeightDecay?: boolean;
}

/** The options of a decay and those that all optimizers share, for their checks. */
export const decayNames = {
  weightDecay: true,
  decoupledWeightDecay: 'boolean',
  decay: 'function',
  gradients: true,
  updates: 'function',
  maximize: 'boolean',
} as const;

/** The options that all optimizers with a weight decay share, for their checks. */
export const commonNames = {
  weightDecay: true,
  decay: 'function',
  gradients: true,
  updates: 'function',
  maximize: 'boolean',
} as const;

/** A direction with the decay on the side that the options say, and the learning rate. */
export function coupledOrDecoupled(
  options: DecayKind & CommonOptions,
  lr: Scalar,
  ...direction: readonly Transform[]
): readonly Transform[] {
  const { weightDecay = 0, decoupledWeightDecay = false } = options;
  return decoupledWeightDecay
    ? [...direction, ...decoupledDecay(lr, { ...options, weightDecay })]
    : [addWeightDecay(weightDecay, options.decay), ...direction, scaleByLearningRate(lr)];
}
