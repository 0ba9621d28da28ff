import { sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { ShapeError, showShape } from '../../errors.ts';
import { type OptionNames, requireOptions } from '../../options.ts';
import { matmul } from '../../primitives/matmul.ts';
import { reshape } from '../../primitives/reshape.ts';
import { permute } from '../../primitives/transpose.ts';
import { windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import { addBias, joinsBatch, requireGroups } from './channels.ts';
import {
  axesText,
  batched,
  countWindows,
  type Padding,
  type PaddingPairs,
  type PerAxis,
  paddingPairs,
  padSpatial,
  perAxis,
  requireSameDtype,
  spanOf,
} from './options.ts';

/** Options of convolutions. */
export interface ConvOptions {
  /** `[out]`, added to every position. @defaultValue none */
  readonly bias?: TensorLike;
  /** @defaultValue 1 */
  readonly stride?: PerAxis;
  /**
   * Zeros around the input: a number for both sides of all axes, a number per axis, or `[before, after]`
   * per axis; 'same' keeps the size (stride 1 only; an odd total puts the extra zero behind), 'valid' is
   * 0. @defaultValue 0
   */
  readonly padding?: Padding | 'same' | 'valid';
  /** @defaultValue 1 */
  readonly dilation?: PerAxis;
  /** Blocks of channels that do not see each other. @defaultValue 1 */
  readonly groups?: number;
}

const known: OptionNames<ConvOptions> = {
  bias: true,
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
};

/** Cross-correlation over the last `axes` axes. */
function convolve(
  name: string,
  axes: number,
  x: TensorLike,
  weight: TensorLike,
  options: ConvOptions,
): Tensor {
  requireOptions(name, options, known);
  const { source, single } = batched(name, x, axes);
  const w = asTensor(weight, name);
  const groups = options.groups ?? 1;
  requireKernel(name, axes, source, w, groups);
  const stride = perAxis(name, 'stride', options.stride ?? 1, axes, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, axes, 1);
  const size = w.shape.slice(2);
  const span = spanOf(size, dilation);
  const padding = resolvePadding(name, options.padding ?? 0, span, stride);
  const extent = source.shape.slice(2);
  const count = countWindows(name, extent, padding, span, stride);
  const padded = padSpatial(source, padding);
  const views = bind(windowsP, [padded], { count, size, stride, dilation });
  const y = contract(views, w, groups, count);
  const out = addBias(name, y, options.bias);
  return single ? reshape(out, out.shape.slice(1)) : out;
}

/** Windows `[N, C, ...count, ...size]` times weight `[O, C / groups, ...size]`: `[N, O, ...count]`. */
function contract(views: Tensor, w: Tensor, groups: number, count: readonly number[]): Tensor {
  const [n, out] = [views.shape[0]!, w.shape[0]!];
  const inner = sizeOf(w.shape.slice(1));
  const positions = sizeOf(count);
  const place = count.map((_, k) => 2 + k);
  const element = count.map((_, k) => 2 + count.length + k);
  const kernels = reshape(w, [groups, out / groups, inner]);
  if (joinsBatch(n, positions)) {
    const order = [1, ...element, 0, ...place];
    const columns = reshape(permute(views, order), [groups, inner, n * positions]);
    const product = reshape(matmul(kernels, columns), [out, n, ...count]);
    return permute(product, [1, 0, ...place]);
  }
  const order = [0, 1, ...element, ...place];
  const columns = reshape(permute(views, order), [n, groups, inner, positions]);
  return reshape(matmul(kernels, columns), [n, out, ...count]);
}

function requireKernel(
  name: string,
  axes: number,
  x: Tensor,
  weight: Tensor,
  groups: number,
): void {
  requireSameDtype(name, 'weight', x, weight);
  const layout = `[out, in / groups, ${axesText(axes, 'k')}]`;
  if (weight.rank !== axes + 2 || weight.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `${name}: the weight must be ${layout}, got shape ${showShape(weight.shape)}.\n  A kernel has at least one element on each axis.`,
    );
  }
  const [out, into] = weight.shape as readonly [number, number];
  requireGroups(name, groups, 'output channels', out);
  if (x.shape[1] !== into * groups) {
    throw new ShapeError(
      `${name}: x ${showShape(x.shape)} has ${x.shape[1]} channels, weight ${showShape(weight.shape)} takes ${into * groups} (${into} in each of ${groups} groups).\n` +
        `  x is [N, C, ${axesText(axes)}], the weight ${layout}.`,
    );
  }
}

function resolvePadding(
  name: string,
  padding: Padding | 'same' | 'valid',
  span: readonly number[],
  stride: readonly number[],
): PaddingPairs {
  if (padding === 'valid') return span.map(() => [0, 0]);
  if (padding !== 'same') {
    if (typeof padding !== 'string') return paddingPairs(name, padding, span.length);
    throw new TypeError(
      `${name}: padding '${String(padding)}' is unknown.\n  Use numbers, 'same' or 'valid'.`,
    );
  }
  if (stride.some((n) => n !== 1)) {
    throw new RangeError(
      `${name}: padding 'same' needs stride 1, got ${showShape(stride)}.\n  Give the padding in numbers.`,
    );
  }
  return span.map((n) => [Math.floor((n - 1) / 2), Math.ceil((n - 1) / 2)]);
}

/**
 * Cross-correlation over one axis, with PyTorch's layouts.
 *
 * @param x  `[N, C, L]` or `[C, L]`
 * @param weight  `[O, C / groups, kL]`
 * @returns `[N, O, L']` or `[O, L']`, `L' = floor((L + before + after - dilation * (kL - 1) - 1) / stride) + 1`
 * @throws ShapeError if ranks, channels or groups do not fit, or the kernel is larger than the padded input
 * @throws RangeError for options that are not integers in range; DTypeError unless all are of one floating dtype
 * @example
 * ```ts
 * conv1d(tensor([[1, 2, 3, 4]]), tensor([[[1, -1]]])).toArray(); // => [[-1, -1, -1]]
 * ```
 */
export const conv1d = (x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor =>
  convolve('conv1d', 1, x, weight, options);

/**
 * Cross-correlation over two axes, with PyTorch's layouts: `out[n, o, i, j]` is the sum over `c, k, l` of
 * `x[n, c, i * stride + k * dilation, j * stride + l * dilation] * weight[o, c, k, l]`, plus the bias.
 *
 * @param x  `[N, C, H, W]` or `[C, H, W]`
 * @param weight  `[O, C / groups, kH, kW]`
 * @returns `[N, O, H', W']` or `[O, H', W']`; sizes as for `conv1d`
 * @throws ShapeError if ranks, channels or groups do not fit, or the kernel is larger than the padded input
 * @throws RangeError for options that are not integers in range; DTypeError unless all are of one floating dtype
 * @see LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998)
 * @example
 * ```ts
 * const x = arange(9, { dtype: 'float32' }).reshape([1, 1, 3, 3]);
 * conv2d(x, ones([1, 1, 2, 2])).toArray(); // => [[[[8, 12], [20, 24]]]]
 * conv2d(x, ones([4, 1, 3, 3]), { padding: 'same', bias: zeros([4]) }).shape; // => [1, 4, 3, 3]
 * ```
 */
export const conv2d = (x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor =>
  convolve('conv2d', 2, x, weight, options);

/**
 * Cross-correlation over three axes; see `conv2d`.
 *
 * @param x  `[N, C, D, H, W]` or `[C, D, H, W]`
 * @param weight  `[O, C / groups, kD, kH, kW]`
 * @example
 * ```ts
 * conv3d(ones([1, 2, 4, 4, 4]), ones([3, 2, 2, 2, 2]), { stride: 2 }).shape; // => [1, 3, 2, 2, 2]
 * ```
 */
export const conv3d = (x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor =>
  convolve('conv3d', 3, x, weight, options);
