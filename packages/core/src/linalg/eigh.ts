import { eighKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bindMulti } from '../bind.ts';
import { detach } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { norm } from '../ops/norm.ts';
import { defineMultiPrimitive, type MultiPrimitive } from '../primitive.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { lessEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { expandDims } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { transpose } from '../primitives/transpose.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { drawSpread } from './cases.ts';
import { closeness, requireResult, requireSquare, scaleColumns, symmetrize } from './matrices.ts';

/**
 * `x[i][j] / (values[j] - values[i])`, and 0 where the two are equal, up to rounding relative to the largest; so
 * on the diagonal.
 */
export function overDifferences(x: Tensor, values: Tensor): Tensor {
  const difference = sub(expandDims(values, -2), expandDims(values, -1));
  const largest = norm(detach(values), { axis: -1, keepdims: true });
  const close = lessEqual(abs(difference), mul(expandDims(largest, -1), closeness(x.dtype)));
  return where(close, 0, div(where(close, 0, x), where(close, 1, difference)));
}

/** Eigenvalues, ascending, and eigenvectors of `(A + A^T) / 2`. */
export const eighP: MultiPrimitive<1, null> = /* @__PURE__ */ defineMultiPrimitive({
  name: 'eigh',
  infer: ([x]) => {
    requireSquare('eigh', x);
    return [
      { shape: x.shape.slice(0, -1), dtype: x.dtype },
      { shape: x.shape, dtype: x.dtype },
    ];
  },
  forward: ([x]) => eighKernel(x),
  vjp: [
    // V (diag(Gl) + F * (V^T Gv)) V^T with F[i][j] = 1 / (l[j] - l[i]), symmetrized.
    ([values, vectors]) =>
      ([gl, gv]) => {
        const back = transpose(vectors!);
        const turned = overDifferences(matmul(back, gv!), values!);
        const inner = add(scaleColumns(vectors!, gl!), matmul(vectors!, turned));
        return symmetrize(matmul(inner, back));
      },
  ],
});

export const eighChecks: Checks<typeof eighP> = {
  cases: (draw) => {
    const n = draw.integer(0, 3);
    return { inputs: [drawSpread(draw, n, n)], attrs: null };
  },
};

/**
 * Eigenvalues, ascending, and orthonormal eigenvectors (the columns) of a symmetric matrix, by Jacobi
 * rotations. Of `x`, the symmetric part `(x + x^T) / 2` is used, so the gradient is symmetric.
 * `[..., n, n] -> [..., n], [..., n, n]`.
 *
 * An eigenvector's sign: the first component of at least 0.55 times its largest magnitude is positive. Both
 * outputs are differentiable to any order where the eigenvalues differ. Where some are equal (closer than 8
 * roundings of the largest) the terms `1 / (l[j] - l[i])` count as 0: first derivatives of the values are
 * right for functions that treat equal ones alike, and all others finite.
 *
 * @throws RangeError that names the matrix of the batch if an element is not finite
 * @throws ShapeError unless square; DTypeError unless floating
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 8.5
 * @example
 * ```ts
 * const { values, vectors } = linalg.eigh(tensor([[2, 1], [1, 2]]));
 * values.toArray(); // => [1, 3]
 * mul(vectors, Math.SQRT2).toArray(); // => [[1, 1], [-1, 1]]
 * ```
 */
export function eigh(x: TensorLike): { readonly values: Tensor; readonly vectors: Tensor } {
  const [values, vectors] = bindMulti(eighP, [asTensor(x, 'eigh')], null);
  requireResult('eigh', values!, 1, 'has an element that is not finite.');
  return { values: values!, vectors: vectors! };
}

/**
 * Eigenvalues of a symmetric matrix, ascending; as `eigh`. `[..., n, n] -> [..., n]`.
 *
 * @throws RangeError, ShapeError, DTypeError as `eigh`
 * @example
 * ```ts
 * linalg.eigvalsh(tensor([[2, 1], [1, 2]])).toArray(); // => [1, 3]
 * ```
 */
export const eigvalsh = (x: TensorLike): Tensor => eigh(x).values;
