import {
  DTypeError,
  isFloating,
  ShapeError,
  type Tensor,
  type TensorLike,
  tensor,
} from '@tikhonov/core';
import { asTensor, showShape } from '@tikhonov/core/engine';

/**
 * Prediction and target of a loss: floating, of one dtype and one shape; broadcasting here is nearly
 * always a mistake. A number takes the other's dtype.
 */
export function lossPair(
  name: string,
  prediction: TensorLike,
  target: TensorLike,
): readonly [Tensor, Tensor] {
  const like = asTensor(typeof prediction === 'number' ? target : prediction, name);
  // Checked before a number is rounded to it.
  if (!isFloating(like.dtype)) requireFloating(name, like);
  const [y, t] = [weak(name, prediction, like), weak(name, target, like)];
  if (showShape(y.shape) !== showShape(t.shape)) {
    throw new ShapeError(
      `${name}: prediction ${showShape(y.shape)} and target ${showShape(t.shape)} differ in shape.\n` +
        `  Nothing is broadcast here; reshape the target to ${showShape(y.shape)}.`,
    );
  }
  if (!isFloating(y.dtype) || y.dtype !== t.dtype) {
    throw new DTypeError(
      `${name}: prediction and target must be of one floating dtype, got ${y.dtype} and ${t.dtype}.\n` +
        `  Cast with astype('${isFloating(y.dtype) ? y.dtype : 'float32'}').`,
    );
  }
  return [y, t];
}

function requireFloating(name: string, x: Tensor): never {
  throw new DTypeError(
    `${name}: prediction and target must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
  );
}

const weak = (name: string, x: TensorLike, like: Tensor): Tensor =>
  typeof x === 'number' ? tensor(x, { dtype: like.dtype }) : asTensor(x, name);
