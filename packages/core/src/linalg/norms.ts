import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, normalizeAxes } from '../axes.ts';
import { detach } from '../cell.ts';
import { zeros } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { floatingTensor } from '../ops/floating.ts';
import { norm, normOver } from '../ops/norm.ts';
import { requireOptions } from '../options.ts';
import { abs } from '../primitives/abs.ts';
import { div } from '../primitives/div.ts';
import { max, min } from '../primitives/max.ts';
import { expandDims, squeeze } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { requireMatrix } from './matrices.ts';
import { svdvals, vanishing } from './svd.ts';

/** Options of `vectorNorm`. */
export interface VectorNormOptions {
  /** The exponent, > 0, `Infinity` for the largest magnitude. @defaultValue 2 */
  readonly ord?: number;
  /** @defaultValue all axes, which count as one vector */
  readonly axis?: AxisLike;
  /** Keep reduced axes with size 1. @defaultValue false */
  readonly keepdims?: boolean;
}

/**
 * The norm of vectors along axes: `norm`, with the exponent called `ord`, as in `matrixNorm`.
 *
 * @throws RangeError unless `ord > 0`; DTypeError unless floating; ShapeError for an axis out of range
 * @example
 * ```ts
 * linalg.vectorNorm(tensor([3, -4])).item(); // => 5
 * linalg.vectorNorm(tensor([3, -4]), { ord: 1 }).item(); // => 7
 * ```
 */
export function vectorNorm(x: TensorLike, options: VectorNormOptions = {}): Tensor {
  const name = 'vectorNorm';
  requireOptions(name, options, { ord: true, axis: true, keepdims: 'boolean' });
  const { ord = 2, axis, keepdims = false } = options;
  const source = floatingTensor(name, x);
  const axes = normalizeAxes(name, axis, source.shape);
  return normOver(name, source, axes, { p: ord, keepdims }, 'ord');
}

/** Which norm of a matrix: as NumPy's `ord`; of the numbers, 1, 2, `Infinity` and their negatives. */
export type MatrixOrder = 'fro' | 'nuc' | number;

/** Options of `matrixNorm`. */
export interface MatrixNormOptions {
  /**
   * `'fro'`: root of the sum of squares; `'nuc'`: sum of the singular values; 2 and -2: largest and smallest
   * singular value; 1 and -1: largest and smallest sum of magnitudes of a column; `Infinity` and
   * `-Infinity`: of a row. @defaultValue 'fro'
   */
  readonly ord?: MatrixOrder;
  /** Keep the two axes with size 1. @defaultValue false */
  readonly keepdims?: boolean;
}

const orders: readonly unknown[] = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity];

/**
 * A norm of each matrix of a batch; the Frobenius norm unless `ord` says otherwise. Norms of matrices without
 * elements are 0. `[..., m, n] -> [...]`.
 *
 * Conventions where a norm has a kink: Frobenius, 0 at the zero matrix; nuclear, singular values that vanish
 * contribute 0; 2 and -2, `u v^T` of the first (last) pair of vectors; the others, ties share equally.
 *
 * @throws RangeError for an unknown `ord`; ShapeError below rank 2, or for `ord` -1, -2, `-Infinity` of nothing;
 * DTypeError unless floating
 * @example
 * ```ts
 * const x = tensor([[3, 0], [0, -4]]);
 * linalg.matrixNorm(x).item(); // => 5
 * linalg.matrixNorm(x, { ord: 'nuc' }).item(); // => 7
 * linalg.matrixNorm(x, { ord: 2 }).item(); // => 4
 * linalg.matrixNorm(tensor([[1, -2], [3, 4]]), { ord: 1 }).item(); // => 6
 * linalg.matrixNorm(tensor([[1, -2], [3, 4]]), { ord: Infinity }).item(); // => 7
 * ```
 */
