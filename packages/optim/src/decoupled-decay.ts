import { astype, greater, mul, sub, where } from '@tikhonov/core';
import { requireMask } from './mask.ts';
import { at, mapNamed } from './named.ts';
import { requireStrength, type Scalar, strength64 } from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { type NoState, stateless, type Transform } from './transform.ts';
import { addWeightDecay, type DecayMask } from './weight-decay.ts';

/**
 * Takes `weightDecay * w` off the updates, after the learning rate has scaled them: decay that does not
 * depend on it. A strength of 0 changes nothing.
 *
 * @param weightDecay  number, or 0-d cell or tensor, >= 0
 * @param mask  which parameters decay. @defaultValue all
 * @throws RangeError for a negative or non-finite strength
 * @see Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv 1711.05101
 * @example
 * ```ts
 * const decay = optim.shrinkWeights(0.1);
 * const [updates] = decay.update({ w: tensor([0, 1]) }, [], { w: tensor([1, 2]) });
 * updates.w.toArray(); // => [-0.1, 0.8]
 * ```
 */
export function shrinkWeights(weightDecay: Scalar, mask?: DecayMask): Transform<NoState> {
  requireStrength('shrinkWeights', 'weightDecay', weightDecay);
  requireMask('shrinkWeights', mask);
  return stateless((updates, params) => {
    if (weightDecay === 0) return updates;
    const strength = strength64('shrinkWeights', 'weightDecay', weightDecay);
    return mapNamed(updates, (u, name) => {
      const w = at(params, name);
      if (mask !== undefined && !mask(name, w)) return u;
      // Selected: a parameter that overflows must not reach the update through 0 * Infinity.
      return where(greater(strength, 0), sub(u, mul(w, astype(strength, w.dtype))), u);
    });
  });
}

/** Options of a decoupled weight decay. */
export interface DecoupledDecay {
  readonly weightDecay: Scalar;
  readonly decay?: DecayMask;
  readonly independentDecay?: boolean;
}

/** The learning rate and a decoupled decay: scaled by it as in PyTorch, or apart as in the paper. */
export const decoupledDecay = (
  lr: Scalar,
  { weightDecay, decay, independentDecay = false }: DecoupledDecay,
): readonly Transform[] =>
  independentDecay
    ? [scaleByLearningRate(lr), shrinkWeights(weightDecay, decay)]
    : [addWeightDecay(weightDecay, decay), scaleByLearningRate(lr)];
