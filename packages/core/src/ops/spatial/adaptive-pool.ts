import type { TensorLike } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { detach } from '../../cell.ts';
import { tensor } from '../../create.ts';
import { ShapeError, showShape, showValue } from '../../errors.ts';
import { div } from '../../primitives/div.ts';
import { indexSelect } from '../../primitives/gather-scatter.ts';
import { reshape } from '../../primitives/reshape.ts';
import { sum } from '../../primitives/sum-broadcast.ts';
import { where } from '../../primitives/where.ts';
import { windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import { type MaxPooled, maxOfPlaces } from './max-pool.ts';
import { pooled } from './pool-options.ts';

/** Size of an adaptive pool's output: one for all axes, or one for each; null keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[];

/** The output size as a number per axis. */
function outputSizes(name: string, value: OutputSize, x: Tensor, axes: number): number[] {
  const extent = x.shape.slice(x.rank - axes);
  const list = Array.isArray(value) ? value : new Array<unknown>(axes).fill(value);
  const sizes = list.map((n: unknown, k) => (n === null ? extent[k] : n));
  const valid = sizes.every((n): n is number => Number.isInteger(n) && (n as number) >= 1);
  if (!valid || sizes.length !== axes) {
    throw new RangeError(
      `${name}: the output size must be integers >= 1 or null, one or ${axes} of them, got ${showValue(value)}.`,
    );
  }
  if (extent.includes(0)) {
    throw new ShapeError(
      `${name}: nothing to pool in shape ${showShape(x.shape)}.\n  Every spatial axis needs at least one element.`,
    );
  }
  return sizes;
}

/**
 * The places that each of `count` bins holds: from `floor(i n / count)` below `ceil((i + 1) n / count)`, as
 * PyTorch. All lists have the same length; -1 fills up.
 */
function binPlaces(n: number, count: number): number[][] {
  const bins = Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * n) / count);
    const stop = Math.ceil(((i + 1) * n) / count);
    return Array.from({ length: stop - start }, (_, k) => start + k);
  });
  const longest = Math.max(...bins.map((bin) => bin.length));
  return bins.map((bin) => [...bin, ...new Array<number>(longest - bin.length).fill(-1)]);
}

/** Means over bins along one axis. */
function meanOfBins(x: Tensor, axis: number, count: number): Tensor {
  const n = x.shape[axis]!;
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  if (n === count) return x;
  if (n % count === 0) {
    const bins = reshape(x, [...before, count, n / count, ...after]);
    return div(sum(bins, { axis: axis + 1 }), n / count);
  }
  const places = binPlaces(n, count);
  const { dtype } = x;
  const width = places[0]!.length;
  const index = tensor(
    places.flat().map((at) => Math.max(at, 0)),
    { dtype: 'int32' },
  );
  const picked = reshape(indexSelect(x, index, { axis }), [...before, count, width, ...after]);
  const column = [count, width, ...after.map(() => 1)];
  const inside = tensor(
    places.flat().map((at) => at >= 0),
    { dtype: 'bool' },
  );
  // Selected, not multiplied by 0: what is infinite in one bin must not spoil its neighbour.
  const sums = sum(where(reshape(inside, column), picked, 0), { axis: axis + 1 });
  const counts = places.map((bin) => bin.filter((at) => at >= 0).length);
  return div(sums, reshape(tensor(counts, { dtype }), [count, ...after.map(() => 1)]));
}

function adaptiveAvgPool(name: string, axes: number, x: TensorLike, size: OutputSize): Tensor {
  const source = pooled(name, x, axes);
  let y = source;
  const first = source.rank - axes;
  for (const [k, n] of outputSizes(name, size, source, axes).entries()) {
    y = meanOfBins(y, first + k, n);
  }
  return y;
}

function adaptiveMaxPool(name: string, axes: number, x: TensorLike, size: OutputSize): MaxPooled {
  const source = pooled(name, x, axes);
  const extent = source.shape.slice(source.rank - axes);
  const count = outputSizes(name, size, source, axes);
  const places = count.map((n, k) => binPlaces(extent[k]!, n));
  // Bins that tile the input are plain windows.
  const even = count.every((n, k) => extent[k]! % n === 0);
  const bins = count.map((n, k) => extent[k]! / n);
  const steps = { count, size: bins, stride: bins, dilation: count.map(() => 1) };
  return maxOfPlaces(source, places, even ? bind(windowsP, [detach(source)], steps) : null);
}

/**
 * Means over `outputSize` bins of the last axis, of which bin `i` runs from `floor(i L / outputSize)` below
 * `ceil((i + 1) L / outputSize)`, as in PyTorch. `[..., C, L] -> [..., C, outputSize]`.
 *
 * @throws RangeError unless the size is an integer >= 1 or null; ShapeError for an empty axis
 * @example
 * ```ts
 * adaptiveAvgPool1d(tensor([[1, 2, 3]]), 2).toArray(); // => [[1.5, 2.5]]
 * ```
 */
export const adaptiveAvgPool1d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool1d', 1, x, outputSize);

/**
 * Means over a grid of bins of the last two axes; see `adaptiveAvgPool1d`.
 * `[..., C, H, W] -> [..., C, ...outputSize]`; size 1 averages whole planes.
 *
 * @throws RangeError unless the sizes are integers >= 1 or null; ShapeError for an empty axis
 * @example
 * ```ts
 * adaptiveAvgPool2d(arange(8, { dtype: 'float32' }).reshape([2, 2, 2]), 1).toArray(); // => [[[1.5]], [[5.5]]]
 * ```
 */
export const adaptiveAvgPool2d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool2d', 2, x, outputSize);

/**
 * Maxima over bins of the last axis, the bins of `adaptiveAvgPool1d`; ties as in `maxPool1d`.
 *
 * @throws RangeError unless the size is an integer >= 1 or null; ShapeError for an empty axis
 * @example
 * ```ts
 * adaptiveMaxPool1d(tensor([[1, 2, 3]]), 2).toArray(); // => [[2, 3]]
 * ```
 */
export const adaptiveMaxPool1d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool1d', 1, x, outputSize).values;

/**
 * Maxima over a grid of bins of the last two axes, the bins of `adaptiveAvgPool2d`; ties as in `maxPool2d`.
 *
 * @throws RangeError unless the sizes are integers >= 1 or null; ShapeError for an empty axis
 * @example
 * ```ts
 * adaptiveMaxPool2d(arange(8, { dtype: 'float32' }).reshape([2, 2, 2]), 1).toArray(); // => [[[3]], [[7]]]
 * ```
 */
export const adaptiveMaxPool2d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveMaxPool('adaptiveMaxPool2d', 2, x, outputSize).values;
