import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis, type ReduceOptions, reducedAxes } from '../axes.ts';
import { ones } from '../create.ts';
import { requireOptions } from '../options.ts';
import { astype } from '../primitives/astype.ts';
import { concat } from '../primitives/concat.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import type { Tensor } from '../tensor.ts';
import { axesLast, restoreAxes } from './axes-last.ts';

// Both multiply pairs, so that no rule divides by an element: derivatives of any order are exact at
// zeros. They work in float64 and round once, which also keeps float32 from passing its range between.

const wide = (x: Tensor): Tensor => (x.dtype === 'float32' ? astype(x, 'float64') : x);

/**
 * Product of the elements over `axis`; 1 for none. Derivatives of any order are exact with zeros too.
 * Integers wrap.
 *
 * @param x  `[...s]`; float or integer
 * @throws DTypeError for bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * prod(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray(); // => [2, 12]
 * grad((x) => prod(x))(tensor([0, 2, 3])).toArray(); // => [6, 0, 0]
 * ```
 */
export function prod(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x, 'prod');
  requireNumeric('prod', source.dtype);
  const axes = reducedAxes('prod', options, source.shape);
  const shape = restoreAxes(source.shape, axes, options.keepdims === true);
  let rows = wide(axesLast(source, axes));
  let left: Tensor | null = null;
  let n = rows.shape.at(-1)!;
  if (n === 0) return ones(shape, { dtype: source.dtype });
  const part = (from: number, to: number): Tensor =>
    slice(
      rows,
      rows.shape.map((_, k) => (k === rows.rank - 1 ? { start: from, stop: to } : null)),
    );
  while (n > 1) {
    const half = n >> 1;
    if (n % 2 === 1) left = left === null ? part(n - 1, n) : mul(left, part(n - 1, n));
    rows = mul(part(0, half), part(half, 2 * half));
    n = half;
  }
  return astype(reshape(left === null ? rows : mul(rows, left), shape), source.dtype);
}

/**
 * Running products along one axis, `out[i] = x[0] * ... * x[i]`, in `log2(n)` steps (Hillis & Steele).
 * Derivatives of any order are exact with zeros too. `[...s] -> [...s]`.
 *
 * @param options  `axis` @defaultValue 0
 * @throws DTypeError for bool; ShapeError for an axis out of range
 * @see Hillis & Steele, "Data Parallel Algorithms", Communications of the ACM 29 (1986)
 * @example
 * ```ts
 * cumprod(tensor([1, 2, 3, 4])).toArray(); // => [1, 2, 6, 24]
 * ```
 */
export function cumprod(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  requireOptions('cumprod', options, { axis: true });
  const source = asTensor(x, 'cumprod');
  requireNumeric('cumprod', source.dtype);
  const axis = normalizeAxis('cumprod', options.axis ?? 0, source.shape);
  const n = source.shape[axis]!;
  let products = wide(source);
  const part = (start: number, stop: number): Tensor =>
    slice(
      products,
      products.shape.map((_, k) => (k === axis ? { start, stop } : null)),
    );
  for (let reach = 1; reach < n; reach *= 2) {
    const longer = mul(part(reach, n), part(0, n - reach));
    products = concat([part(0, reach), longer], { axis });
  }
  return astype(products, source.dtype);
}
