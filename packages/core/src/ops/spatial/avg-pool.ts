import { sizeOf } from '@tikhonov/array';
import type { TensorLike } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { tensor } from '../../create.ts';
import { type OptionNames, requireOptions } from '../../options.ts';
import { div } from '../../primitives/div.ts';
import { sumWindowsP, windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import { padSpatial, requireFlag } from './options.ts';
import {
  axisPlaces,
  type PoolOptions,
  type PoolWindows,
  pooled,
  poolWindows,
  reachOf,
  requireElements,
} from './pool-options.ts';

/** Options of average pools. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count in the average. @defaultValue true */
  readonly countIncludePad?: boolean;
  /** Divides the sums instead of the number of elements. @defaultValue none */
  readonly divisorOverride?: number;
}

const known: OptionNames<AvgPoolOptions> = {
  kernelSize: true,
  stride: true,
  padding: true,
  ceilMode: true,
  countIncludePad: true,
  divisorOverride: true,
};

function avgPool(name: string, axes: number, x: TensorLike, options: AvgPoolOptions): Tensor {
  requireOptions(name, options, known);
  const source = pooled(name, x, axes);
  const windows = poolWindows(name, axes, source, options);
  const { count, size } = windows;
  const { countIncludePad = true, divisorOverride } = options;
  requireFlag(name, 'countIncludePad', countIncludePad);
  if (
    divisorOverride !== undefined &&
    !(Number.isFinite(divisorOverride) && divisorOverride !== 0)
  ) {
    throw new RangeError(
      `${name}: divisorOverride must be finite and not 0, got ${String(divisorOverride)}.`,
    );
  }
  const divisor = divisorOverride ?? divisors(name, windows, countIncludePad);
  const views = bind(windowsP, [padSpatial(source, reachOf(windows))], windows);
  // Overlap-add with steps of 0 puts all elements of a window in one place.
  const steps = { stride: size.map(() => 1), dilation: size.map(() => 0) };
  const sums = bind(sumWindowsP, [views], { extent: count, ...steps });
  return div(
    sums,
    typeof divisor === 'number' ? divisor : tensor(divisor, { shape: count, dtype: source.dtype }),
  );
}

/** How many elements each window averages: one number if all agree, else one for each. */
function divisors(name: string, windows: PoolWindows, withPadding: boolean): number | number[] {
  const { extent, count, size, stride, padding } = windows;
  let all = [1];
  for (const [k, n] of count.entries()) {
    const places = axisPlaces(windows, k);
    if (!withPadding) requireElements(name, places);
    const end = extent[k]! + padding[k]![0] + padding[k]![1];
    const counts = Array.from({ length: n }, (_, i) =>
      withPadding
        ? Math.min(size[k]!, end - i * stride[k]!)
        : places[i]!.filter((at) => at >= 0).length,
    );
    all = all.flatMap((outer) => counts.map((inner) => outer * inner));
  }
  const whole = sizeOf(size);
  return all.every((n) => n === whole) ? whole : all;
}

/**
 * The mean of each window of the last axis.
 *
 * @param x  `[N, C, L]` or `[C, L]`
 * @returns `[N, C, L']`, `L' = floor((L + before + after - kernelSize) / stride) + 1`
 * @throws ShapeError if the rank does not fit or the window is larger than the padded input
 * @throws RangeError for options that are not integers in range, or a window that averages nothing
 * @example
 * ```ts
 * avgPool1d(tensor([[1, 3, 2, 6]]), { kernelSize: 2 }).toArray(); // => [[2, 4]]
 * ```
 */
export const avgPool1d = (x: TensorLike, options: AvgPoolOptions): Tensor =>
  avgPool('avgPool1d', 1, x, options);

/**
 * The mean of each window of the last two axes.
 *
 * @param x  `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C, H', W']`, sizes as for `avgPool1d`
 * @throws ShapeError if the rank does not fit or the window is larger than the padded input
 * @throws RangeError for options that are not integers in range, or a window that averages nothing
 * @example
 * ```ts
 * avgPool2d(arange(16, { dtype: 'float32' }).reshape([1, 4, 4]), { kernelSize: 2 }).toArray(); // => [[[2.5, 4.5], [10.5, 12.5]]]
 * avgPool2d(ones([1, 2, 2]), { kernelSize: 2, stride: 1, padding: 1, countIncludePad: false }).shape; // => [1, 3, 3]
 * ```
 */
export const avgPool2d = (x: TensorLike, options: AvgPoolOptions): Tensor =>
  avgPool('avgPool2d', 2, x, options);
