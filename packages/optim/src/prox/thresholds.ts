import {
  abs,
  greaterEqual,
  lessEqual,
  mul,
  sign,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, check } from '@tikhonov/core/engine';

/** A negative threshold would push elements away from 0. */
function requireThreshold(name: string, t: TensorLike): void {
  const wanted = `${name}: the threshold must be >= 0`;
  const says = '\n  Pass 0 to leave everything as it is.';
  if (typeof t !== 'number') {
    check(greaterEqual(t, 0), () => new RangeError(`${wanted}, got ${String(t)}.${says}`));
  } else if (!(t >= 0)) throw new RangeError(`${wanted}, got ${t}.${says}`);
}

/**
 * `sign(v) max(|v| - t, 0)`: every element comes closer to 0 by `t`, and stops there. The minimiser over `u`
 * of `(u - v)^2 / 2 + t |u|`. Its derivative is 1 where `|v| > t`, else 0. NaN stays NaN.
 *
 * @param v  `[...s]`
 * @param t  number or tensor that broadcasts, >= 0
 * @throws RangeError if a threshold is negative or NaN, in compiled steps too
 * @see Parikh & Boyd, "Proximal algorithms", Foundations and Trends in Optimization 1 (2014)
 * @example
 * ```ts
 * optim.softThreshold(tensor([-3, 0.5, 2]), 1).toArray(); // => [-2, 0, 1]
 * ```
 */
export function softThreshold(v: TensorLike, t: TensorLike): Tensor {
  const x = asTensor(v, 'softThreshold');
  requireThreshold('softThreshold', t);
  // False for NaN, which stays.
  return where(lessEqual(abs(x), t), 0, sub(x, mul(sign(x), t)));
}

/**
 * `v` where `|v| > t`, else 0; NaN stays NaN. For `t = sqrt(2 s)` the minimiser over `u` of `(u - v)^2 / 2 + s [u != 0]`.
 *
 * @param v  `[...s]`
 * @param t  number or tensor that broadcasts, >= 0
 * @throws RangeError if a threshold is negative or NaN, in compiled steps too
 * @see Blumensath & Davies, "Iterative thresholding for sparse approximations", Journal of Fourier Analysis
 * and Applications 14 (2008)
 * @example
 * ```ts
 * optim.hardThreshold(tensor([-3, 0.5, 1]), 1).toArray(); // => [-3, 0, 0]
 * ```
 */
export function hardThreshold(v: TensorLike, t: TensorLike): Tensor {
  const x = asTensor(v, 'hardThreshold');
  requireThreshold('hardThreshold', t);
  return where(lessEqual(abs(x), t), 0, x);
}
