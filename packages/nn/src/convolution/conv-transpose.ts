import {
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  type Padding,
  type PerAxis,
} from '@tikhonov/core';
import { ConvLayer } from './conv-layer.ts';
import { type ConvLayerSettings, settingNames } from './settings.ts';

/** Options of `ConvTranspose1d` and `ConvTranspose2d`. */
export interface ConvTransposeLayerOptions extends ConvLayerSettings {
  /** What is cut off: a number, one per axis, or `[before, after]` per axis. @defaultValue 0 */
  readonly padding?: Padding;
  /** Added to the far side of each axis; smaller than stride or dilation. @defaultValue 0 */
  readonly outputPadding?: PerAxis;
}

const callOptions = ({
  stride = 1,
  padding = 0,
  outputPadding = 0,
  dilation = 1,
  groups = 1,
}: ConvTransposeLayerOptions): ConvTransposeOptions => ({
  stride,
  padding,
  outputPadding,
  dilation,
  groups,
});

/**
 * Transposed convolution over one axis, with PyTorch's names, layouts and initial values.
 * `[N, in, L] -> [N, out, L']` or without `N`.
 *
 * @throws RangeError for sizes and options that are not integers in range
 * @throws ShapeError from `forward` if `x` does not fit
 * @example
 * ```ts
 * new nn.ConvTranspose1d(2, 3, 2, { seed: 0, stride: 2 }).forward(ones([4, 2, 5])).shape; // => [4, 3, 10]
 * ```
 */
export class ConvTranspose1d extends ConvLayer<ConvTransposeOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    const name = 'ConvTranspose1d';
    const plan = { name, axes: 1, inChannels, outChannels, kernelSize, transposed: true };
    const names = { ...settingNames, padding: true, outputPadding: true };
    super(plan, options, names, { run: convTranspose1d, options: () => callOptions(options) });
  }
}

/**
 * Transposed convolution over two axes, with PyTorch's names, layouts and initial values: weight
 * `[in, out / groups, kH, kW]` and bias `[out]`, both `U(-b, b)` with `b = 1 / sqrt(out / groups * kH * kW)`.
 * `[N, in, H, W] -> [N, out, H', W']` or without `N`.
 *
 * @throws RangeError for sizes and options that are not integers in range
 * @throws ShapeError from `forward` if `x` does not fit
 * @see Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional networks", CVPR 2010
 * @example
 * ```ts
 * const layer = new nn.ConvTranspose2d(8, 1, 4, { seed: 0, stride: 2, padding: 1 });
 * layer.weight.shape; // => [8, 1, 4, 4]
 * layer.forward(ones([2, 8, 7, 7])).shape; // => [2, 1, 14, 14]
 * ```
 */
export class ConvTranspose2d extends ConvLayer<ConvTransposeOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    const name = 'ConvTranspose2d';
    const plan = { name, axes: 2, inChannels, outChannels, kernelSize, transposed: true };
    const names = { ...settingNames, padding: true, outputPadding: true };
    super(plan, options, names, { run: convTranspose2d, options: () => callOptions(options) });
  }
}