export function matrixNorm(x: TensorLike, options: MatrixNormOptions = {}): Tensor {
  requireOptions('matrixNorm', options, { ord: true, keepdims: 'boolean' });
  const { ord = 'fro', keepdims = false } = options;
  const source = asTensor(x, 'matrixNorm');
  requireMatrix('matrixNorm', source);
  if (!orders.includes(ord)) {
    throw new RangeError(
      `matrixNorm: unknown ord ${String(ord)}.\n  It takes 'fro', 'nuc', 1, -1, 2, -2, Infinity and -Infinity.`,
    );
  }
  const value = normOf(source, ord);
  return keepdims ? expandDims(expandDims(value, -1), -1) : value;
}

function normOf(x: Tensor, ord: MatrixOrder): Tensor {
  if (x.shape.slice(-2).includes(0)) return normOfNothing(x, ord);
  if (ord === 'fro') return norm(x, { axis: [-2, -1] });
  if (ord === 'nuc') return sum(withoutVanishing(svdvals(x)), { axis: -1 });
  if (ord === 2 || ord === -2) {
    const s = svdvals(x);
    const whole = s.shape.slice(0, -1).map(() => null);
    return squeeze(slice(s, [...whole, ord === 2 ? { stop: 1 } : { start: -1 }]), -1);
  }
  const sums = sum(abs(x), { axis: Math.abs(ord) === 1 ? -2 : -1 });
  return ord > 0 ? max(sums, { axis: -1 }) : min(sums, { axis: -1 });
}

function normOfNothing(x: Tensor, ord: MatrixOrder): Tensor {
  if (typeof ord === 'number' && ord < 0) {
    throw new ShapeError(
      `matrixNorm: ord ${ord} is a smallest value, and there is none in ${showShape(x.shape)}.`,
    );
  }
  return zeros(x.shape.slice(0, -2), { dtype: x.dtype });
}

/** The values as they are; those that vanish are constants. */
const withoutVanishing = (s: Tensor): Tensor => where(vanishing(s), detach(s), s);

/**
 * The largest singular value of a matrix; its gradient is `u v^T`, of the first pair where it is repeated.
 * `[..., m, n] -> [...]`.
 *
 * @throws RangeError if an element is not finite; ShapeError below rank 2; DTypeError unless floating
 * @example
 * ```ts
 * linalg.spectralNorm(tensor([[3, 0], [0, -4]])).item(); // => 4
 * ```
 */
export const spectralNorm = (x: TensorLike): Tensor => matrixNorm(x, { ord: 2 });

/**
 * The sum of the singular values of a matrix. Its gradient is `U V^T` over the pairs whose value does not vanish
 * (exceeds 8 roundings of the largest): a subgradient at matrices of lower rank. `[..., m, n] -> [...]`.
 *
 * @throws RangeError if an element is not finite; ShapeError below rank 2; DTypeError unless floating
 * @example
 * ```ts
 * linalg.nuclearNorm(tensor([[3, 0], [0, -4]])).item(); // => 7
 * grad((x) => linalg.nuclearNorm(x))(tensor([[2, 0], [0, 0]])).toArray(); // => [[1, 0], [0, 0]]
 * ```
 */
export const nuclearNorm = (x: TensorLike): Tensor => matrixNorm(x, { ord: 'nuc' });

/**
 * The condition number of a matrix: the largest singular value over the smallest, Infinity if that is 0.
 * `[..., m, n] -> [...]`.
 *
 * @throws RangeError if an element is not finite; ShapeError below rank 2 or without elements; DTypeError
 * unless floating
 * @example
 * ```ts
 * linalg.cond(tensor([[3, 0], [0, -4]])).item(); // => 4 / 3
 * ```
 */
export function cond(x: TensorLike): Tensor {
  const source = asTensor(x, 'cond');
  requireMatrix('cond', source);
  if (source.shape.slice(-2).includes(0)) {
    throw new ShapeError(`cond: matrices of shape ${showShape(source.shape)} have no elements.`);
  }
  const s = svdvals(source);
  const whole = s.shape.slice(0, -1).map(() => null);
  return squeeze(div(slice(s, [...whole, { stop: 1 }]), slice(s, [...whole, { start: -1 }])), -1);
}
