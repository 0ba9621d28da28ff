import { broadcastShapes, isFloating, matmulKernel, sameShape } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { expandDims } from './reshape.ts';
import { broadcastTo, dropAxes } from './sum-broadcast.ts';
import { transpose } from './transpose.ts';

/** Matrix product over equal batch axes, `[...b, n, k] @ [...b, k, m] -> [...b, n, m]`. */
export const matmulP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'matmul',
  infer: ([a, b]) => {
    requireFloating('matmul', a.dtype);
    return { shape: [...a.shape.slice(0, -1), b.shape.at(-1)!], dtype: a.dtype };
  },
  forward: ([a, b]) => matmulKernel(a, b),
  vjp: [
    (_ans, [, b]) =>
      (g) =>
        bind(matmulP, [g, transpose(b)], null),
    (_ans, [a]) =>
      (g) =>
        bind(matmulP, [transpose(a), g], null),
  ],
});

export const matmulChecks: Checks<typeof matmulP> = {
  cases: (draw) => {
    const batch = draw.shape({ maxRank: 1, maxSize: 2 });
    const [n, k, m] = [draw.integer(0, 5), draw.integer(0, 5), draw.integer(0, 5)];
    return { inputs: [draw.tensor([...batch, n, k]), draw.tensor([...batch, k, m])], attrs: null };
  },
};

/**
 * Matrix product with NumPy's rules: `[n, k] @ [k, m] -> [n, m]`; a vector on the left is a row, on
 * the right a column, and its axis is dropped from the result; batch axes broadcast. Products are
 * summed in float64 and rounded once.
 *
 * @throws ShapeError for scalars, differing inner sizes, or batch axes that do not broadcast
 * @throws DTypeError if the dtypes differ or are not floating
 * @example
 * ```ts
 * matmul(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray(); // => [3, 7]
 * ```
 */
export function matmul(x: TensorLike, y: TensorLike): Tensor {
  const [left, right] = [asTensor(x, 'matmul'), asTensor(y, 'matmul')];
  const shapes = `${showShape(left.shape)} @ ${showShape(right.shape)}`;
  if (left.rank === 0 || right.rank === 0) {
    throw new ShapeError(`matmul: needs rank >= 1 on both sides: ${shapes}.\n  Use mul to scale.`);
  }
  if (left.dtype !== right.dtype) {
    throw new DTypeError(
      `matmul: dtypes differ: ${left.dtype} and ${right.dtype} (${shapes}).\n  Cast one with astype('${isFloating(left.dtype) ? left.dtype : right.dtype}').`,
    );
  }
  const a = left.rank === 1 ? expandDims(left, 0) : left;
  const b = right.rank === 1 ? expandDims(right, 1) : right;
  const [inner, rows] = [a.shape.at(-1)!, b.shape.at(-2)!];
  if (inner !== rows) {
    const fits = right.rank >= 2 && b.shape.at(-1) === inner;
    throw new ShapeError(
      `matmul: inner dimensions differ: ${shapes} (${inner} vs ${rows}).` +
        (fits ? '\n  Did you mean matmul(x, transpose(y))?' : ''),
    );
  }
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastShapes(batchA, batchB);
  if (batch === undefined) {
    throw new ShapeError(`matmul: batch axes do not broadcast: ${shapes}.`);
  }
  const product = bind(
    matmulP,
    [
      sameShape(batchA, batch) ? a : broadcastTo(a, [...batch, ...a.shape.slice(-2)]),
      sameShape(batchB, batch) ? b : broadcastTo(b, [...batch, ...b.shape.slice(-2)]),
    ],
    null,
  );
  const dropped: number[] = [];
  if (left.rank === 1) dropped.push(product.rank - 2);
  if (right.rank === 1) dropped.push(product.rank - 1);
  return dropAxes(product, dropped);
}
