import { describe, expect, test } from '@jest/globals';
import { indexSelect, random, type Tensor, tensor } from '@tikhonov/core';
import {
  meanAbsoluteError,
  meanSquaredError,
  measure,
  r2Score,
  rootMeanSquaredError,
} from '@tikhonov/train';

const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** The value of a metric over batches that end at these rows. */
function inBatches(
  metric: ReturnType<typeof r2Score>,
  [output, y]: readonly [Tensor, Tensor],
  ends: readonly number[],
): number {
  const parts = ends.map((end, k) => {
    const from = ends[k - 1] ?? 0;
    const rows = tensor(Int32Array.from({ length: end - from }, (_, i) => from + i));
    return metric.statistics(indexSelect(output, rows), indexSelect(y, rows));
  });
  return metric.value(metric.combine!(parts));
}

describe('errors', () => {
  const [y, t] = [
    double([
      [1, 2],
      [3, 4],
    ]),
    double([
      [1, 0],
      [0, 0],
    ]),
  ];

  test('by hand, and weighted', () => {
    expect(meanSquaredError(y, t).item()).toBe((0 + 4 + 9 + 16) / 4);
    expect(meanAbsoluteError(y, t).item()).toBe((0 + 2 + 3 + 4) / 4);
    const sampleWeight = double([3, 1]);
    expect(meanSquaredError(y, t, { sampleWeight }).item()).toBe((3 * 2 + 12.5) / 4);
    expect(meanAbsoluteError(y, t, { sampleWeight }).item()).toBe((3 * 1 + 3.5) / 4);
  });

  test('rootMeanSquaredError is the mean of the roots of the outputs', () => {
    const want = (Math.sqrt(9 / 2) + Math.sqrt(20 / 2)) / 2;
    expect(measure(rootMeanSquaredError(), y, t)).toBeCloseTo(want, 15);
    expect(measure(rootMeanSquaredError(), double([3, 4]), double([0, 0]))).toBe(Math.sqrt(12.5));
  });

  test('squares do not overflow float32 rows, nor lose small differences of large ones', () => {
    expect(meanSquaredError(tensor([1e30]), tensor([0])).item()).toBe(Math.fround(1e30) ** 2);
    expect(meanSquaredError(double([1e8 + 1]), double([1e8])).item()).toBe(1);
  });

  test('refuse what would broadcast, and dtypes that are no numbers', () => {
    for (const metric of [meanSquaredError, meanAbsoluteError, rootMeanSquaredError(), r2Score()]) {
      expect(() => measure(metric, double([[1], [2]]), double([1, 2]))).toThrow(
        /needs predictions and targets of one shape \[n, ...\], n >= 1, got \[2, 1\] and \[2\]/,
      );
      const flags = tensor([1, 0]).astype('bool');
      expect(() => measure(metric, double([1, 2]), flags)).toThrow(/targets must be numbers/);
      expect(() => measure(metric, flags, flags)).toThrow(/predictions must be floating, got bool/);
    }
  });
});

