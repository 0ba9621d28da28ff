import { astype, mul, neg } from '@tikhonov/core';
import { mapNamed } from './named.ts';
import { requireStrength, type Scalar, strength64 } from './scalars.ts';
import { type NoState, stateless, type Transform } from './transform.ts';

/**
 * The updates times a constant.
 *
 * @throws RangeError unless it is finite
 */
export function scale(factor: number): Transform<NoState> {
  if (!Number.isFinite(factor)) {
    throw new RangeError(`scale: factor must be finite, got ${factor}.`);
  }
  return stateless((updates) => mapNamed(updates, (u) => mul(u, factor)));
}

/**
 * The updates times `-lr`, so that adding them descends. A cell is read at every step.
 *
 * @param lr  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite rate, also when a cell comes to hold one
 */
export function scaleByLearningRate(lr: Scalar): Transform<NoState> {
  requireStrength('scaleByLearningRate', 'lr', lr);
  return stateless((updates) => {
    const rate = neg(strength64('scaleByLearningRate', 'lr', lr));
    return mapNamed(updates, (u) => mul(u, astype(rate, u.dtype)));
  });
}
