import {
  matmul,
  mul,
  select,
  square,
  stopGradient,
  sum,
  type Tensor,
  type TensorLike,
  zeros,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { svd } from '@tikhonov/core/linalg';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import {
  asMatrix,
  type PowerIterationOptions,
  powerIteration,
  type SingularPair,
} from './power-iteration.ts';

/** What the value of the penalty depends on beside the weights. */
export interface ValueOptions extends PowerIterationOptions {
  /** Strength, >= 0; loss per squared spectral norm. */
  readonly lambda: Strength;
  /** Rounds of power iteration per call. @defaultValue 1, the paper's and PyTorch's */
  readonly nPowerIterations?: number;
  /** Divisors below it are replaced by it. @defaultValue 1e-12, PyTorch's */
  readonly eps?: number;
  /** The output axis, moved to the front before the others are flattened. @defaultValue 0 */
  readonly dim?: number;
  /** Halve the penalty, as the paper writes it. @defaultValue false */
  readonly half?: boolean;
  /**
   * Take the singular value itself, by a decomposition: for tests and small layers. It can be
   * differentiated to any order where the first two singular values differ. @defaultValue false
   */
  readonly exact?: boolean;
}

/** Options of `spectralNormPenalty`. */
export interface SpectralNormPenaltyOptions extends ValueOptions {
  /** Estimate of the leading left singular vector, `[out]`: needed unless `exact`. */
  readonly u?: Tensor;
  /** Of the right one, `[rest]`: needed if `nPowerIterations` is 0, when both are used as they are. */
  readonly v?: Tensor;
  /** Replaces `u` where `W^T u` vanishes although `W` does not, `[out]`. @defaultValue no replacement */
  readonly restart?: Tensor;
}

const known: OptionNames<SpectralNormPenaltyOptions> = {
  lambda: true,
  u: true,
  v: true,
  restart: true,
  nPowerIterations: true,
  eps: true,
  dim: true,
  half: 'boolean',
  exact: 'boolean',
};

/** What `spectralNormPenalty` returns. */
export interface SpectralNormPenaltyResult extends SingularPair {
  /** `lambda * sigma^2`, scalar; half of it with `half`. */
  readonly loss: Tensor;
  /** `u^T W v`, scalar; at most the spectral norm, which it is with `exact`. */
  readonly sigma: Tensor;
}

/** The settings of the iteration with their defaults; a RangeError for bad ones. */
export const iterationSettings = (
  caller: string,
  { nPowerIterations = 1, eps = 1e-12 }: ValueOptions,
): Required<PowerIterationOptions> => {
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < 0) {
    throw new RangeError(
      `${caller}: nPowerIterations must be an integer >= 0, got ${nPowerIterations}.`,
    );
  }
  if (!(eps > 0 && eps < Infinity)) {
    throw new RangeError(`${caller}: eps must be finite and > 0, got ${eps}.`);
  }
  return { nPowerIterations, eps };
};

/**
 * The penalty of one weight as a pure function: `lambda * sigma^2` with `sigma = u^T W v`, `u` and `v`
 * from power iteration, which starts from the given `u` and is not differentiated. The gradient is
 * `2 lambda sigma u v^T`. With `exact`, sigma is the largest singular value, and `u`, `v` its vectors; where
 * it is repeated, the gradient is that of one of its pairs. Weights that are 0 have gradient 0.
 *
 * @param w  rank >= 2, `[out, ...]` (see `dim`)
 * @throws ShapeError below rank 2; RangeError for bad options, or if there is no `v` to use as it is;
 *   TypeError without `u` unless `exact`
 * @example
 * ```ts
 * const w = tensor([[3, 0], [0, 1]]);
 * const { sigma, loss } = reg.spectralNormPenalty(w, {
 *   u: tensor([1, 1]),
 *   lambda: 0.5,
 *   nPowerIterations: 10,
 * });
 * sigma.item(); // => 3
 * loss.item(); // => 4.5
 * reg.spectralNormPenalty(w, { lambda: 0.5, exact: true }).loss.item(); // => 4.5
 * ```
 */
export function spectralNormPenalty(
  w: TensorLike,
  options: SpectralNormPenaltyOptions,
): SpectralNormPenaltyResult {
  requireOptions('spectralNormPenalty', options, known);
  const { nPowerIterations, eps } = iterationSettings('spectralNormPenalty', options);
  const lambda = requireStrength('spectralNormPenalty: lambda', options.lambda);
  const { dim = 0, half = false, exact = false } = options;
  const matrix = asMatrix('spectralNormPenalty', asTensor(w), dim);
  const { sigma, u, v } = exact
    ? leadingPair(gated(lambda, matrix))
    : estimate(lambda, matrix, options, { nPowerIterations, eps });
  const loss = scaled(lambda, half ? mul(square(sigma), 0.5) : square(sigma));
  return { loss, sigma, u, v };
}

type Estimate = Omit<SpectralNormPenaltyResult, 'loss'>;

/** The first singular value, differentiable, and its vectors, which are constants. */
function leadingPair(matrix: Tensor): Estimate {
  const { u, s, vh } = svd(matrix);
  if (s.size > 0) {
    const [left, right] = [select(u, 0, { axis: 1 }), select(vh, 0)];
    return { sigma: select(s, 0), u: stopGradient(left), v: stopGradient(right) };
  }
  const [out, rest] = matrix.shape as [number, number];
  const { dtype } = matrix;
  return { sigma: sum(matrix), u: zeros([out], { dtype }), v: zeros([rest], { dtype }) };
}

function estimate(
  lambda: number | Tensor,
  matrix: Tensor,
  { u, v, restart }: SpectralNormPenaltyOptions,
  settings: Required<PowerIterationOptions>,
): Estimate {
  if (u === undefined) {
    throw new TypeError(
      'spectralNormPenalty: there is no u to start from.\n  Pass a random one of the length of the output axis, or { exact: true }.',
    );
  }
  const iterates = settings.nPowerIterations > 0;
  if (!iterates && v === undefined) {
    throw new RangeError(
      'spectralNormPenalty: nPowerIterations is 0 and there is no v.\n  Pass v, or iterate at least once.',
    );
  }
  const pair =
    !iterates && v !== undefined
      ? { u: stopGradient(u), v: stopGradient(v) }
      : powerIteration(matrix, u, { ...settings, ...(restart === undefined ? {} : { restart }) });
  const weight = gated(lambda, matrix);
  const sigma = sum(mul(gated(lambda, pair.u), matmul(weight, gated(lambda, pair.v))));
  return { sigma, ...pair };
}
