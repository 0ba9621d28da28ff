import {
  add,
  argmax,
  DTypeError,
  div,
  equal,
  isFloating,
  mul,
  reshape,
  ShapeError,
  scatterAdd,
  sum,
  type Tensor,
  where,
  zeros,
} from '@tikhonov/core';
import { requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import type { RowWeights } from '../model.ts';
import { classIndices, classRows, countsOfRows } from './rows.ts';

/** Over what the entries of a confusion matrix add up to 1. */
export type ConfusionNormalization = 'true' | 'pred' | 'all';

/** Options of `confusionMatrix`. */
export interface ConfusionMatrixOptions extends RowWeights {
  /** Number of classes `K`; must be given for predictions that are class indices. @defaultValue the logits' */
  readonly classes?: number;
  /**
   * Over what entries add up to 1: the rows (`'true'`, by true class), the columns (`'pred'`) or all; a
   * row or column without examples stays 0. @defaultValue none: entries are counts, or sums of weights
   */
  readonly normalize?: ConfusionNormalization;
}

/**
 * How often class `i` (row) was predicted as `j` (column), as scikit-learn has it. Over a data set:
 * `confusionMatrixOf`.
 *
 * @param predictions  logits `[n, K]`, of which the largest counts (the first among equals); logits `[n]`
 * of class 1; or classes, int32 `[n]`
 * @param labels  integers `[n]` in `[0, K)`
 * @returns `[K, K]` float64
 * @throws ShapeError for other shapes; RangeError for a class or label outside `[0, K)`, or bad `classes`;
 * TypeError for class indices without `classes`, or another normalization
 * @example
 * ```ts
 * const labels = tensor([0, 1, 1], { dtype: 'int32' });
 * const predicted = tensor([0, 0, 1], { dtype: 'int32' });
 * train.confusionMatrix(predicted, labels, { classes: 2 }).toArray(); // => [[1, 0], [1, 1]]
 * const rates = train.confusionMatrix(predicted, labels, { classes: 2, normalize: 'true' });
 * rates.toArray(); // => [[1, 0], [0.5, 0.5]]
 * ```
 */
export function confusionMatrix(
  predictions: Tensor,
  labels: Tensor,
  options: ConfusionMatrixOptions = {},
): Tensor {
  requireOptions('confusionMatrix', options, {
    sampleWeight: true,
    classes: true,
    normalize: 'string',
  });
  checkNormalization('confusionMatrix', options.normalize);
  return normalized(confusionCounts(predictions, labels, options), options.normalize);
}

/** The counts; they are additive over batches. */
export function confusionCounts(
  predictions: Tensor,
  labels: Tensor,
  options: Omit<ConfusionMatrixOptions, 'normalize'>,
): Tensor {
  const name = 'confusionMatrix';
  const [predicted, truth, classes] = classPairs(name, predictions, labels, options.classes);
  const cell = add(mul(truth, classes), predicted);
  const counts = countsOfRows(name, options, truth.size);
  const none = zeros([classes * classes], { dtype: 'float64' });
  return reshape(scatterAdd(none, cell, counts), [classes, classes]);
}

/** Predicted and true classes, int32 `[n]`, and how many there are. */
function classPairs(
  name: string,
  predictions: Tensor,
  labels: Tensor,
  given: number | undefined,
): readonly [Tensor, Tensor, number] {
  if (given !== undefined && !(Number.isInteger(given) && given >= 1)) {
    throw new RangeError(`${name}: classes must be an integer >= 1, got ${showValue(given)}.`);
  }
  if (isFloating(predictions.dtype)) {
    const { scores, labels: truth, classes } = classRows(name, predictions, labels);
    if (given === undefined || given === classes) {
      return [argmax(scores, { axis: 1 }), truth, classes];
    }
    throw new RangeError(
      `${name}: classes is ${given}, but the logits ${showShape(predictions.shape)} are of ${classes}.\n  Leave classes out.`,
    );
  }
  if (predictions.dtype === 'bool') {
    throw new DTypeError(
      `${name}: predictions must be logits or class indices, got bool.\n  Cast with astype('int32').`,
    );
  }
  const rows = predictions.shape[0] ?? 0;
  if (predictions.rank !== 1 || showShape(labels.shape) !== showShape([rows]) || rows === 0) {
    throw new ShapeError(
      `${name}: needs classes [n] and labels [n] with n >= 1, got ${showShape(predictions.shape)} and ${showShape(labels.shape)}.`,
    );
  }
  if (given === undefined) {
    throw new TypeError(
      `${name}: predictions that are class indices need the number of classes.\n  Pass { classes }.`,
    );
  }
  const predicted = classIndices(`${name}: predictions`, predictions, given);
  return [predicted, classIndices(name, labels, given), given];
}

/** Counts as shares. */
export function normalized(counts: Tensor, normalize: ConfusionNormalization | undefined): Tensor {
  if (normalize === undefined) return counts;
  const whole =
    normalize === 'all'
      ? sum(counts)
      : sum(counts, { axis: normalize === 'true' ? 1 : 0, keepdims: true });
  const none = equal(whole, 0);
  return where(none, 0, div(counts, where(none, 1, whole)));
}

/** A TypeError unless the normalization is one of the three, or none. */
export function checkNormalization(name: string, normalize: unknown): void {
  if ([undefined, 'true', 'pred', 'all'].includes(normalize as string | undefined)) return;
  throw new TypeError(
    `${name}: normalize must be 'true', 'pred' or 'all', got ${String(normalize)}.\n  Leave it out for counts.`,
  );
}
