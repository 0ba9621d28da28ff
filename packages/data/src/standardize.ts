import type { Tensor } from '@tikhonov/core';
import type { Dataset } from './dataset.ts';
import { type Columns, columnsOf, type Scaler, scalerOf } from './scaler.ts';

/** A fitted change of units: `(x - mean) / std` per feature. */
export interface Standardizer extends Scaler {
  /** Mean per feature, the shape of one example. */
  readonly mean: Tensor;
  /** Standard deviation per feature (divisor `n`), 1 where it is 0; the shape of one example. */
  readonly std: Tensor;
}

/**
 * Measures mean and standard deviation of every feature on the training data. Apply the result to all
 * parts: measuring the test part would leak it. A constant feature becomes exactly 0. Everything is
 * computed in float64 and rounded once, so a float32 feature with a large mean keeps what it can. For
 * targets, pass them instead of the inputs, and `invert` the predictions.
 *
 * @param train  data set with floating inputs, or the inputs, `[n, ...]`, `n >= 1`
 * @throws DTypeError for integer inputs; ShapeError without rows
 * @throws RangeError if an input is not finite
 * @example
 * ```ts
 * const units = data.standardize(tensor([[1, 5], [3, 5]]));
 * units.mean.toArray(); // => [2, 5]
 * units.apply(tensor([[4, 5]])).toArray(); // => [[2, 0]]
 * units.invert(tensor([[2, 0]])).toArray(); // => [[4, 5]]
 * ```
 */
export function standardize(train: Dataset | Tensor): Standardizer {
  const columns = columnsOf('standardize', train);
  const { mean, std } = moments(columns);
  const toTensor = columns.tensorOf;
  return {
    mean: toTensor(mean),
    std: toTensor(std),
    ...scalerOf('standardize', columns, {
      center: mean,
      spread: std,
      forward: (t) => t,
      backward: (z) => z,
    }),
  };
}

/** In float64 and about the first row, so that a constant feature has mean and deviation exactly. */
function moments({ data, rows, features, refuse }: Columns): {
  mean: Float64Array;
  std: Float64Array;
} {
  const mean = new Float64Array(features);
  const std = new Float64Array(features);
  for (let k = 0; k < features; k++) {
    const first = data[k]!;
    let total = 0;
    for (let i = 0; i < rows; i++) total += data[i * features + k]! - first;
    const shift = total / rows;
    let squares = 0;
    for (let i = 0; i < rows; i++) squares += (data[i * features + k]! - first - shift) ** 2;
    mean[k] = first + shift;
    std[k] = Math.sqrt(squares / rows);
    if (!Number.isFinite(mean[k]!) || !Number.isFinite(std[k]!)) refuse(k);
    if (std[k] === 0) std[k] = 1;
  }
  return { mean, std };
}
