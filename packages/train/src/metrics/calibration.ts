import {
  arange,
  argmax,
  astype,
  concat,
  equal,
  expandDims,
  greater,
  max,
  onesLike,
  softmax,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import type { RowWeights, StreamingMetric } from '../model.ts';
import { type Confidences, equalMassBins } from './equal-mass.ts';
import { classRows, countsOfRows, requireRowOptions, weightedRows } from './rows.ts';

/** Options of `expectedCalibrationError`. */
export interface CalibrationErrorOptions {
  /** Number of bins, >= 1. @defaultValue 15 (Guo et al.) */
  readonly bins?: number;
  /**
   * Of the gaps between accuracy and confidence: their mean over the rows, the root of the mean of their
   * squares, or the largest (maximum calibration error). @defaultValue 'l1'
   */
  readonly norm?: 'l1' | 'l2' | 'max';
  /**
   * Whether bins hold equally many rows (by weight) in place of spanning equally much of [0, 1]; needs
   * memory for three numbers per row. @defaultValue false
   */
  readonly adaptive?: boolean;
}

/**
 * Expected calibration error: rows are put into bins by confidence, the probability of the predicted class,
 * and accuracy is compared to mean confidence in every bin. Bins are `(lo, hi]`, of equal width; with
 * `adaptive` they are of equal weight, where a row at an edge counts in both bins by its shares and rows
 * of equal confidence share their hits, so that the order of the rows does not matter.
 *
 * @returns a metric of logits `[n, k]` and labels `[n]`, or of logits `[n]` of class 1 and labels of 0 and
 * 1; in [0, 1], computed in float64
 * @throws RangeError unless `bins` is an integer >= 1; TypeError for another norm
 * @see Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017, arXiv
 * 1706.04599; Nixon, Dusenberry, Zhang, Jerfel & Tran, "Measuring calibration in deep learning", CVPR
 * workshops 2019, arXiv 1904.01685 (bins of equal mass)
 * @example
 * ```ts
 * const logits = tensor([[0, 0], [0, 0]]);
 * const ece = train.expectedCalibrationError({ bins: 10 });
 * train.measure(ece, logits, tensor([0, 1])); // => 0
 * train.measure(ece, logits, tensor([0, 0])); // => 0.5
 * ```
 */
export function expectedCalibrationError(options: CalibrationErrorOptions = {}): StreamingMetric {
  const name = 'expectedCalibrationError';
  requireOptions(name, options, { bins: true, norm: true, adaptive: 'boolean' });
  const { bins = 15, norm = 'l1', adaptive = false } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`${name}: bins must be an integer >= 1, got ${showValue(bins)}.`);
  }
  if (norm !== 'l1' && norm !== 'l2' && norm !== 'max') {
    throw new TypeError(`${name}: norm must be 'l1', 'l2' or 'max', got ${String(norm)}.`);
  }
  const total = (filled: Confidences): number => errorOf(name, filled, norm);
  if (!adaptive) {
    return {
      statistics: (output, y, rows) => ({ ...binned(confidences(name, output, y, rows), bins) }),
      value: (sums) => total(numbersOf(sums)),
    };
  }
  return {
    statistics: (output, y, rows) => ({ ...confidences(name, output, y, rows) }),
    combine: (parts) => ({
      weight: concat(parts.map((part) => part.weight!)),
      hits: concat(parts.map((part) => part.hits!)),
      confidence: concat(parts.map((part) => part.confidence!)),
    }),
    value: (rows) => total(equalMassBins(numbersOf(rows), bins)),
  };
}

/** float64: of rows, `[n]`, their weights, hits (0 or 1) and confidences; of bins, their weighted sums. */
interface ConfidenceTensors {
  readonly weight: Tensor;
  readonly hits: Tensor;
  readonly confidence: Tensor;
}

function confidences(
  name: string,
  output: Tensor,
  y: Tensor,
  options: RowWeights = {},
): ConfidenceTensors {
  requireRowOptions(name, options);
  const { scores, labels } = classRows(name, output, y);
  const hits = astype(equal(argmax(scores, { axis: 1 }), labels), 'float64');
  const confidence = max(softmax(astype(scores, 'float64')), { axis: 1 });
  return { weight: countsOfRows(name, options, labels.size), hits, confidence };
}

/** The sums over the rows of every bin, `[bins]`. A confidence of NaN makes the first bin NaN. */
function binned({ weight, hits, confidence }: ConfidenceTensors, bins: number): ConfidenceTensors {
  // The edges as the numbers nearest to j / bins: an edge itself belongs to the bin below.
  const edges = Array.from({ length: bins }, (_, j) => (j < bins - 1 ? (j + 1) / bins : Infinity));
  const above = greater(expandDims(confidence, 1), tensor(edges, { dtype: 'float64' }));
  const bin = sum(astype(above, 'int32'), { axis: 1, keepdims: true });
  const isIn = equal(bin, arange(bins, { dtype: 'int32' }));
  const inBins = (x: Tensor): Tensor =>
    sum(where(isIn, expandDims(weightedRows(weight, x), 1), 0), { axis: 0 });
  return { weight: inBins(onesLike(weight)), hits: inBins(hits), confidence: inBins(confidence) };
}

const numbersOf = (sums: Readonly<Record<string, Tensor>>): Confidences => ({
  weight: Float64Array.from(sums.weight!.data()),
  hits: Float64Array.from(sums.hits!.data()),
  confidence: Float64Array.from(sums.confidence!.data()),
});

function errorOf(name: string, { weight, hits, confidence }: Confidences, norm: string): number {
  const total = weight.reduce((sum, w) => sum + w, 0);
  if (total === 0) throw new RangeError(`${name}: the weights of the rows sum to 0.`);
  let error = 0;
  for (const [b, w] of weight.entries()) {
    if (w === 0) continue;
    const gap = Math.abs(hits[b]! - confidence[b]!) / w;
    if (norm === 'max') error = gap > error || Number.isNaN(gap) ? gap : error;
    else error += (w / total) * (norm === 'l1' ? gap : gap * gap);
    if (Number.isNaN(error)) return error;
  }
  return norm === 'l2' ? Math.sqrt(error) : error;
}
