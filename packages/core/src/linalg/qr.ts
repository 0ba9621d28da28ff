import { qrKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind, bindMulti } from '../bind.ts';
import { detach } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { ShapeError, showShape } from '../errors.ts';
import { diagonal } from '../ops/diagonal.ts';
import { norm } from '../ops/norm.ts';
import { tril } from '../ops/triangular.ts';
import { defineMultiPrimitive, type MultiPrimitive } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { less } from '../primitives/compare.ts';
import { concat } from '../primitives/concat.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { slice } from '../primitives/slice-pad.ts';
import { sub } from '../primitives/sub.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { drawSpread } from './cases.ts';
import { closeness, requireAll, requireMatrix, requireResult } from './matrices.ts';
import { triangularSolveP } from './triangular-solve.ts';

const upper = { upper: true, transpose: false, unitDiagonal: false } as const;

/** Throws unless each column has a part outside the span of those before it, beyond rounding. */
function requireIndependent(r: Tensor): void {
  const pivots = diagonal(detach(r), { axis1: -2, axis2: -1 });
  const lengths = norm(detach(r), { axis: -2 });
  requireAll(
    'qr',
    less(mul(lengths, closeness(r.dtype)), pivots),
    1,
    'has dependent columns, where Q and R have no derivative.\n  See svd and pinv.',
  );
}

/** Reduced QR for `m >= n`, the diagonal of R >= 0. */
export const qrP: MultiPrimitive<1, null> = /* @__PURE__ */ defineMultiPrimitive({
  name: 'qr',
  infer: ([x]) => {
    requireMatrix('qr', x);
    const [m, n] = x.shape.slice(-2) as [number, number];
    if (m < n)
      throw new ShapeError(
        `qr: needs at least as many rows as columns, got ${showShape(x.shape)}.`,
      );
    return [
      { shape: x.shape, dtype: x.dtype },
      { shape: [...x.shape.slice(0, -2), n, n], dtype: x.dtype },
    ];
  },
  forward: ([x]) => qrKernel(x),
  vjp: [
    // (Gq + Q copy(M)) R^-T with M = R Gr^T - Gq^T Q, copy mirroring its lower triangle
    // (Walter and Lehmann, "Algorithmic differentiation of linear algebra functions", 2010).
    ([q, r]) =>
      ([gq, gr]) => {
        const m = sub(matmul(r!, transpose(gr!)), matmul(transpose(gq!), q!));
        const mirrored = add(tril(m), transpose(tril(m, { k: -1 })));
        const right = add(gq!, matmul(q!, mirrored));
        requireIndependent(r!);
        return transpose(bind(triangularSolveP, [r!, transpose(right)], upper));
      },
  ],
});

export const qrChecks: Checks<typeof qrP> = {
  cases: (draw) => {
    const n = draw.integer(0, 3);
    return { inputs: [drawSpread(draw, n + draw.integer(0, 2), n)], attrs: null };
  },
};

/**
 * Reduced QR decomposition `X = Q R` by Householder reflections: `k = min(m, n)` orthonormal columns `q` and upper
 * triangular `r`, whose diagonal is >= 0 (that makes both unique if the first `k` columns are independent).
 * `[..., m, n] -> [..., m, k], [..., k, n]`.
 *
 * The derivative needs independent first `k` columns: each must have a part outside the span of those before it
 * that exceeds 8 roundings of its length.
 *
 * @throws RangeError if an element is not finite, or, from the derivative, if columns are dependent
 * @throws ShapeError below rank 2; DTypeError unless floating
 * @see Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in
 * optimum experimental design" (2010), arXiv:1001.1654
 * @example
 * ```ts
 * const { q, r } = linalg.qr(tensor([[3, 1], [4, 2]]));
 * r.toArray(); // => [[5, 2.2], [0, 0.4]]
 * matmul(q, r).toArray(); // => [[3, 1], [4, 2]]
 * ```
 */
export function qr(x: TensorLike): { readonly q: Tensor; readonly r: Tensor } {
  const source = asTensor(x, 'qr');
  requireMatrix('qr', source);
  const [m, n] = source.shape.slice(-2) as [number, number];
  const whole = source.shape.slice(0, -1).map(() => null);
  const square = m < n ? slice(source, [...whole, { stop: m }]) : source;
  const [q, r] = bindMulti(qrP, [square], null);
  requireResult('qr', q!, 2, 'has an element that is not finite.');
  if (m >= n) return { q: q!, r: r! };
  // The columns beyond the first m are what they are in the basis Q.
  const rest = matmul(transpose(q!), slice(source, [...whole, { start: m }]));
  requireResult('qr', rest, 2, 'has an element that is not finite.');
  return { q: q!, r: concat([r!, rest], { axis: -1 }) };
}
