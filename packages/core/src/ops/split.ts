import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { squeeze } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import type { Tensor } from '../tensor.ts';

/** Options of the functions that take a tensor apart along one axis. */
export interface SplitOptions {
  /** @defaultValue 0 */
  readonly axis?: number;
}

const axisOnly = { axis: true } as const;

/** Elements `[start, stop)` along one axis, without a copy. */
const part = (x: Tensor, axis: number, start: number, stop: number): Tensor =>
  slice(
    x,
    x.shape.map((_, k) => (k === axis ? { start, stop } : null)),
  );

/**
 * Consecutive pieces of the given sizes. Halves of halves: the gradient of a slice is padded to what was
 * sliced, so `k` slices of one tensor would pad `k` times to its whole size instead of `log k` times.
 */
function pieces(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  if (sizes.length <= 1) return sizes.map(() => x);
  const middle = sizes.length >>> 1;
  const [left, right] = [sizes.slice(0, middle), sizes.slice(middle)];
  const cut = left.reduce((sum, size) => sum + size, 0);
  return [
    ...pieces(part(x, axis, 0, cut), axis, left),
    ...pieces(part(x, axis, cut, x.shape[axis]!), axis, right),
  ];
}

/**
 * Consecutive pieces along one axis, without a copy, as PyTorch's `split`: with a list, of those sizes;
 * with a number, all of that size, the last one maybe smaller.
 *
 * @throws ShapeError if the sizes do not add up to the axis; RangeError for sizes that are not integers
 * >= 0 (a single number: >= 1)
 * @example
 * ```ts
 * split(tensor([1, 2, 3]), [1, 2]).map((x) => x.toArray()); // => [[1], [2, 3]]
 * split(tensor([1, 2, 3]), 2).map((x) => x.toArray()); // => [[1, 2], [3]]
 * ```
 */
export function split(
  x: TensorLike,
  sizes: number | readonly number[],
  options: SplitOptions = {},
): Tensor[] {
  requireOptions('split', options, axisOnly);
  const source = asTensor(x, 'split');
  const axis = normalizeAxis('split', options.axis ?? 0, source.shape);
  const n = source.shape[axis]!;
  const single = typeof sizes === 'number';
  const given = integerList('split', 'sizes', sizes, single ? 1 : 0);
  const list = single ? equalSizes(sizes, n) : given;
  const total = list.reduce((sum, size) => sum + size, 0);
  if (total !== n) {
    throw new ShapeError(
      `split: sizes [${list.join(', ')}] add up to ${total}, but axis ${axis} of ${showShape(source.shape)} has ${n}.`,
    );
  }
  return pieces(source, axis, list);
}

function equalSizes(size: number, n: number): number[] {
  const count = Math.max(1, Math.ceil(n / size));
  return Array.from({ length: count }, (_, k) => Math.min(size, n - k * size));
}

/**
 * At most `chunks` pieces of equal size along one axis, the last one maybe smaller, as PyTorch's
 * `chunk`.
 *
 * @throws RangeError unless `chunks` is an integer >= 1
 * @example
 * ```ts
 * chunk(tensor([1, 2, 3, 4, 5]), 2).map((x) => x.toArray()); // => [[1, 2, 3], [4, 5]]
 * ```
 */
export function chunk(x: TensorLike, chunks: number, options: SplitOptions = {}): Tensor[] {
  requireOptions('chunk', options, axisOnly);
  const source = asTensor(x, 'chunk');
  const axis = normalizeAxis('chunk', options.axis ?? 0, source.shape);
  const [count] = integerList('chunk', 'chunks', [chunks], 1) as [number];
  return split(source, Math.max(1, Math.ceil(source.shape[axis]! / count)), { axis });
}

/**
 * The slices along one axis, which is dropped; the inverse of `stack`. `[n, ...s] -> n x [...s]`.
 *
 * @example
 * ```ts
 * unbind(tensor([[1, 2], [3, 4]]), { axis: 1 }).map((x) => x.toArray()); // => [[1, 3], [2, 4]]
 * ```
 */
export function unbind(x: TensorLike, options: SplitOptions = {}): Tensor[] {
  requireOptions('unbind', options, axisOnly);
  const source = asTensor(x, 'unbind');
  const axis = normalizeAxis('unbind', options.axis ?? 0, source.shape);
  const ones = new Array<number>(source.shape[axis]!).fill(1);
  return pieces(source, axis, ones).map((piece) => squeeze(piece, axis));
}

/**
 * The slice at one position of an axis, which is dropped: `x[index]` for axis 0. Nothing is copied.
 *
 * @param index  an integer in `[-n, n)`; negative ones count from the end. For an index that is a
 * tensor see `indexSelect`.
 * @throws RangeError for an index out of range
 * @example
 * ```ts
 * select(tensor([[1, 2], [3, 4]]), -1).toArray(); // => [3, 4]
 * ```
 */
export function select(x: TensorLike, index: number, options: SplitOptions = {}): Tensor {
  requireOptions('select', options, axisOnly);
  const source = asTensor(x, 'select');
  const axis = normalizeAxis('select', options.axis ?? 0, source.shape);
  const n = source.shape[axis]!;
  if (!Number.isInteger(index) || index < -n || index >= n) {
    throw new RangeError(
      `select: index ${index} is not an integer in [${-n}, ${n}), the range of axis ${axis} of ${showShape(source.shape)}.`,
    );
  }
  const at = index < 0 ? index + n : index;
  return squeeze(part(source, axis, at, at + 1), axis);
}
