import {
  arange,
  astype,
  equal,
  expandDims,
  gather,
  logSoftmax,
  mean,
  neg,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import type { RowWeights } from '../model.ts';
import {
  classIndices,
  classRows,
  meanOfRows,
  requireClassRows,
  requireRowOptions,
  weightsOfRows,
} from './rows.ts';

/**
 * Mean of `-log softmax(logits)[label]`, in nats: the plain cross-entropy, without smoothing or class
 * weights, whatever the training loss is.
 *
 * @param logits  `[n, k]`
 * @param labels  integers `[n]` in `[0, k)`; of a floating dtype, integer values
 * @param options  `sampleWeight`: how much each row counts
 * @returns scalar `[]`, dtype of the logits
 * @throws ShapeError for other shapes; RangeError for a label out of range, or weights that are negative or
 * sum to 0
 * @example
 * ```ts
 * const labels = tensor([1], { dtype: 'int32' });
 * train.negativeLogLikelihood(tensor([[0, 0]]), labels).item(); // => Math.log(2)
 * ```
 */
export function negativeLogLikelihood(
  logits: Tensor,
  labels: Tensor,
  options: RowWeights = {},
): Tensor {
  const name = 'negativeLogLikelihood';
  requireRowOptions(name, options);
  requireClassRows(name, logits, labels);
  const { sampleWeight } = options;
  const index = classIndices(name, labels, logits.shape[1]!);
  if (sampleWeight !== undefined) {
    const weight = weightsOfRows(name, options, index.size)!;
    // Rows that do not count are not looked at, not even if they are NaN.
    const counted = where(equal(expandDims(weight, 1), 0), 0, logits);
    return crossEntropy(counted, index, { sampleWeight });
  }
  const logp = logSoftmax(logits, { axis: 1 });
  return neg(mean(gather(logp, expandDims(index, 1), { axis: 1 })));
}

/**
 * Brier's score: the mean of `sum_k (p_k - 1[y = k])^2` with `p = softmax(logits)`, in [0, 2]. Of one
 * logit it is `(sigmoid(z) - y)^2`, half of that, as in scikit-learn.
 *
 * @param logits  `[n, k]`; or `[n]` or `[n, 1]`, of class 1 against class 0
 * @param labels  integers `[n]` in `[0, k)`; of a floating dtype, integer values
 * @param options  `sampleWeight`: how much each row counts
 * @returns scalar float64 `[]`
 * @throws ShapeError for other shapes; RangeError for a label out of range, or weights that are negative or
 * sum to 0
 * @see Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950)
 * @example
 * ```ts
 * train.brierScore(tensor([[0, 0]]), tensor([1])).item(); // => 0.5
 * train.brierScore(tensor([0]), tensor([1])).item(); // => 0.25
 * ```
 */
export function brierScore(logits: Tensor, labels: Tensor, options: RowWeights = {}): Tensor {
  requireRowOptions('brierScore', options);
  const { scores, labels: index, classes } = classRows('brierScore', logits, labels);
  const truth = equal(expandDims(index, 1), arange(classes, { dtype: 'int32' }));
  const error = square(sub(softmax(astype(scores, 'float64')), astype(truth, 'float64')));
  const isBinary = logits.size === labels.size;
  const each = sum(error, { axis: 1 });
  return meanOfRows('brierScore', isBinary ? each.mul(0.5) : each, options);
}
