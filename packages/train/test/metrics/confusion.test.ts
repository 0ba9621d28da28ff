import { describe, expect, test } from '@jest/globals';
import { argmax, DTypeError, random, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, Dataset } from '@tikhonov/data';
import {
  confusionMatrix,
  confusionMatrixOf,
  f1Score,
  measure,
  precision,
  recall,
} from '@tikhonov/train';

const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });

const logits = random.normal(random.key(0), [90, 4]);
const labels = random.randint(random.key(1), [90], 0, 4);
const weight = random.uniform(random.key(2), [90], { dtype: 'float64' });
const predicted = Array.from(argmax(logits, { axis: 1 }).data());
const truth = Array.from(labels.data());

/** Counts by a double loop. */
const counted = (weights?: Tensor): number[][] => {
  const matrix = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  for (const [i, t] of truth.entries()) matrix[t]![predicted[i]!]! += weights?.data()[i] ?? 1;
  return matrix;
};

const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);

describe('confusionMatrix', () => {
  test('counts true classes by row and predictions by column', () => {
    expect(confusionMatrix(logits, labels).toArray()).toEqual(counted());
    expect(confusionMatrix(logits, labels, { sampleWeight: weight }).toArray()).toEqual(
      counted(weight),
    );
    const indices = confusionMatrix(int(predicted), labels, { classes: 4 });
    expect(indices.toArray()).toEqual(counted());
  });

  test('is normalized over rows, columns or everything; what is empty stays 0', () => {
    const [p, t] = [int([0, 0, 1, 0]), int([0, 0, 0, 1])];
    const of = (normalize: 'true' | 'pred' | 'all'): unknown =>
      confusionMatrix(p, t, { classes: 3, normalize }).toArray();
    expect(of('true')).toEqual([
      [2 / 3, 1 / 3, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    expect(of('pred')).toEqual([
      [2 / 3, 1, 0],
      [1 / 3, 0, 0],
      [0, 0, 0],
    ]);
    expect(of('all')).toEqual([
      [0.5, 0.25, 0],
      [0.25, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('takes one logit for two classes; 0 itself means class 0', () => {
    const got = confusionMatrix(tensor([2, 0, -1, 3]), int([1, 1, 0, 0]));
    expect(got.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('refuses what is no prediction', () => {
    expect(() => confusionMatrix(int([0]), int([0]))).toThrow(
      'confusionMatrix: predictions that are class indices need the number of classes.',
    );
    expect(() => confusionMatrix(int([3]), int([0]), { classes: 3 })).toThrow(
      /confusionMatrix: predictions: labels must be integers in \[0, 3\)/,
    );
    expect(() => confusionMatrix(int([0]), int([3]), { classes: 3 })).toThrow(RangeError);
    expect(() => confusionMatrix(logits, labels, { classes: 3 })).toThrow(
      'confusionMatrix: classes is 3, but the logits [90, 4] are of 4.',
    );
    expect(() => confusionMatrix(int([0, 1]), int([0]), { classes: 2 })).toThrow(ShapeError);
    expect(() => confusionMatrix(int([1]).astype('bool'), int([0]))).toThrow(DTypeError);
    const normalize = 'rows' as never;
    expect(() => confusionMatrix(logits, labels, { normalize })).toThrow(
      "confusionMatrix: normalize must be 'true', 'pred' or 'all', got rows.",
    );
  });
});

describe('confusionMatrixOf', () => {
  const identity = { forward: (x: Tensor): Tensor => x, namedCells: () => ({}) };
  const set = new Dataset({ x: logits, y: labels, classes: 4 });

  test('is that of all rows, in any chunks, compiled or not, of data sets and loaders', () => {
    const want = confusionMatrix(logits, labels);
    for (const compiled of [false, true]) {
      const got = confusionMatrixOf(identity, set, { batchSize: 40, compiled });
      expect(got.toArray()).toEqual(want.toArray());
    }
    const loader = new DataLoader(set, { batchSize: 40, pad: true, seed: 0 });
    expect(confusionMatrixOf(identity, loader).toArray()).toEqual(want.toArray());
    expect([loader.epoch, loader.batch]).toEqual([0, 0]);
    const rates = confusionMatrixOf(identity, set, { batchSize: 7, normalize: 'true' });
    expect(rates.toArray()).toEqual(
      confusionMatrix(logits, labels, { normalize: 'true' }).toArray(),
    );
  });

  test('weighs rows as the data set does', () => {
    const weighted = set.with({ sampleWeight: weight });
    const got = confusionMatrixOf(identity, weighted, { batchSize: 33 }).toArray() as number[][];
    const want = counted(weight);
    for (const [i, row] of got.entries()) {
      for (const [j, w] of row.entries()) expect(w).toBeCloseTo(want[i]![j]!, 12);
    }
  });
});

describe('precision, recall and f1Score', () => {
  const matrix = counted();
  const perClass = [0, 1, 2, 3].map((k) => {
    const hits = matrix[k]![k]!;
    const [p, r] = [hits / total(matrix.map((row) => row[k]!)), hits / total(matrix[k]!)];
    return {
      precision: p,
      recall: r,
      f1: hits === 0 ? 0 : (2 * p * r) / (p + r),
      support: total(matrix[k]!),
    };
  });

  test.each([
    ['precision', precision],
    ['recall', recall],
    ['f1', f1Score],
  ] as const)('%s follows from the confusion matrix', (name, metric) => {
    const scores = perClass.map((of) => of[name]);
    const macro = total(scores) / 4;
    const weighted = total(perClass.map((of) => of.support * of[name])) / 90;
    expect(measure(metric(), logits, labels)).toBeCloseTo(macro, 14);
    expect(measure(metric({ average: 'weighted' }), logits, labels)).toBeCloseTo(weighted, 14);
    // Every row is predicted once and true once, so all three are the accuracy.
    const micro = total(matrix.map((row, k) => row[k]!)) / 90;
    expect(measure(metric({ average: 'micro' }), logits, labels)).toBeCloseTo(micro, 14);
  });

  test('leave classes out that occur neither among labels nor predictions; others count as 0', () => {
    // Class 2 is predicted but never true; class 3 is neither.
    const output = tensor([
      [9, 0, 0, 0],
      [0, 9, 0, 0],
      [0, 0, 9, 0],
    ]);
    const y = int([0, 1, 1]);
    expect(measure(precision(), output, y)).toBeCloseTo((1 + 1 + 0) / 3, 14);
    expect(measure(recall(), output, y)).toBeCloseTo((1 + 0.5 + 0) / 3, 14);
    expect(measure(f1Score(), output, y)).toBeCloseTo((1 + 2 / 3 + 0) / 3, 14);
    expect(measure(f1Score({ average: 'weighted' }), output, y)).toBeCloseTo(
      (1 + (2 * 2) / 3) / 3,
      14,
    );
  });

  test("'binary' is class 1, as two logits or as one", () => {
    const z = tensor([1, 1, 1, -1, -1]);
    const y = int([1, 0, 0, 1, 0]);
    const pair = z.expandDims(1).mul(tensor([[-0.5, 0.5]]));
    for (const output of [z, pair]) {
      expect(measure(precision({ average: 'binary' }), output, y)).toBeCloseTo(1 / 3, 14);
      expect(measure(recall({ average: 'binary' }), output, y)).toBe(0.5);
      expect(measure(f1Score({ average: 'binary' }), output, y)).toBeCloseTo(0.4, 14);
    }
    expect(measure(precision({ average: 'binary' }), tensor([-1, -1]), int([1, 0]))).toBe(0);
    expect(() => measure(f1Score({ average: 'binary' }), logits, labels)).toThrow(
      "f1Score: average 'binary' needs two classes, got logits [90, 4].",
    );
  });

  test('refuse other averages', () => {
    expect(() => f1Score({ average: 'samples' as never })).toThrow(
      "f1Score: average must be 'macro', 'weighted', 'micro' or 'binary', got \"samples\".",
    );
    expect(() => recall({ mean: 'macro' } as never)).toThrow(/unknown option "mean"/);
  });
});
