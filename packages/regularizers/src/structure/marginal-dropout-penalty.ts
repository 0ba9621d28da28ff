import {
  DTypeError,
  div,
  matmul,
  mul,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { gated, scaled } from '../strength.ts';
import { requireFloating, unitStrength } from './keep-mask.ts';

/** Options of `marginalDropoutPenalty`. */
export interface MarginalDropoutOptions {
  /** As of `dropout`. @defaultValue 'inverted' */
  readonly mode?: 'inverted' | 'classic';
}

const known: OptionNames<MarginalDropoutOptions> = { mode: true };

/**
 * What dropout on the inputs adds to the expected sum of squares of a linear model, exactly:
 * `p / (1 - p) sum_j w_j^2 ||X_j||^2` over the columns `X_j`. It is ridge regression with each weight scaled by the
 * size of its input:
 *
 * `E ||y - (m * X / (1 - p)) w||^2 = ||y - X w||^2 + marginalDropoutPenalty(X, w, p)`.
 *
 * Gaussian dropout with the same `p` has the same expectation. For classic dropout the factor is `p (1 - p)`, and
 * the sum of squares that it is added to that of `(1 - p) X w`.
 *
 * @param x  the inputs `[n, d]`
 * @param w  the weights `[d]`, or of several outputs `[out, d]`, over which is summed
 * @param p  probability of dropping, in [0, 1), or [0, 1] for `'classic'`; a constant
 * @returns `[]`, dtype of `w`
 * @throws RangeError if `p` is out of range; ShapeError or DTypeError if `x` and `w` do not fit
 * @see Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a simple way to prevent neural
 * networks from overfitting", JMLR 15 (2014), section 9.1
 * @example
 * ```ts
 * const X = tensor([[1, 2], [3, 4]]);
 * reg.marginalDropoutPenalty(X, tensor([1, 2]), 0.5).item(); // => 10 + 4 * 20
 * ```
 */
export function marginalDropoutPenalty(
  x: TensorLike,
  w: TensorLike,
  p: Strength,
  options: MarginalDropoutOptions = {},
): Tensor {
  const name = 'marginalDropoutPenalty';
  requireOptions(name, options, known);
  const { mode = 'inverted' } = options;
  if (mode !== 'inverted' && mode !== 'classic') {
    throw new TypeError(`${name}: mode must be 'inverted' or 'classic', got "${String(mode)}".`);
  }
  const [inputs, weights] = [requireFloating(name, x), requireFloating(name, w, 'w')];
  const fits = inputs.rank === 2 && (weights.rank === 1 || weights.rank === 2);
  if (!fits || inputs.shape[1] !== weights.shape.at(-1)) {
    throw new ShapeError(
      `${name}: x ${showShape(inputs.shape)} and w ${showShape(weights.shape)} do not fit.\n  Pass x [n, d] and w [d] or [out, d].`,
    );
  }
  if (inputs.dtype !== weights.dtype) {
    throw new DTypeError(
      `${name}: x is ${inputs.dtype}, w ${weights.dtype}.\n  Cast with astype('${weights.dtype}').`,
    );
  }
  const rate = unitStrength(name, 'p', p, { closed: mode === 'classic' });
  const factor = factorOf(rate, mode);
  const sizes = sum(square(inputs), { axis: 0 });
  return scaled(factor, sum(matmul(square(gated(factor, weights)), sizes)));
}

function factorOf(p: number | Tensor, mode: 'inverted' | 'classic'): number | Tensor {
  if (typeof p === 'number') return mode === 'inverted' ? p / (1 - p) : p * (1 - p);
  return mode === 'inverted' ? div(p, sub(1, p)) : mul(p, sub(1, p));
}
