import { broadcastShapes, type DType, isFloating, sameShape } from '@tikhonov/array';
import { asTensor, type TensorLike } from './as-tensor.ts';
import { scalar } from './create.ts';
import { DTypeError, ShapeError, showShape } from './errors.ts';
import { broadcastTo } from './primitives/sum-broadcast.ts';
import type { Tensor } from './tensor.ts';

/** The cast that loses nothing, of two operands `x` and `y`: that of the one that is not floating. */
export const castHint = (x: DType, y: DType): string =>
  isFloating(x) && !isFloating(y) ? `y.astype('${x}')` : `x.astype('${y}')`;

/**
 * Both operands in one dtype and one shape. A number takes the other's dtype, and is rounded to it;
 * two tensors must agree in dtype.
 */
export function coercePair(name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] {
  const a = typeof x === 'number' && typeof y !== 'number' ? asTensor(y, name) : asTensor(x, name);
  const left = typeof x === 'number' ? scalar(x, a.dtype, name) : a;
  const right = typeof y === 'number' ? scalar(y, left.dtype, name) : asTensor(y, name);
  if (left.dtype !== right.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${left.dtype} and ${right.dtype} (shapes ${showShape(left.shape)}, ${showShape(right.shape)}).\n` +
        `  Cast one of them, for example ${castHint(left.dtype, right.dtype)}.`,
    );
  }
  if (sameShape(left.shape, right.shape)) return [left, right];
  const shape = broadcastShapes(left.shape, right.shape);
  if (shape === undefined) {
    throw new ShapeError(
      `${name}: shapes ${showShape(left.shape)} and ${showShape(right.shape)} do not broadcast.\n` +
        '  Aligned at the last axis, sizes must be equal or 1; insert axes with expandDims or reshape.',
    );
  }
  return [broadcastTo(left, shape), broadcastTo(right, shape)];
}
