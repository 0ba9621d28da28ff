import { pinvKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { matmul } from '../primitives/matmul.ts';
import { neg } from '../primitives/neg.ts';
import { squeeze } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';
import { drawSpread } from './cases.ts';
import { requireMatrix, requireResult, systemOf } from './matrices.ts';

interface PinvAttrs {
  readonly rcond: number;
}

/** Moore-Penrose inverses. */
export const pinvP: Primitive<1, PinvAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'pinv',
  infer: ([x]) => {
    requireMatrix('pinv', x);
    const [m, n] = x.shape.slice(-2) as [number, number];
    return { shape: [...x.shape.slice(0, -2), n, m], dtype: x.dtype };
  },
  forward: ([x], { rcond }) => pinvKernel(x, rcond),
  vjp: [
    // dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P at constant rank (Golub and Pereyra 1973).
    (p, [a]) =>
      (g) => {
        const pt = transpose(p);
        const gt = transpose(g);
        const first = neg(matmul(matmul(pt, g), pt));
        const right = matmul(matmul(gt, p), pt);
        const left = matmul(pt, matmul(p, gt));
        return add(
          first,
          add(sub(right, matmul(a, matmul(p, right))), sub(left, matmul(matmul(left, p), a))),
        );
      },
  ],
});

export const pinvChecks: Checks<typeof pinvP> = {
  cases: (draw) => ({
    inputs: [drawSpread(draw, draw.integer(0, 3), draw.integer(0, 3))],
    attrs: { rcond: 1e-12 },
  }),
};

/** Options of `pinv` and `lstsq`. */
export interface PinvOptions {
  /**
   * Singular values up to this share of the largest count as 0. @defaultValue `max(m, n)` times the dtype's
   * rounding unit (2^-23 or 2^-52), as NumPy's `matrix_rank`
   */
  readonly rcond?: number;
}

function requireRcond(name: string, options: PinvOptions, x: Tensor): number {
  requireOptions(name, options, { rcond: true });
  requireMatrix(name, x);
  const unit = x.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const { rcond = Math.max(x.shape.at(-1)!, x.shape.at(-2)!) * unit } = options;
  if (!(rcond >= 0 && rcond < Infinity)) {
    throw new RangeError(`${name}: rcond must be finite and >= 0, got ${rcond}.`);
  }
  return rcond;
}

/**
 * The Moore-Penrose inverse of a matrix of any shape and rank: `solve` in the sense of least squares, of least
 * norm. `[..., m, n] -> [..., n, m]`.
 *
 * Derivatives of any order are those at constant rank: where the rank changes, it has none, and along
 * directions that change it this one is finite.
 *
 * @throws RangeError that names the matrix of the batch if an element is not finite; for `rcond` below 0
 * @throws ShapeError below rank 2; DTypeError unless floating
 * @see Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
 * variables separate", SIAM J. Numer. Anal. 10 (1973)
 * @example
 * ```ts
 * linalg.pinv(tensor([[1, 0], [0, 2], [0, 0]])).toArray(); // => [[1, 0, 0], [0, 0.5, 0]]
 * ```
 */
export function pinv(x: TensorLike, options: PinvOptions = {}): Tensor {
  const source = asTensor(x, 'pinv');
  const inverted = bind(pinvP, [source], { rcond: requireRcond('pinv', options, source) });
  requireResult('pinv', inverted, 2, 'has an element that is not finite.');
  return inverted;
}

/**
 * The `X` of least norm among those that make `|A X - B|` least, `pinv(A) B`. Batch axes broadcast.
 * `[..., m, n], [..., m, k] -> [..., n, k]`; a vector `[m]` gives one.
 *
 * @throws RangeError if an element of `A` is not finite; ShapeError or DTypeError for arguments that do not
 * fit
 * @example
 * ```ts
 * // The line through (0, 1), (1, 3), (2, 5): intercept and slope.
 * const a = tensor([[1, 0], [1, 1], [1, 2]]);
 * linalg.lstsq(a, tensor([1, 3, 5])).toArray(); // => [1, 2]
 * ```
 */
export function lstsq(a: TensorLike, b: TensorLike, options: PinvOptions = {}): Tensor {
  const source = asTensor(a, 'lstsq');
  const rcond = requireRcond('lstsq', options, source);
  // The batch of A alone is inverted, however many right-hand sides share it.
  const system = systemOf('lstsq', source, asTensor(b, 'lstsq'));
  const inverted = bind(pinvP, [source], { rcond });
  requireResult('lstsq', inverted, 2, 'has an element that is not finite.');
  const x = matmul(inverted, system.b);
  return system.vector ? squeeze(x, -1) : x;
}
