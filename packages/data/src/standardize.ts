import { DTypeError, div, isFloating, ShapeError, sub, type Tensor, tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { Dataset } from './dataset.ts';
import { requireTensor } from './validate.ts';

/** A fitted change of units: `(x - mean) / std` per feature. */
export interface Standardizer {
  /** Mean per feature, the shape of one example. */
  readonly mean: Tensor;
  /** Standard deviation per feature (divisor `n`), 1 where it is 0; the shape of one example. */
  readonly std: Tensor;
  /** The inputs in the new units; other data must use those of the training data, hence this. */
  apply<Data extends Dataset | Tensor>(data: Data): Data extends Dataset ? Dataset : Tensor;
}

/**
 * Measures mean and standard deviation of every feature on the training data. Apply the result to all
 * parts: measuring the test part would leak it. A constant feature becomes exactly 0.
 *
 * @param train  data set with floating inputs, or the inputs, `[n, ...]`, `n >= 1`
 * @throws DTypeError for integer inputs; ShapeError without rows
 * @throws RangeError if an input is not finite
 * @example
 * ```ts
 * const units = data.standardize(tensor([[1, 5], [3, 5]]));
 * units.mean.toArray(); // => [2, 5]
 * units.apply(tensor([[4, 5]])).toArray(); // => [[2, 0]]
 * ```
 */
export function standardize(train: Dataset | Tensor): Standardizer {
  const x = train instanceof Dataset ? train.x : train;
  requireTensor('standardize', 'train', x);
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      `standardize: the inputs must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
    );
  }
  if (x.rank === 0 || x.shape[0] === 0) {
    throw new ShapeError(`standardize: there are no rows in ${showShape(x.shape)}.`);
  }
  const shape = x.shape.slice(1);
  const { mean, std } = moments(x.data(), x.shape[0]!);
  const [center, spread] = [mean, std].map((v) => tensor(v, { shape, dtype: x.dtype }));
  const change = (value: Tensor): Tensor => div(sub(value, center!), spread!);
  return {
    mean: center!,
    std: spread!,
    apply: <Data extends Dataset | Tensor>(data: Data) =>
      (data instanceof Dataset
        ? data.with({ x: change(data.x) })
        : change(data as Tensor)) as Data extends Dataset ? Dataset : Tensor,
  };
}

/** In float64 and about the first row, so that a constant feature has mean and deviation exactly. */
function moments(data: ArrayLike<number>, n: number): { mean: Float64Array; std: Float64Array } {
  const features = data.length / n;
  const mean = new Float64Array(features);
  const std = new Float64Array(features);
  for (let k = 0; k < features; k++) {
    const first = data[k]!;
    let total = 0;
    for (let i = 0; i < n; i++) total += data[i * features + k]! - first;
    const shift = total / n;
    let squares = 0;
    for (let i = 0; i < n; i++) squares += (data[i * features + k]! - first - shift) ** 2;
    mean[k] = first + shift;
    std[k] = Math.sqrt(squares / n);
    if (!Number.isFinite(mean[k]!) || !Number.isFinite(std[k]!)) {
      throw new RangeError(
        `standardize: feature ${k} has values that are not finite.\n  Remove or replace them first.`,
      );
    }
    if (std[k] === 0) std[k] = 1;
  }
  return { mean, std };
}
