import { abs, mean, square, sub, sum, type Tensor } from '@tikhonov/core';
import type { RowWeights, StreamingMetric } from '../model.ts';
import { countsOfRows, meanOfRows, requireRowOptions, targetRows, weightedRows } from './rows.ts';

/**
 * Mean of the squared errors, over rows and their elements.
 *
 * @param output  predictions `[n, ...]`
 * @param target  of the same shape
 * @param options  `sampleWeight`: how much each row counts
 * @returns scalar float64 `[]`
 * @throws ShapeError unless the shapes are equal; RangeError for weights that are negative or sum to 0
 * @example
 * ```ts
 * train.meanSquaredError(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 * ```
 */
export function meanSquaredError(output: Tensor, target: Tensor, options: RowWeights = {}): Tensor {
  requireRowOptions('meanSquaredError', options);
  const { predicted, wanted } = targetRows('meanSquaredError', output, target);
  const each = mean(square(sub(predicted, wanted)), { axis: 1 });
  return meanOfRows('meanSquaredError', each, options);
}

/**
 * Mean of the absolute errors, over rows and their elements.
 *
 * @param output  predictions `[n, ...]`
 * @param target  of the same shape
 * @param options  `sampleWeight`: how much each row counts
 * @returns scalar float64 `[]`
 * @throws ShapeError unless the shapes are equal; RangeError for weights that are negative or sum to 0
 * @example
 * ```ts
 * train.meanAbsoluteError(tensor([1, 2]), tensor([1, 4])).item(); // => 1
 * ```
 */
export function meanAbsoluteError(
  output: Tensor,
  target: Tensor,
  options: RowWeights = {},
): Tensor {
  requireRowOptions('meanAbsoluteError', options);
  const { predicted, wanted } = targetRows('meanAbsoluteError', output, target);
  const each = mean(abs(sub(predicted, wanted)), { axis: 1 });
  return meanOfRows('meanAbsoluteError', each, options);
}

/**
 * Root of the mean of the squared errors over all rows; with several outputs per row, the mean of their
 * roots, as in scikit-learn.
 *
 * @returns a metric of predictions `[n, ...]` and targets of the same shape
 * @example
 * ```ts
 * const rmse = train.rootMeanSquaredError();
 * train.measure(rmse, tensor([1, 2, 3, 4]), tensor([1, 2, 3, 8])); // => 2
 * ```
 */
export function rootMeanSquaredError(): StreamingMetric {
  const name = 'rootMeanSquaredError';
  return {
    statistics(output, y, rows = {}) {
      requireRowOptions(name, rows);
      const { predicted, wanted } = targetRows(name, output, y);
      const weight = countsOfRows(name, rows, predicted.shape[0]!);
      const squares = weightedRows(weight, square(sub(predicted, wanted)));
      return { weight: sum(weight), squares: sum(squares, { axis: 0 }) };
    },
    value(sums) {
      const total = sums.weight!.item();
      if (total === 0) throw new RangeError(`${name}: the weights of the rows sum to 0.`);
      const roots = Array.from(sums.squares!.data(), (s) => Math.sqrt(s / total));
      return roots.reduce((a, b) => a + b, 0) / roots.length;
    },
  };
}
