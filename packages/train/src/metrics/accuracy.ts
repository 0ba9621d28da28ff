import {
  arange,
  argmax,
  astype,
  equal,
  expandDims,
  gather,
  greater,
  isNaN as isNaNTensor,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  reshape,
  ShapeError,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import type { RowWeights } from '../model.ts';
import {
  classIndices,
  meanOfRows,
  requireClassRows,
  requireFloating,
  requireRowOptions,
} from './rows.ts';

/**
 * Share of the rows whose largest logit is the label's (the first among equals). A row with a logit of NaN is
 * wrong.
 *
 * @param logits  `[n, k]`
 * @param labels  integers `[n]` in `[0, k)`; of a floating dtype, integer values
 * @param options  `sampleWeight`: how much each row counts
 * @returns scalar float64 `[]`
 * @throws ShapeError for other shapes; RangeError for a label outside `[0, k)` or not an integer, or
 * weights that are negative or sum to 0
 * @example
 * ```ts
 * const labels = tensor([1, 1], { dtype: 'int32' });
 * train.accuracy(tensor([[0, 3], [2, 1]]), labels).item(); // => 0.5
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor, options: RowWeights = {}): Tensor {
  requireRowOptions('accuracy', options);
  requireClassRows('accuracy', logits, labels);
  const index = classIndices('accuracy', labels, logits.shape[1]!);
  // NaN is larger than nothing: a row that has one says no class.
  const isNumber = equal(sum(astype(isNaNTensor(logits), 'int32'), { axis: 1 }), 0);
  const isRight = logicalAnd(equal(argmax(logits, { axis: 1 }), index), isNumber);
  return meanOfRows('accuracy', isRight, options);
}

/** Options of `binaryAccuracy`. */
export interface BinaryAccuracyOptions extends RowWeights {
  /** An output above it means class 1: 0 for logits, 0.5 for probabilities. @defaultValue 0 */
  readonly threshold?: number;
}

/**
 * Share of the outputs on the right side of a threshold, for two classes told apart by one logit, or for
 * several labels per row that may hold at once: then the mean over rows of the share in a row.
 *
 * @param output  logits `[n, ...]` of class 1
 * @param labels  0 or 1, of the same shape
 * @returns scalar float64 `[]`
 * @throws ShapeError unless the shapes are equal; RangeError for other labels, or weights that are negative
 * or sum to 0
 * @example
 * ```ts
 * const labels = tensor([1, 0, 0]);
 * train.binaryAccuracy(tensor([2, 1, -3]), labels).item(); // => 2 / 3
 * train.binaryAccuracy(tensor([0.9, 0.2, 0.1]), labels, { threshold: 0.5 }).item(); // => 1
 * ```
 */
export function binaryAccuracy(
  output: Tensor,
  labels: Tensor,
  options: BinaryAccuracyOptions = {},
): Tensor {
  const name = 'binaryAccuracy';
  requireOptions(name, options, { sampleWeight: true, threshold: 'number' });
  const { threshold = 0 } = options;
  if (!Number.isFinite(threshold)) {
    throw new RangeError(`${name}: threshold must be finite, got ${threshold}.`);
  }
  if (
    showShape(output.shape) !== showShape(labels.shape) ||
    output.rank === 0 ||
    output.size === 0
  ) {
    throw new ShapeError(
      `${name}: needs outputs and labels of one shape [n, ...], n >= 1, got ${showShape(output.shape)} and ${showShape(labels.shape)}.\n` +
        '  Nothing is broadcast; reshape the labels.',
    );
  }
  requireFloating(name, 'outputs', output);
  const truth = equal(classIndices(name, labels, 2), 1);
  // NaN lies on neither side.
  const right = where(truth, greater(output, threshold), lessEqual(output, threshold));
  const each = reshape(astype(right, 'float64'), [output.shape[0]!, -1]);
  return meanOfRows(name, each.mean({ axis: 1 }), options);
}

/**
 * Share of the rows whose label is among the `k` largest logits; among equal ones those of lower classes
 * come first, as for `accuracy`, which is `k = 1`. A logit of NaN makes no label right.
 *
 * @param k  integer >= 1
 * @returns a metric of logits `[n, classes]` and labels `[n]`, scalar float64
 * @throws RangeError unless `k` is an integer >= 1, and in the metric if `k` exceeds the classes
 * @example
 * ```ts
 * const logits = tensor([[3, 2, 1], [3, 2, 1]]);
 * const labels = tensor([1, 2], { dtype: 'int32' });
 * const top2 = train.topKAccuracy(2);
 * top2(logits, labels).item(); // => 0.5
 * ```
 */
export function topKAccuracy(
  k: number,
): (logits: Tensor, labels: Tensor, options?: RowWeights) => Tensor {
  const name = 'topKAccuracy';
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`${name}: k must be an integer >= 1, got ${showValue(k)}.`);
  }
  return (logits, labels, options = {}) => {
    requireRowOptions(name, options);
    requireClassRows(name, logits, labels);
    const classes = logits.shape[1]!;
    if (k > classes) {
      throw new RangeError(
        `${name}: k is ${k}, but the logits ${showShape(logits.shape)} have ${classes} classes.`,
      );
    }
    const label = expandDims(classIndices(name, labels, classes), 1);
    const own = gather(logits, label, { axis: 1 });
    const index = arange(classes, { dtype: 'int32' });
    // What is not surely behind the label counts as before it, so that NaN does.
    const before = logicalNot(where(less(index, label), less(logits, own), lessEqual(logits, own)));
    const others = logicalAnd(before, logicalNot(equal(index, label)));
    const place = sum(astype(others, 'int32'), { axis: 1 });
    const isNumber = reshape(equal(own, own), [label.shape[0]!]);
    return meanOfRows(name, logicalAnd(less(place, k), isNumber), options);
  };
}
