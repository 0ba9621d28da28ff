import {
  arange,
  argmax,
  equal,
  expandDims,
  logicalAnd,
  ShapeError,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { requireOptions, showShape } from '@tikhonov/core/engine';
import type { StreamingMetric } from '../model.ts';
import { classRows, countsOfRows, requireRowOptions } from './rows.ts';

/** Options of `f1Score`, `precision` and `recall`. */
export interface ClassAverageOptions {
  /**
   * How the classes' scores become one: their plain mean, over the classes that occur among labels or
   * predictions; their mean weighted by how often each is true; the score of all decisions together; or
   * that of class 1 of two. @defaultValue 'macro'
   */
  readonly average?: 'macro' | 'weighted' | 'micro' | 'binary';
}

/** Sums of the weights of one class, or of all: hits, predictions, labels. */
interface Counts {
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}

/**
 * Share of a class's predictions that are right, averaged over the classes; 0 for a class that is never
 * predicted, as in scikit-learn.
 *
 * @returns a metric of logits `[n, k]` and labels `[n]`, or of logits `[n]` of class 1 and labels of 0 and 1
 * @throws TypeError for another average; ShapeError in the metric for `'binary'` and other than two classes
 * @example
 * ```ts
 * const [logits, labels] = [tensor([2, 1, -1, -2]), tensor([1, 0, 1, 0])];
 * train.measure(train.precision({ average: 'binary' }), logits, labels); // => 0.5
 * ```
 */
export const precision = (options: ClassAverageOptions = {}): StreamingMetric =>
  averaged('precision', options, ({ hits, predicted }) => ratio(hits, predicted));

/**
 * Share of a class's examples that are found, averaged over the classes; 0 for a class without examples, as
 * in scikit-learn.
 *
 * @returns a metric of logits `[n, k]` and labels `[n]`, or of logits `[n]` of class 1 and labels of 0 and 1
 * @throws TypeError for another average; ShapeError in the metric for `'binary'` and other than two classes
 * @example
 * ```ts
 * const [logits, labels] = [tensor([2, 1, -1, -2]), tensor([1, 0, 1, 1])];
 * train.measure(train.recall({ average: 'binary' }), logits, labels); // => 1 / 3
 * ```
 */
export const recall = (options: ClassAverageOptions = {}): StreamingMetric =>
  averaged('recall', options, ({ hits, actual }) => ratio(hits, actual));

/**
 * F1 score, the harmonic mean of precision and recall of a class, `2 hits / (predictions + examples)`,
 * averaged over the classes.
 *
 * @returns a metric of logits `[n, k]` and labels `[n]`, or of logits `[n]` of class 1 and labels of 0 and 1
 * @throws TypeError for another average; ShapeError in the metric for `'binary'` and other than two classes
 * @see van Rijsbergen, "Information retrieval", 2nd edition, Butterworths 1979
 * @example
 * ```ts
 * const logits = tensor([[3, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 3]]);
 * const labels = tensor([0, 1, 1, 2], { dtype: 'int32' });
 * train.measure(train.f1Score(), logits, labels); // => (2 / 3 + 2 / 3 + 1) / 3
 * train.measure(train.f1Score({ average: 'micro' }), logits, labels); // => 0.75
 * ```
 */
export const f1Score = (options: ClassAverageOptions = {}): StreamingMetric =>
  averaged('f1Score', options, ({ hits, predicted, actual }) =>
    ratio(2 * hits, predicted + actual),
  );

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function averaged(
  name: string,
  options: ClassAverageOptions,
  score: (counts: Counts) => number,
): StreamingMetric {
  requireOptions(name, options, { average: 'string' });
  const { average = 'macro' } = options;
  if (!['macro', 'weighted', 'micro', 'binary'].includes(average)) {
    throw new TypeError(
      `${name}: average must be 'macro', 'weighted', 'micro' or 'binary', got "${average}".`,
    );
  }
  return {
    statistics(output, y, rows = {}) {
      requireRowOptions(name, rows);
      const { scores, labels, classes } = classRows(name, output, y);
      if (average === 'binary' && classes !== 2) {
        throw new ShapeError(
          `${name}: average 'binary' needs two classes, got logits ${showShape(output.shape)}.\n  Use 'macro', 'weighted' or 'micro'.`,
        );
      }
      const weight = expandDims(countsOfRows(name, rows, labels.size), 1);
      const index = arange(classes, { dtype: 'int32' });
      const isTrue = equal(expandDims(labels, 1), index);
      const isPredicted = equal(argmax(scores, { axis: 1, keepdims: true }), index);
      const total = (which: Tensor): Tensor => sum(where(which, weight, 0), { axis: 0 });
      return {
        hits: total(logicalAnd(isTrue, isPredicted)),
        predicted: total(isPredicted),
        actual: total(isTrue),
      };
    },
    value(sums) {
      const [hits, predicted, actual] = [sums.hits!, sums.predicted!, sums.actual!].map((x) =>
        x.data(),
      );
      const all = Array.from(hits!, (h, k) => ({
        hits: h,
        predicted: predicted![k]!,
        actual: actual![k]!,
      }));
      const present = all.filter((counts) => counts.predicted + counts.actual > 0);
      if (present.length === 0) throw new RangeError(`${name}: the weights of the rows sum to 0.`);
      if (average === 'binary') return score(all[1]!);
      if (average === 'micro') return score(all.reduce(together));
      const shares = present.map((counts) => (average === 'macro' ? 1 : counts.actual));
      const whole = shares.reduce((total, share) => total + share, 0);
      return present.reduce((mean, counts, k) => mean + shares[k]! * score(counts), 0) / whole;
    },
  };
}

const together = (a: Counts, b: Counts): Counts => ({
  hits: a.hits + b.hits,
  predicted: a.predicted + b.predicted,
  actual: a.actual + b.actual,
});
