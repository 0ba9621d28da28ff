import { sizeOf } from '@tikhonov/array';
import type { TensorLike } from '../../as-tensor.ts';
import { asTensor } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { ShapeError, showShape } from '../../errors.ts';
import { type OptionNames, requireOptions } from '../../options.ts';
import { reshape } from '../../primitives/reshape.ts';
import { slice } from '../../primitives/slice-pad.ts';
import { permute } from '../../primitives/transpose.ts';
import { sumWindowsP, windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import {
  batched,
  countWindows,
  type Padding,
  type PerAxis,
  paddingPairs,
  padSpatial,
  perAxis,
  spanOf,
} from './options.ts';

/** Options of `unfold`. */
export interface UnfoldOptions {
  readonly kernelSize: PerAxis;
  /** @defaultValue 1 */
  readonly stride?: PerAxis;
  /** @defaultValue 0 */
  readonly padding?: Padding;
  /** @defaultValue 1 */
  readonly dilation?: PerAxis;
}

/** Options of `fold`. */
export interface FoldOptions extends UnfoldOptions {
  /** `[H, W]` of the result. */
  readonly outputSize: PerAxis;
}

const known: OptionNames<UnfoldOptions> = {
  kernelSize: true,
  stride: true,
  padding: true,
  dilation: true,
};

/** Options per axis, and the places of the windows in an extent. */
function blocks(name: string, options: UnfoldOptions, extent: readonly number[]) {
  const size = perAxis(name, 'kernelSize', options.kernelSize, 2, 1);
  const stride = perAxis(name, 'stride', options.stride ?? 1, 2, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, 2, 1);
  const padding = paddingPairs(name, options.padding ?? 0, 2);
  const count = countWindows(name, extent, padding, spanOf(size, dilation), stride);
  return { size, stride, dilation, padding, count };
}

/**
 * The windows of an image as columns, PyTorch's `unfold` (im2col): a convolution is a matrix product with
 * them. `[N, C, H, W] -> [N, C * kH * kW, windows]`, both orders row-major.
 *
 * @throws ShapeError if the rank does not fit or the kernel is larger than the padded input
 * @throws RangeError for options that are not integers in range
 * @example
 * ```ts
 * unfold(arange(6, { dtype: 'float32' }).reshape([1, 1, 2, 3]), { kernelSize: 2 }).toArray(); // => [[[0, 1], [1, 2], [3, 4], [4, 5]]]
 * ```
 */
export function unfold(x: TensorLike, options: UnfoldOptions): Tensor {
  requireOptions('unfold', options, known);
  const { source, single } = batched('unfold', x, 2);
  const { count, size, stride, dilation, padding } = blocks(
    'unfold',
    options,
    source.shape.slice(2),
  );
  const padded = padSpatial(source, padding);
  const views = bind(windowsP, [padded], { count, size, stride, dilation });
  const [n, channels] = source.shape as readonly [number, number];
  const columns = [channels * sizeOf(size), sizeOf(count)];
  return reshape(permute(views, [0, 1, 4, 5, 2, 3]), single ? columns : [n, ...columns]);
}

/**
 * Adds columns of windows back into an image: the adjoint of `unfold` with the same options.
 * `[N, C * kH * kW, windows] -> [N, C, ...outputSize]`.
 *
 * @throws ShapeError if rows or columns do not fit the kernel and the output size
 * @throws RangeError for options that are not integers in range
 * @example
 * ```ts
 * fold(ones([1, 4, 2]), { outputSize: [2, 3], kernelSize: 2 }).toArray(); // => [[[[1, 2, 1], [1, 2, 1]]]]
 * ```
 */
export function fold(x: TensorLike, options: FoldOptions): Tensor {
  requireOptions('fold', options, { ...known, outputSize: true });
  const source = asTensor(x, 'fold');
  const extent = perAxis('fold', 'outputSize', options.outputSize, 2, 1);
  const { count, size, stride, dilation, padding } = blocks('fold', options, extent);
  const [rows = 0, columns = 0] = source.shape.slice(-2);
  const fits = source.rank === 2 || source.rank === 3;
  if (!fits || rows % sizeOf(size) !== 0 || columns !== sizeOf(count)) {
    throw new ShapeError(
      `fold: x must be [N, C * ${sizeOf(size)}, ${sizeOf(count)}] for ${showShape(count)} windows of ${showShape(size)}, got shape ${showShape(source.shape)}.\n` +
        '  Give the options and the size that unfold had.',
    );
  }
  const lead = [...source.shape.slice(0, -2), rows / sizeOf(size)];
  const at = lead.length;
  const blocked = reshape(source, [...lead, ...size, ...count]);
  const views = permute(blocked, [...lead.keys(), at + 2, at + 3, at, at + 1]);
  const reach = extent.map((n, k) => n + padding[k]![0] + padding[k]![1]);
  const whole = bind(sumWindowsP, [views], { extent: reach, stride, dilation });
  return slice(whole, [
    ...lead.map(() => null),
    ...padding.map(([before], k) => ({ start: before, stop: before + extent[k]! })),
  ]);
}
