import {
  argmax,
  astype,
  div,
  equal,
  greater,
  indexSelect,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { StreamingMetric } from '../model.ts';
import { countsOfRows, requireRowOptions, targetRows, weightedRows } from './rows.ts';

/** Options of `r2Score`. */
export interface R2ScoreOptions {
  /**
   * How the scores of several outputs per row become one: their mean, or their mean weighted by the
   * variances of the targets. @defaultValue 'uniform'
   */
  readonly average?: 'uniform' | 'variance';
}

/**
 * Coefficient of determination, `1 - sum (t - y)^2 / sum (t - mean t)^2`: 1 for perfect predictions, 0 for
 * those of the targets' mean, and negative for worse ones. As in scikit-learn, targets that are all equal
 * give 1 if they are predicted exactly, else 0. Means and sums of squares are those of the batches, put
 * together without cancellation, so that targets of 1e6 +- 1 lose nothing.
 *
 * @returns a metric of predictions `[n, ...]` and targets of the same shape, which needs two rows
 * @throws TypeError for another average; RangeError in the metric for fewer than two rows that count
 * @see Chan, Golub & LeVeque, "Algorithms for computing the sample variance", The American Statistician 37
 * (1983)
 * @example
 * ```ts
 * train.measure(train.r2Score(), tensor([1, 2, 4]), tensor([1, 2, 3])); // => 0.5
 * ```
 */
export function r2Score(options: R2ScoreOptions = {}): StreamingMetric {
  const name = 'r2Score';
  requireOptions(name, options, { average: 'string' });
  const { average = 'uniform' } = options;
  if (average !== 'uniform' && average !== 'variance') {
    throw new TypeError(`${name}: average must be 'uniform' or 'variance', got "${average}".`);
  }
  return {
    statistics(output, y, rows = {}) {
      requireRowOptions(name, rows);
      const { predicted, wanted } = targetRows(name, output, y);
      const weight = countsOfRows(name, rows, predicted.shape[0]!);
      return momentTensors(weight, wanted, square(sub(wanted, predicted)));
    },
    combine: (parts) => tensorsOf(parts.map(momentsOf).reduce(together)),
    value(statistics) {
      const { rows, squares, residual } = momentsOf(statistics);
      if (rows < 2) {
        throw new RangeError(
          `${name}: needs at least two rows that count, got ${rows}.\n  One target has no variance to explain.`,
        );
      }
      const scores = squares.map((s, j) => scoreOf(residual[j]!, s));
      const whole = squares.reduce((total, s) => total + s, 0);
      const isWeighted = average === 'variance' && whole > 0;
      const shares = squares.map((s) => (isWeighted ? s / whole : 1 / squares.length));
      return scores.reduce((total, score, j) => total + shares[j]! * score, 0);
    },
  };
}

function scoreOf(residual: number, squares: number): number {
  if (squares !== 0) return 1 - residual / squares;
  if (Number.isNaN(residual)) return residual;
  return residual === 0 ? 1 : 0;
}

/** Of rows with targets `[n, d]`. */
function momentTensors(weight: Tensor, wanted: Tensor, errors: Tensor): Record<string, Tensor> {
  const total = sum(weight);
  const counts = astype(greater(weight, 0), 'int32');
  // Targets are taken from one of them, so that equal ones have a variance of exactly 0.
  const first = reshape(argmax(counts, { axis: 0 }), [1]);
  const reference = indexSelect(wanted, first);
  const offset = sub(wanted, reference);
  const divisor = where(equal(total, 0), 1, total);
  const mean = div(sum(weightedRows(weight, offset), { axis: 0 }), divisor);
  return {
    rows: astype(sum(counts), 'float64'),
    weight: total,
    reference: reshape(reference, [wanted.shape[1]!]),
    mean,
    squares: sum(weightedRows(weight, square(sub(offset, mean))), { axis: 0 }),
    residual: sum(weightedRows(weight, errors), { axis: 0 }),
  };
}

/** Moments of targets, one of each kind per output. */
interface Moments {
  /** How many rows count. */
  readonly rows: number;
  readonly weight: number;
  /** Some target. */
  readonly reference: readonly number[];
  /** Their mean, less the reference. */
  readonly mean: readonly number[];
  /** Sum of the squares about the mean. */
  readonly squares: readonly number[];
  /** Sum of the squared errors. */
  readonly residual: readonly number[];
}

function momentsOf(statistics: Readonly<Record<string, Tensor>>): Moments {
  const { rows, weight, reference, mean, squares, residual } = statistics;
  const list = (x: Tensor | undefined): number[] => Array.from(x!.data());
  return {
    rows: rows!.item(),
    weight: weight!.item(),
    reference: list(reference),
    mean: list(mean),
    squares: list(squares),
    residual: list(residual),
  };
}

function together(a: Moments, b: Moments): Moments {
  if (b.weight === 0) return a;
  if (a.weight === 0) return b;
  const weight = a.weight + b.weight;
  const share = b.weight / weight;
  const step = a.mean.map((m, j) => b.reference[j]! - a.reference[j]! + (b.mean[j]! - m));
  return {
    rows: a.rows + b.rows,
    weight,
    reference: a.reference,
    mean: a.mean.map((m, j) => m + share * step[j]!),
    squares: a.squares.map((s, j) => s + b.squares[j]! + step[j]! ** 2 * a.weight * share),
    residual: a.residual.map((r, j) => r + b.residual[j]!),
  };
}

const tensorsOf = (moments: Moments): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(moments).map(([key, value]) => [key, tensor(value, { dtype: 'float64' })]),
  );
