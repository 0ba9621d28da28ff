import { sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { matmul } from '../primitives/matmul.ts';
import { reshape } from '../primitives/reshape.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/** Options of `tensordot`. */
export interface TensordotOptions {
  /**
   * How many of the last axes of `x` meet the first of `y`, or which axes of `x` meet which of `y`.
   * @defaultValue 2
   */
  readonly axes?: number | readonly [readonly number[], readonly number[]];
}

/**
 * Products summed over pairs of axes: the other axes of `x`, then those of `y`, remain, as NumPy's
 * `tensordot`. One matrix product.
 *
 * @throws ShapeError for axes that are out of range, named twice, in different number or of different
 * sizes; RangeError for a number of axes that is not an integer >= 0; DTypeError unless both are of one
 * floating dtype
 * @example
 * ```ts
 * tensordot(ones([2, 3, 4]), ones([3, 4, 5])).shape; // => [2, 5]
 * tensordot(ones([2, 3]), ones([4, 2]), { axes: [[0], [1]] }).shape; // => [3, 4]
 * ```
 */
export function tensordot(x: TensorLike, y: TensorLike, options: TensordotOptions = {}): Tensor {
  const name = 'tensordot';
  requireOptions(name, options, { axes: true });
  const [a, b] = [asTensor(x, name), asTensor(y, name)];
  const [left, right] = pairs(a, b, options.axes ?? 2);
  const sizes = (z: Tensor, axes: readonly number[]): number[] => axes.map((k) => z.shape[k]!);
  if (showShape(sizes(a, left)) !== showShape(sizes(b, right))) {
    throw new ShapeError(
      `${name}: axes ${showShape(left)} of ${showShape(a.shape)} and ${showShape(right)} of ${showShape(b.shape)} differ in size.`,
    );
  }
  const others = (z: Tensor, axes: readonly number[]): number[] =>
    z.shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const [rows, columns] = [others(a, left), others(b, right)];
  const inner = sizeOf(sizes(a, left));
  const product = matmul(
    reshape(permute(a, [...rows, ...left]), [sizeOf(sizes(a, rows)), inner]),
    reshape(permute(b, [...right, ...columns]), [inner, sizeOf(sizes(b, columns))]),
  );
  return reshape(product, [...sizes(a, rows), ...sizes(b, columns)]);
}

function pairs(
  a: Tensor,
  b: Tensor,
  axes: NonNullable<TensordotOptions['axes']>,
): readonly [number[], number[]] {
  if (Array.isArray(axes) && axes.length === 2 && axes.every((list) => Array.isArray(list))) {
    const [left, right] = [a, b].map((z, i) =>
      axes[i]!.map((axis: number) => normalizeAxis('tensordot', axis, z.shape)),
    ) as [number[], number[]];
    const distinct = (list: number[]): boolean => new Set(list).size === list.length;
    if (left.length !== right.length || !distinct(left) || !distinct(right)) {
      throw new ShapeError(
        `tensordot: cannot pair axes ${showShape(left)} with ${showShape(right)}.\n  Give as many of one as of the other, none twice.`,
      );
    }
    return [left, right];
  }
  const [count] = integerList('tensordot', 'axes', axes as number, 0) as [number];
  if (typeof axes !== 'number' || count > Math.min(a.rank, b.rank)) {
    throw new ShapeError(
      `tensordot: axes must be a number of axes that ${showShape(a.shape)} and ${showShape(b.shape)} have, or two lists, got ${String(count)}.`,
    );
  }
  const all = Array.from({ length: count }, (_, k) => k);
  return [all.map((k) => a.rank - count + k), all];
}
