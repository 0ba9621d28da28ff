import {
  type ConvOptions,
  conv1d,
  conv2d,
  conv3d,
  type Padding,
  type PerAxis,
} from '@tikhonov/core';
import { ConvLayer } from './conv-layer.ts';
import { type ConvLayerSettings, settingNames } from './settings.ts';

/** Options of `Conv1d`, `Conv2d` and `Conv3d`. */
export interface ConvLayerOptions extends ConvLayerSettings {
  /**
   * Zeros around the input: a number, one per axis, or `[before, after]` per axis; 'same' keeps the size,
   * with stride 1. @defaultValue 0
   */
  readonly padding?: Padding | 'same' | 'valid';
}

const callOptions = ({
  stride = 1,
  padding = 0,
  dilation = 1,
  groups = 1,
}: ConvLayerOptions): ConvOptions => ({ stride, padding, dilation, groups });

/**
 * Cross-correlation over one axis, with PyTorch's names, layouts and initial values.
 * `[N, in, L] -> [N, out, L']` or without `N`.
 *
 * @throws RangeError for sizes and options that are not integers in range
 * @throws ShapeError from `forward` if `x` does not fit
 * @example
 * ```ts
 * const layer = new nn.Conv1d(2, 3, 5, { seed: 0, padding: 'same' });
 * layer.forward(ones([4, 2, 10])).shape; // => [4, 3, 10]
 * ```
 */
export class Conv1d extends ConvLayer<ConvOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    const plan = {
      name: 'Conv1d',
      axes: 1,
      inChannels,
      outChannels,
      kernelSize,
      transposed: false,
    };
    const names = { ...settingNames, padding: true };
    super(plan, options, names, { run: conv1d, options: () => callOptions(options) });
  }
}

/**
 * Cross-correlation over two axes, with PyTorch's names, layouts and initial values: weight
 * `[out, in / groups, kH, kW]` and bias `[out]`, both `U(-b, b)` with `b = 1 / sqrt(in / groups * kH * kW)`.
 * `[N, in, H, W] -> [N, out, H', W']` or without `N`.
 *
 * @throws RangeError for sizes and options that are not integers in range
 * @throws ShapeError from `forward` if `x` does not fit
 * @see LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998)
 * @example
 * ```ts
 * const layer = new nn.Conv2d(1, 8, 5, { seed: 0 });
 * layer.weight.shape; // => [8, 1, 5, 5]
 * layer.forward(ones([32, 1, 28, 28])).shape; // => [32, 8, 24, 24]
 * ```
 */
export class Conv2d extends ConvLayer<ConvOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    const plan = {
      name: 'Conv2d',
      axes: 2,
      inChannels,
      outChannels,
      kernelSize,
      transposed: false,
    };
    const names = { ...settingNames, padding: true };
    super(plan, options, names, { run: conv2d, options: () => callOptions(options) });
  }
}

/**
 * Cross-correlation over three axes; see `Conv2d`. `[N, in, D, H, W] -> [N, out, D', H', W']` or without `N`.
 *
 * @example
 * ```ts
 * new nn.Conv3d(1, 2, [1, 3, 3], { seed: 0 }).forward(ones([1, 4, 8, 8])).shape; // => [2, 4, 6, 6]
 * ```
 */
export class Conv3d extends ConvLayer<ConvOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    const plan = {
      name: 'Conv3d',
      axes: 3,
      inChannels,
      outChannels,
      kernelSize,
      transposed: false,
    };
    const names = { ...settingNames, padding: true };
    super(plan, options, names, { run: conv3d, options: () => callOptions(options) });
  }
}
