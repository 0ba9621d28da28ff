import { inverseKernel, solveKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { eye } from '../create.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { matmul } from '../primitives/matmul.ts';
import { neg } from '../primitives/neg.ts';
import { squeeze } from '../primitives/reshape.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { drawBatch, drawSquare } from './cases.ts';
import { requireResult, requireSquare, squareToSquare, systemOf } from './matrices.ts';

const problem =
  'is singular (a pivot is 0), or an element is not finite.\n  See pinv and lstsq, or add a multiple of the identity.';

/** `A X = B`, `[...b, n, n]` and `[...b, n, m]`; NaN where `A` is singular. */
export const solveP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'solve',
  infer: ([a, b]) => {
    requireSquare('solve', a);
    return { shape: b.shape, dtype: b.dtype };
  },
  forward: ([a, b]) => solveKernel(a, b),
  // With Bbar = A^-T G: dA gets -Bbar X^T.
  vjp: [
    (x, [a]) =>
      (g) =>
        neg(matmul(bind(solveP, [transpose(a), g], null), transpose(x))),
    (_x, [a]) =>
      (g) =>
        bind(solveP, [transpose(a), g], null),
  ],
});

export const solveChecks: Checks<typeof solveP> = {
  cases: (draw) => {
    const batch = drawBatch(draw);
    const n = draw.integer(0, 3);
    const b = draw.tensor([...batch, n, draw.integer(0, 3)]);
    return { inputs: [drawSquare(draw, n, 4, batch), b], attrs: null };
  },
};

/** Inverses; NaN where a matrix is singular. */
export const inverseP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'inverse',
  infer: squareToSquare('inverse'),
  forward: ([a]) => inverseKernel(a),
  // d(A^-1) = -A^-1 dA A^-1
  vjp: [
    (inverse) => (g) => {
      const back = transpose(inverse);
      return neg(matmul(matmul(back, g), back));
    },
  ],
});

export const inverseChecks: Checks<typeof inverseP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 4)], attrs: null }),
};

/**
 * The solution of `A X = B` by elimination with partial pivoting. Batch axes broadcast.
 * `[..., n, n], [..., n, m] -> [..., n, m]`; a vector `[n]` gives one.
 *
 * @param a  square, floating
 * @param b  right-hand sides: a vector `[n]`, or columns (for a vector per matrix, `expandDims(b, -1)`)
 * @throws RangeError that names the matrix of the batch if one is singular (a pivot is exactly 0; nearly
 * singular ones have large solutions) or the solution is NaN
 * @throws ShapeError or DTypeError for arguments that do not fit
 * @example
 * ```ts
 * linalg.solve(tensor([[2, 1], [1, 3]]), tensor([4, 7])).toArray(); // => [1, 2]
 * ```
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const matrix = asTensor(a, 'solve');
  requireSquare('solve', matrix);
  const system = systemOf('solve', matrix, asTensor(b, 'solve'));
  const x = bind(solveP, [system.a, system.b], null);
  requireResult('solve', x, 2, problem);
  return system.vector ? squeeze(x, -1) : x;
}

/**
 * The inverse of a square matrix. To solve systems, `solve` is faster and more accurate.
 * `[..., n, n] -> [..., n, n]`.
 *
 * @throws RangeError that names the matrix of the batch if one is singular (a pivot is exactly 0) or not
 * finite; ShapeError unless square; DTypeError unless floating
 * @example
 * ```ts
 * linalg.inverse(tensor([[2, 1], [1, 1]])).toArray(); // => [[1, -1], [-1, 2]]
 * ```
 */
export function inverse(x: TensorLike): Tensor {
  const inverted = bind(inverseP, [asTensor(x, 'inverse')], null);
  requireResult('inverse', inverted, 2, problem);
  return inverted;
}

/**
 * A square matrix times itself `n` times; the identity for 0, powers of the inverse below.
 * `[..., m, m] -> [..., m, m]`.
 *
 * @throws RangeError unless `n` is an integer, or if it is negative and a matrix is singular
 * @example
 * ```ts
 * linalg.matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray(); // => [[1, 5], [0, 1]]
 * ```
 */
export function matrixPower(x: TensorLike, n: number): Tensor {
  const source = asTensor(x, 'matrixPower');
  requireSquare('matrixPower', source);
  if (!Number.isSafeInteger(n)) {
    throw new RangeError(`matrixPower: n must be an integer, got ${n}.`);
  }
  let square = n < 0 ? inverse(source) : source;
  let result: Tensor | null = null;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    if (rest > 1) square = matmul(square, square);
  }
  return result ?? broadcastTo(eye(source.shape.at(-1)!, { dtype: source.dtype }), source.shape);
}
