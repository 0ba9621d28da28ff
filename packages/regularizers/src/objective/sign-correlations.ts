import {
  abs,
  asin,
  astype,
  clamp,
  div,
  eye,
  greater,
  less,
  logicalAnd,
  logicalNot,
  matmul,
  moveaxis,
  mul,
  norm,
  normalize,
  notEqual,
  random,
  reshape,
  ShapeError,
  sigmoid,
  sign,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
  tanh,
  transpose,
  where,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { requireStrength, type Strength } from '../strength.ts';
import { asMatrix } from './power-iteration.ts';

/** How `signCorrelations` finds the correlations. */
export interface SignCorrelationOptions {
  /**
   * 'self': from the layer's own input `x`; 'random': from normal samples, which are `x` if it is given;
   * 'exact': from the angles. @defaultValue 'self'
   */
  readonly estimator?: 'self' | 'random' | 'exact';
  /** Samples `[n, in]`, where `in` is the length of a row of the weight as a matrix. */
  readonly x?: TensorLike;
  /** Random key of the samples that 'random' draws. */
  readonly key?: Tensor;
  /** How many 'random' draws. @defaultValue 256 */
  readonly samples?: number;
  /** Steepness of `tanh(gamma y)`, > 0; Infinity is the sign itself. @defaultValue 10 */
  readonly gamma?: Strength;
  /** Let no gradient flow to `x`. @defaultValue false */
  readonly detachInput?: boolean;
  /** The output axis of the weight. @defaultValue 0 */
  readonly dim?: number;
}

const known: OptionNames<SignCorrelationOptions> = {
  estimator: true,
  x: true,
  key: true,
  samples: true,
  gamma: true,
  detachInput: 'boolean',
  dim: true,
};

/** Off the diagonal of an `m x m` matrix; bool `[m, m]`. */
export const offDiagonal = (m: number): Tensor => logicalNot(eye(m, { dtype: 'bool' }));

/**
 * How often the units of a layer have the same sign: `V[i][j]` estimates `E[sign(x.w_i) sign(x.w_j)]`, which
 * is `1 - 2 angle(w_i, w_j) / pi` if no direction of `x` is preferred. 'exact' is that formula, with 0 on
 * the diagonal and for rows that are 0; the other estimators are `Y^T Y` with `Y = tanh(gamma x W^T)`, each
 * column divided by its norm. The angle's derivative is infinite at parallel rows: cosines within 1e-12 of
 * +-1 (float32: 2^-22) count as constant there.
 *
 * @param w  rank >= 2, as the matrix `[m, in]` of its output units
 * @returns `[m, m]`, symmetric, in [-1, 1]
 * @throws ShapeError below rank 2, or if `x` does not fit; RangeError unless `gamma` > 0 and `samples` is an
 *   integer >= 1; TypeError if what the estimator needs is missing
 * @example
 * ```ts
 * const v = reg.signCorrelations(tensor([[2, 0], [0, 1], [1, 1]]), { estimator: 'exact' });
 * v.toArray(); // => [[0, 0, 0.5], [0, 0, 0.5], [0.5, 0.5, 0]]
 * ```
 */
export function signCorrelations(w: TensorLike, options: SignCorrelationOptions = {}): Tensor {
  const name = 'signCorrelations';
  requireOptions(name, options, known);
  const { gamma = 10, detachInput = false } = options;
  const matrix = asMatrix(name, asTensor(w), options.dim ?? 0);
  const x = samplesOf(name, matrix, options);
  if (x === null) return exactCorrelations(matrix);
  const outputs = matmul(detachInput ? stopGradient(x) : x, transpose(matrix));
  return correlationsOfOutputs(name, outputs, gamma, -1);
}

/** What the estimator looks at: `null` if at the angles alone. */
function samplesOf(
  name: string,
  matrix: Tensor,
  { estimator = 'self', x, key, samples = 256 }: SignCorrelationOptions,
): Tensor | null {
  if (estimator === 'exact') return null;
  if (estimator !== 'self' && estimator !== 'random') {
    throw new TypeError(
      `${name}: unknown estimator ${String(estimator)}.\n  It takes 'self', 'random' and 'exact'.`,
    );
  }
  const length = matrix.shape[1]!;
  if (x !== undefined) {
    const given = asTensor(x);
    if (given.rank === 2 && given.shape[1] === length) return given;
    throw new ShapeError(
      `${name}: x must be [n, ${length}] for rows of ${length} weights, got ${showShape(given.shape)}.\n  Of a convolution pass patches, or its outputs to selfOrthogonalityOfOutputs.`,
    );
  }
  if (estimator === 'self' || key === undefined) {
    const wanted = estimator === 'self' ? 'x, the input of the layer' : 'x or a key';
    throw new TypeError(
      `${name}: estimator '${estimator}' needs ${wanted}.\n  'exact' needs nothing but the weights.`,
    );
  }
  if (!Number.isInteger(samples) || samples < 1) {
    throw new RangeError(`${name}: samples must be an integer >= 1, got ${samples}.`);
  }
  return random.normal(key, [samples, length], { dtype: matrix.dtype });
}

/**
 * `Y^T Y` of outputs whose units are along an axis; all other axes are samples. `[..., m, ...] -> [m, m]`.
 *
 * @param sampleWeight  of what lies along the first axis, `[n]`: a sample counts so many times
 */
export function correlationsOfOutputs(
  name: string,
  outputs: Tensor,
  gamma: Strength,
  axis: number,
  sampleWeight?: Tensor,
): Tensor {
  const columns = moveaxis(outputs, axis, -1);
  const soft = soften(name, columns, gamma);
  const counted = sampleWeight === undefined ? soft : counting(name, soft, sampleWeight);
  const m = columns.shape.at(-1)!;
  const rows = reshape(counted, [columns.size / Math.max(1, m), m]);
  const y = normalize(rows, { axis: 0 });
  return matmul(transpose(y), y);
}

/** Rows times the roots of their weights, which their products then have; those of weight 0 may hold anything. */
function counting(name: string, rows: Tensor, sampleWeight: Tensor): Tensor {
  const n = rows.shape[0]!;
  if (sampleWeight.rank !== 1 || sampleWeight.size !== n) {
    throw new ShapeError(
      `${name}: sampleWeight must be [${n}], one for each of the samples along the first axis, got ${showShape(sampleWeight.shape)}.`,
    );
  }
  const weight = reshape(astype(sampleWeight, rows.dtype), [
    n,
    ...new Array<number>(rows.rank - 1).fill(1),
  ]);
  const counts = greater(weight, 0);
  return mul(where(counts, rows, 0), sqrt(where(counts, weight, 1)));
}

function soften(name: string, y: Tensor, gamma: Strength): Tensor {
  if (gamma === Infinity) return sign(y);
  const steepness = requireStrength(`${name}: gamma`, gamma, 'positive');
  return saturating(mul(y, steepness));
}

/** `tanh(x)`, whose slope `1 - tanh(x)^2` keeps its digits where that cancels. */
function saturating(x: Tensor): Tensor {
  const size = abs(x);
  const tail = sub(1, mul(sigmoid(mul(size, -2)), 2));
  return where(less(size, 1), tanh(x), mul(sign(x), tail));
}

/** `1 - 2 angle / pi`, which is `asin(cosine) 2 / pi`, without cancellation near 0. */
function exactCorrelations(w: Tensor): Tensor {
  const length = norm(w, { axis: 1, keepdims: true });
  const present = notEqual(length, 0);
  const unit = div(w, where(present, length, 1));
  const limit = 1 - (w.dtype === 'float64' ? 1e-12 : 2 ** -22);
  const counted = logicalAnd(logicalAnd(present, transpose(present)), offDiagonal(w.shape[0]!));
  const cosine = clamp(matmul(unit, transpose(unit)), { min: -limit, max: limit });
  return where(counted, mul(asin(where(counted, cosine, 0)), 2 / Math.PI), 0);
}
