import { sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../../as-tensor.ts';
import { bind } from '../../bind.ts';
import { ShapeError, showShape } from '../../errors.ts';
import { type OptionNames, requireOptions } from '../../options.ts';
import { matmul } from '../../primitives/matmul.ts';
import { reshape } from '../../primitives/reshape.ts';
import { slice } from '../../primitives/slice-pad.ts';
import { permute, transpose } from '../../primitives/transpose.ts';
import { sumWindowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';
import { addBias, joinsBatch, requireGroups } from './channels.ts';
import {
  axesText,
  batched,
  type Padding,
  type PerAxis,
  paddingPairs,
  perAxis,
  requireSameDtype,
  spanOf,
} from './options.ts';

/** Options of transposed convolutions. */
export interface ConvTransposeOptions {
  /** `[out]`, added to every position. @defaultValue none */
  readonly bias?: TensorLike;
  /** @defaultValue 1 */
  readonly stride?: PerAxis;
  /** What the convolution padded, hence what is cut off here. @defaultValue 0 */
  readonly padding?: Padding;
  /**
   * Added to the far side of each axis, because a convolution of stride s takes s sizes to one. Smaller
   * than stride or dilation. @defaultValue 0
   */
  readonly outputPadding?: PerAxis;
  /** @defaultValue 1 */
  readonly dilation?: PerAxis;
  /** @defaultValue 1 */
  readonly groups?: number;
}

const known: OptionNames<ConvTransposeOptions> = {
  bias: true,
  stride: true,
  padding: true,
  outputPadding: true,
  dilation: true,
  groups: true,
};

/** The adjoint of the cross-correlation with the same weight and options. */
function transposed(
  name: string,
  axes: number,
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions,
): Tensor {
  requireOptions(name, options, known);
  const { source, single } = batched(name, x, axes);
  const w = asTensor(weight, name);
  const groups = options.groups ?? 1;
  requireKernel(name, axes, source, w, groups);
  const stride = perAxis(name, 'stride', options.stride ?? 1, axes, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, axes, 1);
  const padding = paddingPairs(name, options.padding ?? 0, axes);
  const extra = perAxis(name, 'outputPadding', options.outputPadding ?? 0, axes, 0);
  if (extra.some((n, k) => n >= Math.max(stride[k]!, dilation[k]!))) {
    throw new RangeError(
      `${name}: outputPadding must be smaller than stride or dilation, got ${showShape(extra)} with stride ${showShape(stride)} and dilation ${showShape(dilation)}.\n` +
        '  It only chooses among the sizes that a convolution takes to the same size.',
    );
  }
  const count = source.shape.slice(2);
  const span = spanOf(w.shape.slice(2), dilation);
  const extent = count.map((n, k) => (n - 1) * stride[k]! + span[k]! + extra[k]!);
  const size = extent.map((n, k) => n - padding[k]![0] - padding[k]![1]);
  if (count.includes(0) || size.some((n) => n < 1)) {
    throw new ShapeError(
      `${name}: the output would have size ${showShape(size)} for an input of ${showShape(count)}.\n` +
        '  Every axis needs at least one element; take less padding or a larger kernel.',
    );
  }
  const columns = spread(source, w, groups);
  const whole = bind(sumWindowsP, [columns], { extent, stride, dilation });
  const y = padding.flat().some((n) => n > 0)
    ? slice(whole, [
        null,
        null,
        ...padding.map(([before], k) => ({ start: before, stop: before + size[k]! })),
      ])
    : whole;
  const out = addBias(name, y, options.bias);
  return single ? reshape(out, out.shape.slice(1)) : out;
}

/** `x` `[N, I, ...count]` times weight `[I, O / groups, ...size]`: `[N, O, ...count, ...size]`. */
function spread(x: Tensor, w: Tensor, groups: number): Tensor {
  const [n, into, ...count] = x.shape as readonly [number, number, ...number[]];
  const size = w.shape.slice(2);
  const out = w.shape[1]! * groups;
  const positions = sizeOf(count);
  const kernels = transpose(reshape(w, [groups, into / groups, sizeOf(w.shape.slice(1))]));
  if (joinsBatch(n, positions)) {
    const rest = count.map((_, k) => 2 + k);
    const rows = reshape(permute(x, [1, 0, ...rest]), [groups, into / groups, n * positions]);
    const product = reshape(matmul(kernels, rows), [out, ...size, n, ...count]);
    const axes = size.length;
    const place = count.map((_, k) => 2 + axes + k);
    return permute(product, [1 + axes, 0, ...place, ...size.map((_, k) => 1 + k)]);
  }
  const rows = reshape(x, [n, groups, into / groups, positions]);
  const product = reshape(matmul(kernels, rows), [n, out, ...size, ...count]);
  const place = count.map((_, k) => 2 + size.length + k);
  return permute(product, [0, 1, ...place, ...size.map((_, k) => 2 + k)]);
}

function requireKernel(
  name: string,
  axes: number,
  x: Tensor,
  weight: Tensor,
  groups: number,
): void {
  requireSameDtype(name, 'weight', x, weight);
  const layout = `[in, out / groups, ${axesText(axes, 'k')}]`;
  if (weight.rank !== axes + 2 || weight.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `${name}: the weight must be ${layout}, got shape ${showShape(weight.shape)}.\n  A kernel has at least one element on each axis.`,
    );
  }
  requireGroups(name, groups, 'input channels', weight.shape[0]!);
  if (x.shape[1] !== weight.shape[0]) {
    throw new ShapeError(
      `${name}: x ${showShape(x.shape)} has ${x.shape[1]} channels, weight ${showShape(weight.shape)} takes ${weight.shape[0]}.\n` +
        `  x is [N, C, ${axesText(axes)}], the weight ${layout}.`,
    );
  }
}

/**
 * Transposed convolution over one axis: the adjoint of `conv1d` with the same weight and options.
 *
 * @param x  `[N, I, L]` or `[I, L]`
 * @param weight  `[I, O / groups, kL]`
 * @returns `[N, O, L']` or `[O, L']`, `L' = (L - 1) * stride - before - after + dilation * (kL - 1) + outputPadding + 1`
 * @throws ShapeError if ranks, channels or groups do not fit, or nothing would be left
 * @throws RangeError for options that are not integers in range; DTypeError unless all are of one floating dtype
 * @example
 * ```ts
 * convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), { stride: 2 }).toArray(); // => [[1, 10, 2, 20]]
 * ```
 */
export const convTranspose1d = (
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor => transposed('convTranspose1d', 1, x, weight, options);

/**
 * Transposed convolution over two axes: the adjoint of `conv2d` with the same weight and options, so
 * `<conv2d(x, w), y> = <x, convTranspose2d(y, w)>`.
 *
 * @param x  `[N, I, H, W]` or `[I, H, W]`
 * @param weight  `[I, O / groups, kH, kW]`
 * @returns `[N, O, H', W']` or `[O, H', W']`; sizes as for `convTranspose1d`
 * @throws ShapeError if ranks, channels or groups do not fit, or nothing would be left
 * @throws RangeError for options that are not integers in range; DTypeError unless all are of one floating dtype
 * @see Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional networks", CVPR 2010
 * @example
 * ```ts
 * convTranspose2d(ones([1, 3, 4, 4]), ones([3, 2, 2, 2]), { stride: 2 }).shape; // => [1, 2, 8, 8]
 * ```
 */
export const convTranspose2d = (
  x: TensorLike,
  weight: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor => transposed('convTranspose2d', 2, x, weight, options);
