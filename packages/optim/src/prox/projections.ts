import { astype, div, greater, lessEqual, maximum, mul, type Tensor, where } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Scalar } from '../scalars.ts';
import { requireThreshold, thresholdOf } from '../threshold.ts';
import { unitNorms } from '../unit-norms.ts';

/** What puts a tensor back into the set of those that are allowed. */
export type Projection = (w: Tensor) => Tensor;

/** Options of projections of slices. */
export interface SliceOptions {
  /** Every index along this axis is one vector. @defaultValue 0, the output units' incoming weights */
  readonly axis?: number;
}

/**
 * Onto the ball of radius `maxValue`, each output unit's incoming weights alone; those within stay as they
 * are.
 *
 * @param maxValue  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `maxValue` is finite and > 0; ShapeError for a tensor without the axis
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014)
 * @example
 * ```ts
 * optim.maxNorm(1)(tensor([[3, 4], [0.3, 0.4]])).toArray(); // => [[0.6, 0.8], [0.3, 0.4]]
 * ```
 */
export function maxNorm(maxValue: Scalar, options: SliceOptions = {}): Projection {
  requireThreshold('maxNorm', 'maxValue', maxValue);
  requireOptions('maxNorm', options, { axis: true });
  const { axis = 0 } = options;
  return (w) => {
    const length = unitNorms('maxNorm', w, axis);
    const bound = thresholdOf('maxNorm', 'maxValue', maxValue);
    const within = lessEqual(length, bound);
    const factor = div(bound, where(within, 1, length));
    return where(within, w, mul(w, astype(factor, w.dtype)));
  };
}

/**
 * Onto the unit sphere, each output unit's incoming weights alone; those that are 0 have no direction and
 * stay.
 *
 * @throws ShapeError for a tensor without the axis
 * @example
 * ```ts
 * optim.unitNorm()(tensor([[3, 4], [0, 0]])).toArray(); // => [[0.6, 0.8], [0, 0]]
 * ```
 */
export function unitNorm(options: SliceOptions = {}): Projection {
  requireOptions('unitNorm', options, { axis: true });
  const { axis = 0 } = options;
  return (w) => {
    const length = unitNorms('unitNorm', w, axis);
    const divisor = where(greater(length, 0), length, 1);
    return astype(div(astype(w, 'float64'), divisor), w.dtype);
  };
}

/**
 * Onto the elements >= 0: negative ones become 0.
 *
 * @example
 * ```ts
 * optim.nonNegative()(tensor([-1, 2])).toArray(); // => [0, 2]
 * ```
 */
export const nonNegative = (): Projection => (w) => maximum(w, 0);
