import {
  add,
  div,
  ShapeError,
  square,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import {
  correlationsOfOutputs,
  offDiagonal,
  type SignCorrelationOptions,
  signCorrelations,
} from './sign-correlations.ts';
import { eitherOf } from './two-strengths.ts';

/** How the correlations of a layer's units are penalised. */
export interface CorrelationPenaltyOptions {
  /** Strength of the squared sum of the correlations, >= 0. @defaultValue 100 */
  readonly lambda1?: Strength;
  /** Strength of the sum of their squares, >= 0. @defaultValue 1 */
  readonly lambda2?: Strength;
  /** 'mean' divides both sums by the number of pairs, the first before it is squared. @defaultValue 'sum' */
  readonly reduction?: 'sum' | 'mean';
}

/** Options of `selfOrthogonality`. */
export interface SelfOrthogonalityOptions
  extends CorrelationPenaltyOptions,
    SignCorrelationOptions {}

const known: OptionNames<SelfOrthogonalityOptions> = {
  lambda1: true,
  lambda2: true,
  reduction: true,
  estimator: true,
  x: true,
  key: true,
  samples: true,
  gamma: true,
  detachInput: 'boolean',
  dim: true,
};

/**
 * Self-orthogonality, `lambda1 (sum V_ij)^2 + lambda2 sum V_ij^2` over ordered pairs of units `i != j`, where
 * `V_ij` says how often two units have the same sign; see `signCorrelations`, whose options this takes. It
 * pushes the units of a layer towards right angles, whatever their lengths.
 *
 * The sums grow like `m^4` and `m^2` with the number of units: for wide layers use `reduction: 'mean'`.
 *
 * @param w  rank >= 2, as the matrix `[m, in]` of its output units
 * @returns scalar `[]`; 0 for fewer than 2 units, and with zero gradient where both strengths are 0
 * @throws ShapeError below rank 2; RangeError for bad strengths or `gamma`; TypeError if what the estimator
 *   needs is missing
 * @see Zhang, Ma, Wu & Wang, "Self-Orthogonality Module: A Network Architecture Plug-in for Learning
 *   Orthogonal Filters" (2020)
 * @example
 * ```ts
 * const w = tensor([[2, 0], [0, 1], [1, 1]]);
 * const options = { lambda1: 0.1, lambda2: 1, estimator: 'exact' } as const;
 * reg.selfOrthogonality(w, options).item(); // => 1.4
 * ```
 */
export function selfOrthogonality(w: TensorLike, options: SelfOrthogonalityOptions = {}): Tensor {
  const name = 'selfOrthogonality';
  requireOptions(name, options, known);
  const { lambda1, lambda2, reduction, ...estimation } = options;
  return penalty(name, asTensor(w), { lambda1, lambda2, reduction }, (weight) =>
    signCorrelations(weight, estimation),
  );
}

/** Options of `selfOrthogonalityOfOutputs`. */
export interface SelfOrthogonalityOfOutputsOptions extends CorrelationPenaltyOptions {
  /** Steepness of the sign's approximation, > 0. @defaultValue 10 */
  readonly gamma?: Strength;
  /** Along which axis the units are; every other axis holds samples. @defaultValue 1 */
  readonly axis?: number;
  /** Weights of the samples along the first axis, `[n]`. @defaultValue all count once */
  readonly sampleWeight?: Tensor;
}

const knownOfOutputs: OptionNames<SelfOrthogonalityOfOutputsOptions> = {
  lambda1: true,
  lambda2: true,
  reduction: true,
  gamma: true,
  axis: true,
  sampleWeight: true,
};

/**
 * Self-orthogonality of a layer from its outputs before activation and without bias: estimator 'self' of
 * `selfOrthogonality` where the outputs are there anyway. The positions of a convolution are further samples.
 *
 * @param outputs  `[n, m, ...positions]` (see `axis`)
 * @returns scalar `[]`
 * @throws ShapeError below rank 2 or for weights of other samples; RangeError for bad strengths, `gamma` or `axis`
 * @example
 * ```ts
 * const y = tensor([[1, 1], [1, -1]]);
 * reg.selfOrthogonalityOfOutputs(y).item(); // => 0
 * ```
 */
export function selfOrthogonalityOfOutputs(
  outputs: TensorLike,
  options: SelfOrthogonalityOfOutputsOptions = {},
): Tensor {
  const name = 'selfOrthogonalityOfOutputs';
  requireOptions(name, options, knownOfOutputs);
  const { gamma = 10, axis = 1, sampleWeight, ...strengths } = options;
  const y = asTensor(outputs);
  if (y.rank < 2) {
    throw new ShapeError(
      `${name}: needs outputs [n, units, ...], got shape ${showShape(y.shape)}.`,
    );
  }
  if (sampleWeight !== undefined && (axis === 0 || axis === -y.rank)) {
    throw new RangeError(`${name}: sampleWeight is along axis 0, where the units are.`);
  }
  return penalty(name, y, strengths, (each) =>
    correlationsOfOutputs(name, each, gamma, axis, sampleWeight),
  );
}

function penalty(
  name: string,
  x: Tensor,
  options: {
    readonly [K in keyof CorrelationPenaltyOptions]: CorrelationPenaltyOptions[K] | undefined;
  },
  correlations: (x: Tensor) => Tensor,
): Tensor {
  const { reduction = 'sum' } = options;
  const lambda1 = requireStrength(`${name}: lambda1`, options.lambda1 ?? 100);
  const lambda2 = requireStrength(`${name}: lambda2`, options.lambda2 ?? 1);
  if (reduction !== 'sum' && reduction !== 'mean') {
    throw new TypeError(`${name}: reduction must be 'sum' or 'mean', got ${String(reduction)}.`);
  }
  const v = correlations(gated(eitherOf(lambda1, lambda2, x.dtype), x));
  const m = v.shape[0]!;
  const others = where(offDiagonal(m), v, 0);
  const pairs = reduction === 'mean' ? Math.max(1, m * (m - 1)) : 1;
  return add(
    scaled(lambda1, square(div(sum(others), pairs))),
    scaled(lambda2, div(sum(square(others)), pairs)),
  );
}
