import { add, clamp, div, equal, mul, sub, type Tensor, where } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';
import { type Columns, columnsOf, type Scaler, scalerOf } from './scaler.ts';

/** Options of `minMaxScale`. */
export interface MinMaxOptions {
  /** What the training data are brought into. @defaultValue [0, 1], as scikit-learn */
  readonly range?: readonly [number, number];
  /** Whether `apply` clips other data to the range. @defaultValue false, as scikit-learn */
  readonly clip?: boolean;
}

/** A fitted change of units that brings every feature of the training data into a range. */
export interface MinMaxScaler extends Scaler {
  /** Smallest value per feature, the shape of one example. */
  readonly min: Tensor;
  /** Largest value per feature, the shape of one example. */
  readonly max: Tensor;
}

/**
 * Measures the smallest and largest value of every feature on the training data, which `apply` brings to
 * the ends of the range, exactly. A constant feature comes to the lower end. Computed in float64 and
 * rounded once.
 *
 * @param train  data set with floating inputs, or the inputs, `[n, ...]`, `n >= 1`
 * @throws DTypeError for integer inputs; ShapeError without rows
 * @throws RangeError if an input is not finite, or unless `range` is `[low, high]` with `low < high`
 * @example
 * ```ts
 * const units = data.minMaxScale(tensor([[1, 5], [3, 5]]), { range: [-1, 1] });
 * units.apply(tensor([[1, 5], [2, 6], [4, 5]])).toArray(); // => [[-1, -1], [0, 1], [2, -1]]
 * units.max.toArray(); // => [3, 5]
 * ```
 */
export function minMaxScale(train: Dataset | Tensor, options: MinMaxOptions = {}): MinMaxScaler {
  requireOptions('minMaxScale', options, { range: true, clip: 'boolean' });
  const { range = [0, 1], clip = false } = options;
  const isRange =
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(Number.isFinite) &&
    range[0]! < range[1]! &&
    Number.isFinite(range[1]! - range[0]!);
  if (!isRange) {
    throw new RangeError(
      `minMaxScale: range must be [low, high] with finite low < high, got ${JSON.stringify(range)}.`,
    );
  }
  const [low, high] = range as readonly [number, number];
  const columns = columnsOf('minMaxScale', train);
  const { min, max } = extremes(columns);
  // The form `low + t (high - low)` keeps infinities but may miss the upper end by a rounding.
  const place = (t: Tensor): Tensor => where(equal(t, 1), high, add(mul(t, high - low), low));
  return {
    min: columns.tensorOf(min),
    max: columns.tensorOf(max),
    ...scalerOf('minMaxScale', columns, {
      center: min,
      spread: max.map((value, k) => (value === min[k] ? 1 : value - min[k]!)),
      forward: (t) => (clip ? clamp(place(t), { min: low, max: high }) : place(t)),
      backward: (z) => div(sub(z, low), high - low),
    }),
  };
}

function extremes({ data, rows, features, refuse }: Columns): {
  min: Float64Array;
  max: Float64Array;
} {
  const min = new Float64Array(features).fill(Infinity);
  const max = new Float64Array(features).fill(-Infinity);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < features; k++) {
      const value = data[i * features + k]!;
      if (!Number.isFinite(value)) refuse(k);
      if (value < min[k]!) min[k] = value;
      if (value > max[k]!) max[k] = value;
    }
  }
  for (let k = 0; k < features; k++) if (!Number.isFinite(max[k]! - min[k]!)) refuse(k);
  return { min, max };
}
