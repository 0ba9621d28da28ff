import type { TensorLike } from '../as-tensor.ts';
import { coercePair } from '../coerce.ts';
import { requireOptions } from '../options.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { equal, less, lessEqual } from '../primitives/compare.ts';
import { logicalAnd, logicalOr } from '../primitives/logical.ts';
import { mul } from '../primitives/mul.ts';
import { sub } from '../primitives/sub.ts';
import type { Tensor } from '../tensor.ts';
import { isNaN as isNotNumber } from './masks.ts';
import { all } from './reduce.ts';

/** Options of `isClose` and `allClose`. */
export interface CloseOptions {
  /** Tolerance relative to `|y|`, >= 0. @defaultValue 1e-5, as NumPy and PyTorch */
  readonly rtol?: number;
  /** Absolute tolerance, >= 0. @defaultValue 1e-8, as NumPy and PyTorch */
  readonly atol?: number;
  /** Whether NaN is close to NaN. @defaultValue false */
  readonly equalNan?: boolean;
}

function close(name: string, x: TensorLike, y: TensorLike, options: CloseOptions): Tensor {
  requireOptions(name, options, { rtol: true, atol: true, equalNan: 'boolean' });
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  const isTolerance = (t: unknown): boolean => typeof t === 'number' && t >= 0 && t < Infinity;
  if (!isTolerance(rtol) || !isTolerance(atol)) {
    throw new RangeError(
      `${name}: rtol and atol must be finite and >= 0, got ${String(rtol)} and ${String(atol)}.`,
    );
  }
  // In float64, so that the tolerances are not rounded to the dtype, and integers do not wrap.
  const [a, b] = coercePair(name, x, y).map((z) => astype(z, 'float64')) as [Tensor, Tensor];
  const size = abs(b);
  const within = lessEqual(abs(sub(a, b)), add(mul(size, rtol), atol));
  // An infinity is close to itself only.
  const near = logicalOr(equal(a, b), logicalAnd(within, less(size, Infinity)));
  return equalNan ? logicalOr(near, logicalAnd(isNotNumber(a), isNotNumber(b))) : near;
}

/**
 * Whether `|x - y| <= atol + rtol |y|` elementwise, as `bool`, with broadcasting. Computed in float64, for
 * every dtype.
 *
 * @throws ShapeError if the shapes do not broadcast; DTypeError if the dtypes differ; RangeError for
 * tolerances that are not finite and >= 0
 * @example
 * ```ts
 * isClose(tensor([1, 2, NaN]), tensor([1.000001, 2.1, NaN])).toArray(); // => [true, false, false]
 * ```
 */
export const isClose = (x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor =>
  close('isClose', x, y, options);

/**
 * Whether all elements are close (see `isClose`), as a `bool` scalar: `item()` gives 0 or 1.
 *
 * @throws as `isClose`
 * @example
 * ```ts
 * allClose(tensor([1, NaN]), tensor([1.000001, NaN]), { equalNan: true }).toArray(); // => true
 * ```
 */
export const allClose = (x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor =>
  all(close('allClose', x, y, options));
