import { add, matmul, type Tensor, type TensorLike, transpose } from '@tikhonov/core';
import { type ActivationName, activation, crossEntropy, mse } from '@tikhonov/nn';
import type { Arguments } from './arguments.ts';

const names = ['W1', 'b1', 'W2', 'b2', 'W', 'b'] as const;

/** The parameters of the small network of a case, under the file's names. */
export const networkOf = (args: Arguments): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    names.filter((name) => args.has(name)).map((name) => [name, args.tensor(name)]),
  );

/** The network of the files, `act(x W1^T + b1) W2^T + b2`, or `x W^T + b` if there is only `W`. */
export function forward(
  args: Arguments,
  parameters: Readonly<Record<string, TensorLike>>,
  x: TensorLike,
): Tensor {
  const affine = (y: TensorLike, w: TensorLike, b: TensorLike): Tensor =>
    add(matmul(y, transpose(w)), b);
  const { W1, b1, W2, b2, W, b } = parameters;
  if (W !== undefined) return affine(x, W, b!);
  const name = args.text('activation');
  const act = name === 'identity' ? (y: Tensor) => y : activation(name as ActivationName);
  return affine(act(affine(x, W1!, b1!)), W2!, b2!);
}

/**
 * The network's loss on `x` (the case's, unless it is among the parameters) and `y`: cross entropy, or the mean
 * squared error of targets that are no labels.
 */
export function dataLoss(
  args: Arguments,
  parameters: Readonly<Record<string, TensorLike>>,
): Tensor {
  const out = forward(args, parameters, parameters.x ?? args.tensor('x'));
  return args.hasTensor('y') ? mse(out, args.tensor('y')) : crossEntropy(out, args.integers('y'));
}