describe('r2Score', () => {
  test('is 1 - residual / variance, by definition', () => {
    const t = random.normal(random.key(0), [40, 3], { dtype: 'float64' }).mul(double([1, 2, 3]));
    const y = t.add(random.normal(random.key(1), [40, 3], { dtype: 'float64' }));
    const [rows, predictions] = [t.toArray() as number[][], y.toArray() as number[][]];
    const columns = [0, 1, 2].map((j) => {
      const mean = rows.reduce((s, row) => s + row[j]!, 0) / 40;
      const squares = rows.reduce((s, row) => s + (row[j]! - mean) ** 2, 0);
      const residual = rows.reduce((s, row, i) => s + (row[j]! - predictions[i]![j]!) ** 2, 0);
      return { squares, score: 1 - residual / squares };
    });
    const uniform = columns.reduce((s, c) => s + c.score / 3, 0);
    const whole = columns.reduce((s, c) => s + c.squares, 0);
    const byVariance = columns.reduce((s, c) => s + (c.score * c.squares) / whole, 0);
    expect(measure(r2Score(), y, t)).toBeCloseTo(uniform, 13);
    expect(measure(r2Score({ average: 'variance' }), y, t)).toBeCloseTo(byVariance, 13);
    expect(uniform).not.toBeCloseTo(byVariance, 3);
  });

  test('loses nothing of targets far from 0, in batches either', () => {
    // All of these are exact in float64, and so are the differences.
    const t = double(Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 32));
    const y = t.add(double(Array.from({ length: 64 }, (_, i) => (i % 3) / 8)));
    const want = measure(r2Score(), y, t);
    for (const far of [1e6, -1e9, 2 ** 40]) {
      expect(measure(r2Score(), y.add(far), t.add(far))).toBe(want);
      const got = inBatches(r2Score(), [y.add(far), t.add(far)], [1, 7, 30, 31, 64]);
      expect(Math.abs(got - want)).toBeLessThan(64 * 2 ** -52);
    }
  });

  test('in batches far apart from each other, too', () => {
    const t = double(Array.from({ length: 40 }, (_, i) => (i < 20 ? 0 : 1e7) + (i % 5)));
    const y = t.add(double(Array.from({ length: 40 }, (_, i) => i % 2)));
    const residual = 20;
    const squares = 40 * 5e6 ** 2 + 40 * 2;
    expect(1 - inBatches(r2Score(), [y, t], [20, 40])).toBeCloseTo(residual / squares, 15);
    expect(measure(r2Score(), y, t)).toBe(inBatches(r2Score(), [y, t], [20, 40]));
  });

  test('of targets that are all equal is 1 if they are met exactly, else 0', () => {
    // Of 0.1 a mean of sums is not 0.1.
    const t = double(Array<number>(10).fill(0.1));
    expect(measure(r2Score(), t, t)).toBe(1);
    expect(measure(r2Score(), t.add(1e-9), t)).toBe(0);
    expect(inBatches(r2Score(), [t, t], [3, 10])).toBe(1);
    expect(inBatches(r2Score(), [t.add(1), t], [3, 4, 10])).toBe(0);
    const one = t.expandDims(1);
    const both = one
      .mul(double([[1, 0]]))
      .add(double(Array.from({ length: 10 }, (_, i) => [0, i])));
    expect(measure(r2Score({ average: 'variance' }), both.add(1), both)).toBeCloseTo(1 - 10 / 82.5);
    expect(measure(r2Score(), both.add(1), both)).toBeCloseTo((1 - 10 / 82.5) / 2);
  });

  test('does not look at targets of weight 0, the first one either', () => {
    const [y, t] = [double([9, 1, 2, 4]), [1, 2, 3]];
    const sampleWeight = double([0, 1, 1, 1]);
    for (const odd of [Number.NaN, 1e30]) {
      expect(measure(r2Score(), y, double([odd, ...t]), { sampleWeight })).toBe(0.5);
    }
  });

  test('needs two rows that count', () => {
    expect(() => measure(r2Score(), double([1]), double([1]))).toThrow(
      'r2Score: needs at least two rows that count, got 1.',
    );
    const sampleWeight = double([1, 0, 0]);
    expect(() =>
      measure(r2Score(), double([1, 2, 3]), double([1, 2, 3]), { sampleWeight }),
    ).toThrow(RangeError);
  });

  test('is NaN if a prediction is, and refuses other averages', () => {
    expect(measure(r2Score(), double([1, Number.NaN]), double([1, 2]))).toBeNaN();
    expect(measure(r2Score(), double([1, Number.NaN]), double([1, 1]))).toBeNaN();
    expect(() => r2Score({ average: 'raw' as never })).toThrow(
      "r2Score: average must be 'uniform' or 'variance', got \"raw\".",
    );
  });
});
