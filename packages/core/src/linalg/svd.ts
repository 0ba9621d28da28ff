import { svdKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bindMulti } from '../bind.ts';
import { detach } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { norm } from '../ops/norm.ts';
import { defineMultiPrimitive, type MultiPrimitive } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { equal, lessEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { expandDims } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { transpose } from '../primitives/transpose.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { drawSpread } from './cases.ts';
import { overDifferences } from './eigh.ts';
import { closeness, requireMatrix, requireResult, scaleColumns } from './matrices.ts';

/** Which singular values count as 0: those within a few roundings of the largest. */
export const vanishing = (s: Tensor): Tensor =>
  lessEqual(s, mul(norm(detach(s), { axis: -1, keepdims: true }), closeness(s.dtype)));

/** What of the columns of `x` lies outside the span of those of `u`, divided by `s`; 0 where `s` vanishes. */
function outside(u: Tensor, x: Tensor, s: Tensor): Tensor {
  const small = expandDims(vanishing(s), -2);
  const left = sub(x, matmul(u, matmul(transpose(u), x)));
  return where(small, 0, div(left, where(small, 1, expandDims(s, -2))));
}

const skew = (x: Tensor): Tensor => sub(x, transpose(x));

/** Reduced singular value decomposition. */
export const svdP: MultiPrimitive<1, null> = /* @__PURE__ */ defineMultiPrimitive({
  name: 'svd',
  infer: ([x]) => {
    requireMatrix('svd', x);
    const [m, n] = x.shape.slice(-2) as [number, number];
    const batch = x.shape.slice(0, -2);
    const k = Math.min(m, n);
    const { dtype } = x;
    return [
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  forward: ([x]) => svdKernel(x),
  vjp: [
    ([u, s, vh]) =>
      ([gu, gs, gvh]) =>
        svdPullback([u!, s!, vh!], [gu!, gs!, gvh!]),
  ],
});

export const svdChecks: Checks<typeof svdP> = {
  cases: (draw) => ({
    inputs: [drawSpread(draw, draw.integer(0, 3), draw.integer(0, 3))],
    attrs: null,
  }),
};

/**
 * With `F[i][j] = 1 / (s[j]^2 - s[i]^2)`:
 * `U (diag(Gs) + (F * skew(U^T Gu)) S + S (F * skew(V^T Gv))) V^T + (1 - U U^T) Gu S^-1 V^T + U S^-1 Gv^T (1 - V V^T)`
 * (Townsend, "Differentiating the singular value decomposition", 2016).
 */
function svdPullback(
  [u, s, vh]: readonly [Tensor, Tensor, Tensor],
  [gu, gs, gvh]: readonly [Tensor, Tensor, Tensor],
): Tensor {
  const v = transpose(vh);
  const gv = transpose(gvh);
  // s[j] / (s[i] + s[j]), in [0, 1]: so no square of a singular value over- or underflows.
  const row = expandDims(s, -2);
  const total = add(row, expandDims(s, -1));
  const share = div(row, where(equal(total, 0), 1, total));
  const turned = add(
    mul(skew(matmul(transpose(u), gu)), share),
    mul(skew(matmul(vh, gv)), transpose(share)),
  );
  const inner = overDifferences(turned, s);
  const [m, k, n] = [u.shape.at(-2)!, s.shape.at(-1)!, vh.shape.at(-1)!];
  let left = add(scaleColumns(u, gs), matmul(u, inner));
  if (m > k) left = add(left, outside(u, gu, s));
  const result = matmul(left, vh);
  return n > k ? add(result, matmul(u, transpose(outside(v, gv, s)))) : result;
}

/**
 * Reduced singular value decomposition `X = U diag(s) V^T` by one-sided Jacobi rotations: `k = min(m, n)` values,
 * descending, orthonormal columns of `u` and rows of `vh`, at any rank.
 * `[..., m, n] -> [..., m, k], [..., k], [..., k, n]`.
 *
 * The sign of a pair of vectors: the first component of `u`'s column of at least 0.55 times its largest magnitude
 * is positive. All outputs are differentiable to any order where the values differ and are not 0. Where some
 * are equal (closer than 8 roundings of the largest) the terms `1 / (s[j]^2 - s[i]^2)` count as 0, and so does
 * `1 / s` where a value is: first derivatives of the values are `U diag(g) V^T` always, and nothing is NaN.
 *
 * @throws RangeError that names the matrix of the batch if an element is not finite
 * @throws ShapeError below rank 2; DTypeError unless floating
 * @see Hestenes, "Inversion of Matrices by Biorthogonalization and Related Results" (1958); Townsend,
 * "Differentiating the Singular Value Decomposition" (2016)
 * @example
 * ```ts
 * const { u, s, vh } = linalg.svd(tensor([[0, 2], [-3, 0]]));
 * s.toArray(); // => [3, 2]
 * matmul(mul(u, s), vh).toArray(); // => [[0, 2], [-3, 0]]
 * ```
 */
export function svd(x: TensorLike): {
  readonly u: Tensor;
  readonly s: Tensor;
  readonly vh: Tensor;
} {
  const [u, s, vh] = bindMulti(svdP, [asTensor(x, 'svd')], null);
  requireResult('svd', s!, 1, 'has an element that is not finite.');
  return { u: u!, s: s!, vh: vh! };
}

/**
 * Singular values, `k = min(m, n)` of them, descending; as `svd`. `[..., m, n] -> [..., k]`.
 *
 * @throws RangeError, ShapeError, DTypeError as `svd`
 * @example
 * ```ts
 * linalg.svdvals(tensor([[0, 2], [-3, 0]])).toArray(); // => [3, 2]
 * ```
 */
export const svdvals = (x: TensorLike): Tensor => svd(x).s;
