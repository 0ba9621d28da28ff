import {
  abs,
  div,
  less,
  lessEqual,
  mul,
  square,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { positiveStrength, type Strength } from '../strength.ts';
import { lossPair } from './pair.ts';
import { type RowLossOptions, reduceRows, rowLossNames } from './row-weights.ts';

/** Options of the regression losses. */
export interface RegressionLossOptions extends RowLossOptions {}

/**
 * Mean squared error, `mean((prediction - target)^2)` over all elements.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ; DTypeError unless both are of one floating dtype;
 * RangeError for a negative weight or weights that sum to 0
 * @example
 * ```ts
 * nn.mse(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 * ```
 */
export function mse(
  prediction: TensorLike,
  target: TensorLike,
  options: RegressionLossOptions = {},
): Tensor {
  requireOptions('mse', options, rowLossNames);
  const pair = lossPair('mse', prediction, target);
  return reduceRows('mse', pair, (y, t) => square(sub(y, t)), options);
}

/**
 * Mean absolute error, `mean(|prediction - target|)` over all elements; where they agree the gradient
 * is 0.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ; DTypeError unless both are of one floating dtype;
 * RangeError for a negative weight or weights that sum to 0
 * @example
 * ```ts
 * nn.l1Loss(tensor([1, 2]), tensor([1, 4])).item(); // => 1
 * ```
 */
export function l1Loss(
  prediction: TensorLike,
  target: TensorLike,
  options: RegressionLossOptions = {},
): Tensor {
  requireOptions('l1Loss', options, rowLossNames);
  const pair = lossPair('l1Loss', prediction, target);
  return reduceRows('l1Loss', pair, (y, t) => abs(sub(y, t)), options);
}

/** Options of `huberLoss`. */
export interface HuberLossOptions extends RegressionLossOptions {
  /** Where the square ends, > 0; a 0-d tensor or cell can be annealed. @defaultValue 1, as PyTorch */
  readonly delta?: Strength;
}

/**
 * Huber's loss of `d = prediction - target`: `d^2 / 2` for `|d| <= delta`, else
 * `delta (|d| - delta / 2)`. The slope is continuous; at `|d| = delta` the curvature is the square's.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ; DTypeError unless both are of one floating dtype; RangeError
 * unless `delta > 0`, for a negative weight or weights that sum to 0
 * @see Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964)
 * @example
 * ```ts
 * nn.huberLoss(tensor([1, 4]), tensor([0, 0]), { reduction: 'none' }).toArray(); // => [0.5, 3.5]
 * ```
 */
export function huberLoss(
  prediction: TensorLike,
  target: TensorLike,
  options: HuberLossOptions = {},
): Tensor {
  requireOptions('huberLoss', options, { ...rowLossNames, delta: true });
  const pair = lossPair('huberLoss', prediction, target);
  const delta = positiveStrength('huberLoss', 'delta', options.delta ?? 1, pair[0].dtype);
  const losses = (y: Tensor, t: Tensor): Tensor => {
    const d = sub(y, t);
    const distance = abs(d);
    const inside = lessEqual(distance, delta);
    // The argument is cut too: an infinite distance times a slope of 0 would be NaN.
    const parabola = mul(square(where(inside, d, 0)), 0.5);
    const line = mul(sub(distance, mul(delta, 0.5)), delta);
    return where(inside, parabola, line);
  };
  return reduceRows('huberLoss', pair, losses, options);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1LossOptions extends RegressionLossOptions {
  /** Where the square ends, >= 0; a 0-d tensor or cell can be annealed. @defaultValue 1, as PyTorch */
  readonly beta?: Strength;
}

/**
 * Smooth L1 loss of `d = prediction - target`: `d^2 / (2 beta)` for `|d| < beta`, else `|d| - beta / 2`;
 * Huber's loss over `beta`. With `beta` 0 it is `l1Loss`.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ; DTypeError unless both are of one floating dtype; RangeError
 * unless `beta >= 0`, for a negative weight or weights that sum to 0
 * @see Girshick, "Fast R-CNN", ICCV 2015, arXiv 1504.08083
 * @example
 * ```ts
 * const [y, t] = [tensor([1, 4]), tensor([0, 0])];
 * nn.smoothL1Loss(y, t, { beta: 2, reduction: 'none' }).toArray(); // => [0.25, 3]
 * ```
 */
export function smoothL1Loss(
  prediction: TensorLike,
  target: TensorLike,
  options: SmoothL1LossOptions = {},
): Tensor {
  requireOptions('smoothL1Loss', options, { ...rowLossNames, beta: true });
  const pair = lossPair('smoothL1Loss', prediction, target);
  const beta = positiveStrength('smoothL1Loss', 'beta', options.beta ?? 1, pair[0].dtype, {
    orZero: true,
  });
  const losses = (y: Tensor, t: Tensor): Tensor => {
    const d = sub(y, t);
    const distance = abs(d);
    const inside = less(distance, beta);
    // Where nothing is inside, 0 / 0 is not selected, and neither is its slope.
    const parabola = div(mul(square(where(inside, d, 0)), 0.5), beta);
    const line = sub(distance, mul(beta, 0.5));
    return where(inside, parabola, line);
  };
  return reduceRows('smoothL1Loss', pair, losses, options);
}
