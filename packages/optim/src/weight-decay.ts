import { add, astype, greater, mul, type Tensor, where } from '@tikhonov/core';
import { at, mapNamed } from './named.ts';
import { requireStrength, type Scalar, strength64 } from './scalars.ts';
import { type NoState, stateless, type Transform } from './transform.ts';

/** Which parameters decay. The usual rule spares biases and norms: `(_name, w) => w.rank >= 2`. */
export type DecayMask = (name: string, parameter: Tensor) => boolean;

/**
 * Adds `weightDecay * w` to the updates. In front of a transform with moments it is coupled L2 (the
 * gradient of `weightDecay / 2 * |w|^2`, which Adam then normalises); behind it, before the learning
 * rate, it is decoupled decay. A strength of 0 adds nothing.
 *
 * @param weightDecay  number, or 0-d cell or tensor, >= 0
 * @param mask  which parameters decay. @defaultValue all
 * @throws RangeError for a negative or non-finite strength
 * @see Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv 1711.05101
 */
export function addWeightDecay(weightDecay: Scalar, mask?: DecayMask): Transform<NoState> {
  requireStrength('addWeightDecay', 'weightDecay', weightDecay);
  return stateless((updates, params) => {
    if (weightDecay === 0) return updates;
    const strength = strength64('addWeightDecay', 'weightDecay', weightDecay);
    return mapNamed(updates, (u, name) => {
      const w = at(params, name);
      if (mask !== undefined && !mask(name, w)) return u;
      const decayed = add(u, mul(w, astype(strength, w.dtype)));
      return typeof weightDecay === 'number' ? decayed : where(greater(strength, 0), decayed, u);
    });
  });
}
