import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type PerAxis,
} from '@tikhonov/core';
import type { OptionNames } from '@tikhonov/core/engine';
import { PoolLayer, type PoolPlan } from './pool-layer.ts';

/** Options of `MaxPool1d` and `MaxPool2d`, as of core's `maxPool2d`. */
export type MaxPoolLayerOptions = Omit<MaxPoolOptions, 'kernelSize'>;

/** Options of `AvgPool1d` and `AvgPool2d`, as of core's `avgPool2d`. */
export type AvgPoolLayerOptions = Omit<AvgPoolOptions, 'kernelSize'>;

const ofMax: OptionNames<MaxPoolLayerOptions> = {
  stride: true,
  padding: true,
  ceilMode: 'boolean',
  dilation: true,
};
const ofAvg: OptionNames<AvgPoolLayerOptions> = {
  stride: true,
  padding: true,
  ceilMode: 'boolean',
  countIncludePad: 'boolean',
  divisorOverride: true,
};
const max1d: PoolPlan<MaxPoolOptions> = {
  name: 'MaxPool1d',
  axes: 1,
  pool: maxPool1d,
  known: ofMax,
};
const max2d: PoolPlan<MaxPoolOptions> = {
  name: 'MaxPool2d',
  axes: 2,
  pool: maxPool2d,
  known: ofMax,
};
const avg1d: PoolPlan<AvgPoolOptions> = {
  name: 'AvgPool1d',
  axes: 1,
  pool: avgPool1d,
  known: ofAvg,
};
const avg2d: PoolPlan<AvgPoolOptions> = {
  name: 'AvgPool2d',
  axes: 2,
  pool: avgPool2d,
  known: ofAvg,
};

/**
 * The largest value of each window of the last axis. `[N, C, L] -> [N, C, L']` or without `N`.
 *
 * @param kernelSize  also the stride, unless `options` has another
 * @throws RangeError unless `kernelSize` is an integer >= 1, and for options out of range; TypeError for
 * unknown options; from `forward` as core's `maxPool1d`
 * @example
 * ```ts
 * new nn.MaxPool1d(2).forward(ones([4, 3, 10])).shape; // => [4, 3, 5]
 * ```
 */
export class MaxPool1d extends PoolLayer<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options: MaxPoolLayerOptions = {}) {
    super(max1d, kernelSize, options, { ...options, kernelSize });
  }
}

/**
 * The largest value of each window of the last two axes; among equals the first takes the whole gradient.
 * `[N, C, H, W] -> [N, C, H', W']` or without `N`.
 *
 * @param kernelSize  also the stride, unless `options` has another
 * @throws RangeError unless `kernelSize` is an integer >= 1 or two, and for options out of range; TypeError for
 * unknown options; from `forward` as core's `maxPool2d`
 * @example
 * ```ts
 * new nn.MaxPool2d(2).forward(ones([4, 3, 10, 8])).shape; // => [4, 3, 5, 4]
 * ```
 */
export class MaxPool2d extends PoolLayer<MaxPoolOptions> {
  constructor(kernelSize: PerAxis, options: MaxPoolLayerOptions = {}) {
    super(max2d, kernelSize, options, { ...options, kernelSize });
  }
}

/**
 * The mean of each window of the last axis. `[N, C, L] -> [N, C, L']` or without `N`.
 *
 * @param kernelSize  also the stride, unless `options` has another
 * @throws RangeError unless `kernelSize` is an integer >= 1, and for options out of range; TypeError for
 * unknown options; from `forward` as core's `avgPool1d`
 * @example
 * ```ts
 * new nn.AvgPool1d(2).forward(tensor([[1, 3, 5, 7]])).toArray(); // => [[2, 6]]
 * ```
 */
export class AvgPool1d extends PoolLayer<AvgPoolOptions> {
  constructor(kernelSize: PerAxis, options: AvgPoolLayerOptions = {}) {
    super(avg1d, kernelSize, options, { ...options, kernelSize });
  }
}

/**
 * The mean of each window of the last two axes. `[N, C, H, W] -> [N, C, H', W']` or without `N`.
 *
 * @param kernelSize  also the stride, unless `options` has another
 * @throws RangeError unless `kernelSize` is an integer >= 1 or two, and for options out of range; TypeError for
 * unknown options; from `forward` as core's `avgPool2d`
 * @example
 * ```ts
 * new nn.AvgPool2d(3, { stride: 2, padding: 1 }).forward(ones([4, 3, 9, 9])).shape; // => [4, 3, 5, 5]
 * ```
 */
export class AvgPool2d extends PoolLayer<AvgPoolOptions> {
  constructor(kernelSize: PerAxis, options: AvgPoolLayerOptions = {}) {
    super(avg2d, kernelSize, options, { ...options, kernelSize });
  }
}
