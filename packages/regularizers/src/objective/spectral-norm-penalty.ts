import {
  matmul,
  mul,
  square,
  stopGradient,
  sum,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor } from '@tikhonov/core/engine';
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
}

/** Options of `spectralNormPenalty`. */
export interface SpectralNormPenaltyOptions extends ValueOptions {
  /** Estimate of the leading left singular vector, `[out]`. */
  readonly u: Tensor;
  /** Of the right one, `[rest]`: needed if `nPowerIterations` is 0, when both are used as they are. */
  readonly v?: Tensor;
  /** Replaces `u` where `W^T u` vanishes although `W` does not, `[out]`. @defaultValue no replacement */
  readonly restart?: Tensor;
}

/** What `spectralNormPenalty` returns. */
export interface SpectralNormPenaltyResult extends SingularPair {
  /** `lambda * sigma^2`, scalar. */
  readonly loss: Tensor;
  /** `u^T W v`, scalar; at most the spectral norm. */
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
 * `2 lambda sigma u v^T`.
 *
 * @param w  rank >= 2, `[out, ...]` (see `dim`)
 * @throws ShapeError below rank 2; RangeError for bad options, or if there is no `v` to use as it is
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
 * ```
 */
export function spectralNormPenalty(
  w: TensorLike,
  options: SpectralNormPenaltyOptions,
): SpectralNormPenaltyResult {
  const { nPowerIterations, eps } = iterationSettings('spectralNormPenalty', options);
  const lambda = requireStrength('spectralNormPenalty: lambda', options.lambda);
  const { dim = 0, half = false, restart, v } = options;
  const matrix = asMatrix('spectralNormPenalty', asTensor(w), dim);
  if (nPowerIterations === 0 && v === undefined) {
    throw new RangeError(
      'spectralNormPenalty: nPowerIterations is 0 and there is no v.\n  Pass v, or iterate at least once.',
    );
  }
  const pair =
    nPowerIterations === 0 && v !== undefined
      ? { u: stopGradient(options.u), v: stopGradient(v) }
      : powerIteration(matrix, options.u, {
          nPowerIterations,
          eps,
          ...(restart === undefined ? {} : { restart }),
        });
  const weight = gated(lambda, matrix);
  const sigma = sum(mul(gated(lambda, pair.u), matmul(weight, gated(lambda, pair.v))));
  const loss = scaled(lambda, half ? mul(square(sigma), 0.5) : square(sigma));
  return { loss, sigma, ...pair };
}
