import {
  abs,
  asTensor,
  ShapeError,
  showShape,
  square,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { type Reduction, reduce } from './reduction.ts';

/** Options of the regression losses. */
export interface RegressionLossOptions {
  /** Over all elements. @defaultValue 'mean' */
  readonly reduction?: Reduction;
}

/** The difference of two tensors of one shape; broadcasting here is nearly always a mistake. */
function difference(name: string, prediction: TensorLike, target: TensorLike): Tensor {
  const [y, t] = [asTensor(prediction), asTensor(target)];
  if (showShape(y.shape) !== showShape(t.shape)) {
    throw new ShapeError(
      `${name}: prediction ${showShape(y.shape)} and target ${showShape(t.shape)} differ in shape.\n` +
        `  Nothing is broadcast here; reshape the target to ${showShape(y.shape)}.`,
    );
  }
  return sub(y, t);
}

/**
 * Mean squared error, `mean((prediction - target)^2)` over all elements.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ
 * @example
 * ```ts
 * nn.mse(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 * ```
 */
export const mse = (
  prediction: TensorLike,
  target: TensorLike,
  options: RegressionLossOptions = {},
): Tensor =>
  reduce('mse', square(difference('mse', prediction, target)), options.reduction ?? 'mean');

/**
 * Mean absolute error, `mean(|prediction - target|)` over all elements; where they agree the gradient
 * is 0.
 *
 * @param prediction  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ
 * @example
 * ```ts
 * nn.l1Loss(tensor([1, 2]), tensor([1, 4])).item(); // => 1
 * ```
 */
export const l1Loss = (
  prediction: TensorLike,
  target: TensorLike,
  options: RegressionLossOptions = {},
): Tensor =>
  reduce('l1Loss', abs(difference('l1Loss', prediction, target)), options.reduction ?? 'mean');
