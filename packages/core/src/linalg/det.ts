import { cofactorKernel, detKernel, slogdetKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind, bindMulti } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { eye, tensor, zeros } from '../create.ts';
import {
  type Aval,
  defineMultiPrimitive,
  definePrimitive,
  type MultiPrimitive,
  type Primitive,
} from '../primitive.ts';
import { equal } from '../primitives/compare.ts';
import { gather, scatterAdd } from '../primitives/gather-scatter.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { expandDims, reshape } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { broadcastTo, sum } from '../primitives/sum-broadcast.ts';
import { transpose } from '../primitives/transpose.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { drawSquare } from './cases.ts';
import { requireSquare, squareToSquare } from './matrices.ts';
import { inverseP } from './solve.ts';

/** Up to this size, derivatives of cofactors are made of minors: exact at singular matrices, `n^2 (n - 1)^2` numbers. */
const minorsUpTo = 12;

const squareToScalar =
  (name: string) =>
  ([x]: readonly [Aval]): Aval => {
    requireSquare(name, x);
    return { shape: x.shape.slice(0, -2), dtype: x.dtype };
  };

/** A number per matrix as `[..., 1, 1]`. */
const perMatrix = (x: Tensor): Tensor => expandDims(expandDims(x, -1), -1);

/** `A^-T`, and 0 for singular matrices, which are replaced before the inversion: no order sees an infinity. */
function inverseTransposed(a: Tensor, singular: Tensor): Tensor {
  const n = a.shape.at(-1)!;
  const regular = where(perMatrix(singular), eye(n, { dtype: a.dtype }), a);
  return where(perMatrix(singular), 0, transpose(bind(inverseP, [regular], null)));
}

/** Determinants. The gradient is the matrix of cofactors. */
export const detP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'det',
  infer: squareToScalar('det'),
  forward: ([a]) => detKernel(a),
  vjp: [
    (_det, [a]) =>
      (g) =>
        mul(perMatrix(g), bind(cofactorP, [a], null)),
  ],
});

export const detChecks: Checks<typeof detP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 0.5)], attrs: null }),
};

/** Cofactors, `det(A) A^-T` without the division. */
export const cofactorP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'cofactor',
  infer: squareToSquare('cofactor'),
  forward: ([a]) => cofactorKernel(a),
  vjp: [
    (cofactors, [a]) =>
      a.shape.at(-1)! <= minorsUpTo
        ? (g) => minorsPullback(a, g)
        : (g) => inversePullback(a, cofactors, g),
  ],
});

export const cofactorChecks: Checks<typeof cofactorP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 0.5)], attrs: null }),
};

/** Each cofactor is a signed determinant of a minor, whose own derivatives are its cofactors. */
function minorsPullback(a: Tensor, g: Tensor): Tensor {
  const n = a.shape.at(-1)!;
  const batch = a.shape.slice(0, -2);
  const m = Math.max(0, n - 1);
  const [places, signs] = minorsOf(n);
  const index = broadcastTo(tensor(places), [...batch, n * n * m * m]);
  const minors = reshape(gather(reshape(a, [...batch, n * n]), index, { axis: -1 }), [
    ...batch,
    n * n,
    m,
    m,
  ]);
  const signed = mul(reshape(g, [...batch, n * n]), tensor(signs, { dtype: a.dtype }));
  const slopes = mul(perMatrix(signed), bind(cofactorP, [minors], null));
  const flat = reshape(slopes, [...batch, n * n * m * m]);
  const none = zeros([...batch, n * n], { dtype: a.dtype });
  return reshape(scatterAdd(none, index, flat, { axis: -1 }), a.shape);
}

/** Where the elements of every minor lie in the matrix, and the sign of its cofactor. */
function minorsOf(n: number): [places: Int32Array, signs: Float64Array] {
  const m = Math.max(0, n - 1);
  const places = new Int32Array(n * n * m * m);
  const signs = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      signs[i * n + j] = (i + j) % 2 === 0 ? 1 : -1;
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < m; column++) {
          places[at++] = (row < i ? row : row + 1) * n + (column < j ? column : column + 1);
        }
      }
    }
  }
  return [places, signs];
}

/** From `C = det(A) A^-T`, with `B = A^-T`: `<G, C> B - C G^T B`; 0 at singular matrices. */
function inversePullback(a: Tensor, cofactors: Tensor, g: Tensor): Tensor {
  const back = inverseTransposed(a, equal(bind(detP, [a], null), 0));
  const inner = sum(mul(g, cofactors), { axis: [-2, -1], keepdims: true });
  return sub(mul(inner, back), matmul(matmul(cofactors, transpose(g)), back));
}

/** Sign and logarithm of the magnitude of determinants. */
export const slogdetP: MultiPrimitive<1, null> = /* @__PURE__ */ defineMultiPrimitive({
  name: 'slogdet',
  infer: (inputs) => {
    const aval = squareToScalar('slogdet')(inputs);
    return [aval, aval];
  },
  forward: ([a]) => slogdetKernel(a),
  vjp: [
    ([sign], [a]) => {
      const singular = equal(sign!, 0);
      return ([, g]) =>
        mul(where(perMatrix(singular), 0, perMatrix(g!)), inverseTransposed(a, singular));
    },
  ],
});

export const slogdetChecks: Checks<typeof slogdetP> = {
  cases: (draw) => ({ inputs: [drawSquare(draw, draw.integer(0, 3), 4)], attrs: null }),
};

/**
 * The determinant of a square matrix, by elimination with partial pivoting; 1 for 0 x 0. `[..., n, n] -> [...]`.
 *
 * The gradient is the matrix of cofactors, exact at singular matrices too, as are all further derivatives up
 * to 12 x 12. For larger matrices the further ones come from `det(A) A^-T`, and are 0 by convention where a
 * pivot is exactly 0. NaN propagates.
 *
 * @throws ShapeError unless the matrices are square; DTypeError unless floating
 * @see Stewart, "On the adjugate matrix", Linear Algebra and its Applications 283 (1998)
 * @example
 * ```ts
 * linalg.det(tensor([[1, 2], [3, 4]])).item(); // => -2
 * grad((x) => linalg.det(x))(tensor([[1, 2], [2, 4]])).toArray(); // => [[4, -2], [-2, 1]]
 * ```
 */
export const det = (x: TensorLike): Tensor => bind(detP, [asTensor(x, 'det')], null);

/**
 * The determinant of a square matrix as its sign and the logarithm of its magnitude, which does not overflow.
 * `[..., n, n] -> [...]`, both.
 *
 * At a singular matrix (a pivot is exactly 0) the sign is 0 and the logarithm -Infinity; its gradient, which
 * has no finite value there, is 0 by convention. Elsewhere it is `A^-T`. NaN propagates.
 *
 * @throws ShapeError unless the matrices are square; DTypeError unless floating
 * @example
 * ```ts
 * const { sign, logabsdet } = linalg.slogdet(tensor([[0, 2], [3, 0]]));
 * sign.item(); // => -1
 * logabsdet.item(); // => Math.log(6)
 * ```
 */
export function slogdet(x: TensorLike): { readonly sign: Tensor; readonly logabsdet: Tensor } {
  const [sign, logabsdet] = bindMulti(slogdetP, [asTensor(x, 'slogdet')], null);
  return { sign: sign!, logabsdet: logabsdet! };
}
