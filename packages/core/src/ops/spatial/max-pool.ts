import { sizeOf } from '@tikhonov/array';
import type { TensorLike } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { detach } from '../../cell.ts';
import { full, tensor } from '../../create.ts';
import { type OptionNames, requireOptions } from '../../options.ts';
import { gather, indexSelect } from '../../primitives/gather-scatter.ts';
import { argmax } from '../../primitives/max.ts';
import { reshape } from '../../primitives/reshape.ts';
import { broadcastTo } from '../../primitives/sum-broadcast.ts';
import { where } from '../../primitives/where.ts';
import { windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import { type PaddingPairs, type PerAxis, padSpatial } from './options.ts';
import {
  axisPlaces,
  type PoolOptions,
  pooled,
  poolWindows,
  reachOf,
  requireElements,
} from './pool-options.ts';

/** Options of max pools. Padding never wins: it stands for -Infinity. */
export interface MaxPoolOptions extends PoolOptions {
  /** From one element of a window to the next. @defaultValue 1 */
  readonly dilation?: PerAxis;
}

const known: OptionNames<MaxPoolOptions> = {
  kernelSize: true,
  stride: true,
  padding: true,
  ceilMode: true,
  dilation: true,
};

/** Maxima, and where they were found. */
export interface MaxPooled {
  readonly values: Tensor;
  /** int32, the shape of `values`: positions in the flattened spatial axes of the input. */
  readonly indices: Tensor;
}

function maxPool(name: string, axes: number, x: TensorLike, options: MaxPoolOptions): MaxPooled {
  requireOptions(name, options, known);
  const source = pooled(name, x, axes);
  const windows = poolWindows(name, axes, source, options);
  const places = windows.extent.map((_, axis) => axisPlaces(windows, axis));
  for (const axis of places) requireElements(name, axis);
  const views = bind(windowsP, [fenced(detach(source), reachOf(windows))], windows);
  return maxOfPlaces(source, places, views);
}

/** `x` with -Infinity around its last axes. */
function fenced(x: Tensor, widths: PaddingPairs): Tensor {
  const padded = padSpatial(x, widths);
  if (padded === x) return x;
  const extent = x.shape.slice(x.rank - widths.length);
  return where(padSpatial(full(extent, 1, { dtype: 'bool' }), widths), padded, -Infinity);
}

/**
 * The largest element of each window, whose places are listed for each axis as `[count][size]`. A place
 * of -1 is outside; at least one of each window is not.
 *
 * @param views  the elements in the same order, `[..., ...count, ...size]`, -Infinity outside; constant
 */
export function maxOfPlaces(
  x: Tensor,
  places: readonly (readonly (readonly number[])[])[],
  views: Tensor | null,
): MaxPooled {
  const axes = places.length;
  const lead = x.shape.slice(0, x.rank - axes);
  const extent = x.shape.slice(x.rank - axes);
  const count = places.map((axis) => axis.length);
  const [batch, positions] = [sizeOf(lead), sizeOf(count)];
  const flat = reshape(x, [batch, sizeOf(extent)]);
  const table = flatPlaces(places, extent);
  const candidates = reshape(
    views ?? indexSelect(detach(flat), reshape(table, [-1]), { axis: 1 }),
    [batch, positions, table.shape[1]!],
  );
  const winner = argmax(candidates, { axis: 2, keepdims: true });
  const index = gather(broadcastTo(table, candidates.shape), winner, { axis: 2 });
  const indices = reshape(index, [batch, positions]);
  const shape = [...lead, ...count];
  return {
    values: reshape(gather(flat, indices, { axis: 1 }), shape),
    indices: reshape(indices, shape),
  };
}

/**
 * Places in the flattened extent, `[windows, elements of one]`. What lies outside is replaced by the
 * window's first place inside, so that neither the maximum nor which of its equals is first changes.
 */
function flatPlaces(
  places: readonly (readonly (readonly number[])[])[],
  extent: readonly number[],
): Tensor {
  let rows: number[][] = [[0]];
  for (const [axis, list] of places.entries()) {
    const inside = list.map((window) => {
      const first = window.find((at) => at >= 0)!;
      return window.map((at) => (at < 0 ? first : at));
    });
    rows = rows.flatMap((row) =>
      inside.map((window) => row.flatMap((base) => window.map((at) => base * extent[axis]! + at))),
    );
  }
  return tensor(rows, { dtype: 'int32' });
}

/**
 * The largest value of each window of the last axis; NaN wins. The whole gradient goes to the first of
 * equal maxima in the window.
 *
 * @param x  `[N, C, L]` or `[C, L]`
 * @returns `[N, C, L']`, `L' = floor((L + before + after - dilation * (kernelSize - 1) - 1) / stride) + 1`
 * @throws ShapeError if the rank does not fit or the window is larger than the padded input
 * @throws RangeError for options that are not integers in range, or a window wholly in the padding
 * @example
 * ```ts
 * maxPool1d(tensor([[1, 3, 2, 5]]), { kernelSize: 2 }).toArray(); // => [[3, 5]]
 * ```
 */
export const maxPool1d = (x: TensorLike, options: MaxPoolOptions): Tensor =>
  maxPool('maxPool1d', 1, x, options).values;

/**
 * The largest value of each window of the last two axes; NaN wins. The whole gradient goes to the first of
 * equal maxima, in row-major order of the window.
 *
 * @param x  `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, H', W']`, sizes as for `maxPool1d`
 * @throws ShapeError if the rank does not fit or the window is larger than the padded input
 * @throws RangeError for options that are not integers in range, or a window wholly in the padding
 * @example
 * ```ts
 * maxPool2d(arange(16, { dtype: 'float32' }).reshape([1, 4, 4]), { kernelSize: 2 }).toArray(); // => [[[5, 7], [13, 15]]]
 * ```
 */
export const maxPool2d = (x: TensorLike, options: MaxPoolOptions): Tensor =>
  maxPool('maxPool2d', 2, x, options).values;

/**
 * As `maxPool1d`, with the positions of the maxima.
 *
 * @example
 * ```ts
 * maxPool1dWithIndices(tensor([[1, 3, 2, 5]]), { kernelSize: 2 }).indices.toArray(); // => [[1, 3]]
 * ```
 */
export const maxPool1dWithIndices = (x: TensorLike, options: MaxPoolOptions): MaxPooled =>
  maxPool('maxPool1d', 1, x, options);

/**
 * As `maxPool2d`, with the positions of the maxima in the flattened plane.
 *
 * @example
 * ```ts
 * const { indices } = maxPool2dWithIndices(arange(16, { dtype: 'float32' }).reshape([1, 4, 4]), { kernelSize: 2 });
 * indices.toArray(); // => [[[5, 7], [13, 15]]]
 * ```
 */
export const maxPool2dWithIndices = (x: TensorLike, options: MaxPoolOptions): MaxPooled =>
  maxPool('maxPool2d', 2, x, options);
