import { choleskyKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { tril } from '../ops/triangular.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { drawSquare } from './cases.ts';
import { requireResult, squareToSquare, symmetrize } from './matrices.ts';
import { triangularSolve, triangularSolveP } from './triangular-solve.ts';

const transposed = { upper: false, transpose: true, unitDiagonal: false } as const;

/** Lower triangle with half of the diagonal: `X = half(X) + half(X)^T` for symmetric `X`. */
const half = (x: Tensor): Tensor => mul(add(tril(x), tril(x, { k: -1 })), 0.5);

/** Lower factors of `(A + A^T) / 2`; NaN where that is not positive definite. */
export const choleskyP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'cholesky',
  infer: squareToSquare('cholesky'),
  forward: ([a]) => choleskyKernel(a),
  vjp: [
    // L^-T half(L^T G) L^-1, symmetrized (Murray, "Differentiation of the Cholesky decomposition", 2016).
    (l) => (g) => {
      const left = bind(triangularSolveP, [l, half(matmul(transpose(l), g))], transposed);
      return symmetrize(bind(triangularSolveP, [l, transpose(left)], transposed));
    },
  ],
});

export const choleskyChecks: Checks<typeof choleskyP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 4)], attrs: null }),
};

/**
 * The Cholesky factor of a symmetric positive definite matrix, `A = L L^T` with `L` lower triangular and a
 * positive diagonal. Of `A`, the symmetric part `(A + A^T) / 2` is used, so the gradient is symmetric.
 * `[..., n, n] -> [..., n, n]`.
 *
 * @param options  `upper` returns `U = L^T` instead, `A = U^T U`. @defaultValue false
 * @throws RangeError that names the matrix of the batch if one is not positive definite or not finite
 * @throws ShapeError unless the matrices are square; DTypeError unless floating
 * @see Murray, "Differentiation of the Cholesky decomposition" (2016), arXiv:1602.07527
 * @example
 * ```ts
 * linalg.cholesky(tensor([[4, 2], [2, 10]])).toArray(); // => [[2, 0], [1, 3]]
 * ```
 */
export function cholesky(x: TensorLike, options: { readonly upper?: boolean } = {}): Tensor {
  requireOptions('cholesky', options, { upper: true });
  const l = bind(choleskyP, [asTensor(x, 'cholesky')], null);
  requireResult(
    'cholesky',
    l,
    2,
    'is not positive definite, or an element is not finite.\n  Add a multiple of the identity, as in add(x, mul(eye(n), eps)).',
  );
  return options.upper === true ? transpose(l) : l;
}

/**
 * The solution of `A X = B` from the Cholesky factor of `A`. Batch axes broadcast.
 * `[..., n, n], [..., n, m] -> [..., n, m]`; a vector `[n]` gives one.
 *
 * @param factor  `L`, or `U` with `upper`, as `cholesky` returns it
 * @param b  right-hand sides: a vector `[n]`, or columns
 * @throws RangeError if the factor has a 0 on its diagonal; ShapeError or DTypeError for arguments that do
 * not fit
 * @example
 * ```ts
 * const l = linalg.cholesky(tensor([[4, 2], [2, 10]]));
 * linalg.choleskySolve(l, tensor([6, 12])).toArray(); // => [1, 1]
 * ```
 */
export function choleskySolve(
  factor: TensorLike,
  b: TensorLike,
  options: { readonly upper?: boolean } = {},
): Tensor {
  requireOptions('choleskySolve', options, { upper: true });
  const upper = options.upper ?? false;
  const l = asTensor(factor, 'choleskySolve');
  const inner = triangularSolve(l, b, { upper, transpose: upper });
  return triangularSolve(l, inner, { upper, transpose: !upper });
}
