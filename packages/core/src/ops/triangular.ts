import { asTensor, type TensorLike } from '../as-tensor.ts';
import { arange } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { lessEqual } from '../primitives/compare.ts';
import { expandDims } from '../primitives/reshape.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/** Options of `tril` and `triu`. */
export interface TriangleOptions {
  /** The outermost diagonal to keep, above the main one if positive, below if negative. @defaultValue 0 */
  readonly k?: number;
}

/** A matrix, where diagonal `k` is in each row `[n, 1]`, and the places of the columns `[m]`. */
function places(
  name: string,
  x: TensorLike,
  options: TriangleOptions,
): readonly [x: Tensor, diagonal: Tensor, columns: Tensor] {
  requireOptions(name, options, { k: true });
  const { k = 0 } = options;
  integerList(name, 'k', [k]);
  const source = asTensor(x, name);
  if (source.rank < 2) {
    throw new ShapeError(`${name}: needs rank >= 2, got shape ${showShape(source.shape)}.`);
  }
  const [n, m] = source.shape.slice(-2) as [number, number];
  const first = Math.max(-n, Math.min(m, k));
  return [source, expandDims(arange(first, first + n), 1), arange(m)];
}

/**
 * The lower triangle: elements above diagonal `k` become 0. Leading axes are a batch.
 * `[..., n, m] -> [..., n, m]`.
 *
 * @throws ShapeError below rank 2; RangeError for a `k` that is not an integer
 * @example
 * ```ts
 * tril(tensor([[1, 2], [3, 4]])).toArray(); // => [[1, 0], [3, 4]]
 * tril(ones([2, 2], { dtype: 'bool' })).toArray(); // => [[true, false], [true, true]]
 * ```
 */
export function tril(x: TensorLike, options: TriangleOptions = {}): Tensor {
  const [source, diagonal, columns] = places('tril', x, options);
  return where(lessEqual(columns, diagonal), source, 0);
}

/**
 * The upper triangle: elements below diagonal `k` become 0. Leading axes are a batch.
 * `[..., n, m] -> [..., n, m]`.
 *
 * @throws ShapeError below rank 2; RangeError for a `k` that is not an integer
 * @example
 * ```ts
 * triu(tensor([[1, 2], [3, 4]]), { k: 1 }).toArray(); // => [[0, 2], [0, 0]]
 * ```
 */
export function triu(x: TensorLike, options: TriangleOptions = {}): Tensor {
  const [source, diagonal, columns] = places('triu', x, options);
  return where(lessEqual(diagonal, columns), source, 0);
}
