import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { reshape } from '../primitives/reshape.ts';
import { padP, slice } from '../primitives/slice-pad.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/** Options of `diagonal` and `trace`. */
export interface DiagonalOptions {
  /** Above the main diagonal if positive, below if negative. @defaultValue 0 */
  readonly offset?: number;
  /** The axis of the rows. @defaultValue 0 */
  readonly axis1?: number;
  /** The axis of the columns. @defaultValue 1 */
  readonly axis2?: number;
}

/**
 * The elements of a diagonal, as the last axis: `x[..., i, i + offset]` where `axis1` and `axis2`, which
 * are dropped, hold rows and columns. Empty if the offset lies outside. `[n, m, ...s] -> [...s, d]`.
 *
 * @throws ShapeError for axes that are out of range or equal; RangeError for an offset that is not an
 * integer
 * @example
 * ```ts
 * diagonal(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 4]
 * diagonal(tensor([[1, 2], [3, 4]]), { offset: 1 }).toArray(); // => [2]
 * ```
 */
export const diagonal = (x: TensorLike, options: DiagonalOptions = {}): Tensor =>
  take('diagonal', asTensor(x, 'diagonal'), options);

function take(name: string, x: Tensor, options: DiagonalOptions): Tensor {
  requireOptions(name, options, { offset: true, axis1: true, axis2: true });
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  integerList(name, 'the offset', [offset]);
  const a = normalizeAxis(name, axis1, x.shape);
  const b = normalizeAxis(name, axis2, x.shape);
  if (a === b) {
    throw new ShapeError(`${name}: axis1 and axis2 are both ${a} of ${showShape(x.shape)}.`);
  }
  const rest = x.shape.map((_, k) => k).filter((k) => k !== a && k !== b);
  const [n, m] = [x.shape[a]!, x.shape[b]!];
  const [row, column] = offset < 0 ? [-offset, 0] : [0, offset];
  const count = Math.max(0, Math.min(n - row, m - column));
  const outer = rest.map((k) => x.shape[k]!);
  const flat = reshape(permute(x, [...rest, a, b]), [...outer, n * m]);
  // In a flattened matrix the next element of a diagonal is one row and one column on.
  const start = row * m + column;
  const range = {
    start,
    stop: count === 0 ? start : start + (count - 1) * (m + 1) + 1,
    step: m + 1,
  };
  return slice(flat, [...outer.map(() => null), range]);
}

/**
 * Sum over a diagonal of a matrix. `[n, m, ...s] -> [...s]`.
 *
 * @throws as `diagonal`; DTypeError for bool
 * @example
 * ```ts
 * trace(tensor([[1, 2], [3, 4]])).item(); // => 5
 * ```
 */
export function trace(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  const source = asTensor(x, 'trace');
  requireNumeric('trace', source.dtype);
  return sum(take('trace', source, options), { axis: -1 });
}

/**
 * A vector as the diagonal of a square matrix of zeros, or the diagonal of a matrix.
 * `[n] -> [n + |k|, n + |k|]`, `[n, m] -> [d]`.
 *
 * @param options  `k` above the main diagonal if positive, below if negative @defaultValue 0
 * @throws ShapeError unless the rank is 1 or 2; RangeError for a `k` that is not an integer
 * @example
 * ```ts
 * diag(tensor([1, 2])).toArray(); // => [[1, 0], [0, 2]]
 * diag(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 4]
 * ```
 */
export function diag(x: TensorLike, options: { readonly k?: number } = {}): Tensor {
  requireOptions('diag', options, { k: true });
  const source = asTensor(x, 'diag');
  const { k = 0 } = options;
  integerList('diag', 'k', [k]);
  if (source.rank === 2) return take('diag', source, { offset: k });
  if (source.rank !== 1) {
    throw new ShapeError(
      `diag: needs a vector or a matrix, got ${showShape(source.shape)}.\n  For batches see diagonal.`,
    );
  }
  const count = source.shape[0]!;
  const n = count + Math.abs(k);
  const low = k < 0 ? -k * n : k;
  const used = count === 0 ? 0 : (count - 1) * (n + 1) + 1;
  const start = count === 0 ? 0 : low;
  const flat = bind(padP, [source], {
    low: [start],
    high: [n * n - start - used],
    interior: [n],
  });
  return reshape(flat, [n, n]);
}
