import { describe, expect, test } from '@jest/globals';
import { random, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { accuracy, binaryAccuracy, brierScore, topKAccuracy } from '@tikhonov/train';

const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('topKAccuracy', () => {
  test('finds the label among the k largest, by sorting', () => {
    const logits = random.normal(random.key(0), [50, 6]);
    const labels = random.randint(random.key(1), [50], 0, 6);
    const rows = logits.toArray() as number[][];
    const want = Array.from(labels.data());
    for (let k = 1; k <= 6; k++) {
      const hits = rows.filter((row, i) => {
        const order = row.map((_, j) => j).sort((a, b) => row[b]! - row[a]!);
        return order.slice(0, k).includes(want[i]!);
      });
      expect(topKAccuracy(k)(logits, labels).item()).toBe(hits.length / 50);
    }
  });

  test('with k = 1 is accuracy, ties included: the first among equals comes first', () => {
    const logits = tensor([
      [2, 2, 1],
      [2, 2, 1],
      [1, 2, 2],
    ]);
    expect(topKAccuracy(1)(logits, int([0, 1, 2])).item()).toBe(1 / 3);
    expect(accuracy(logits, int([0, 1, 2])).item()).toBe(1 / 3);
    expect(topKAccuracy(2)(logits, int([2, 1, 2])).item()).toBe(2 / 3);
  });

  test('makes no label right by NaN', () => {
    const logits = tensor([
      [Number.NaN, 1, 0],
      [Number.NaN, 1, 0],
    ]);
    expect(topKAccuracy(1)(logits, int([0, 1])).item()).toBe(0);
    expect(topKAccuracy(2)(logits, int([0, 1])).item()).toBe(0.5);
    expect(topKAccuracy(3)(logits, int([0, 1])).item()).toBe(0.5);
  });

  test('refuses a k that is no count, or more than the classes', () => {
    for (const k of [0, 1.5, Number.NaN, '2' as never]) {
      expect(() => topKAccuracy(k)).toThrow(/topKAccuracy: k must be an integer >= 1, got/);
    }
    expect(() => topKAccuracy(4)(tensor([[1, 2, 3]]), int([0]))).toThrow(
      'topKAccuracy: k is 4, but the logits [1, 3] have 3 classes.',
    );
  });
});

describe('binaryAccuracy', () => {
  test('counts outputs on the right side of the threshold, the threshold itself as class 0', () => {
    const output = tensor([0.5, 0, -1, 2]);
    expect(binaryAccuracy(output, tensor([1, 1, 1, 0])).item()).toBe(0.25);
    expect(binaryAccuracy(output, tensor([0, 0, 0, 1]), { threshold: 0.5 }).item()).toBe(1);
    expect(binaryAccuracy(tensor([Number.NaN, Number.NaN]), tensor([0, 1])).item()).toBe(0);
  });

  test('of several labels per row is the mean over rows', () => {
    const output = tensor([
      [1, -1],
      [1, 1],
    ]);
    const labels = tensor([
      [1, 0],
      [0, 1],
    ]);
    expect(binaryAccuracy(output, labels).item()).toBe(0.75);
    expect(binaryAccuracy(output, labels, { sampleWeight: tensor([1, 0]) }).item()).toBe(1);
  });

  test('refuses shapes that would broadcast, other labels and bad thresholds', () => {
    expect(() => binaryAccuracy(tensor([[1], [2]]), tensor([1, 0]))).toThrow(ShapeError);
    expect(() => binaryAccuracy(tensor([1, 2]), tensor([1, -1]))).toThrow(
      /binaryAccuracy: labels must be integers in \[0, 2\)/,
    );
    const threshold = Number.NaN;
    expect(() => binaryAccuracy(tensor([1]), tensor([1]), { threshold })).toThrow(RangeError);
  });
});

describe('brierScore', () => {
  test('is the squared distance of the probabilities from the truth', () => {
    // Probabilities 0.5, 0.25, 0.25 and 0.8, 0.1, 0.1.
    const logits = tensor(
      [
        [Math.log(2), 0, 0],
        [Math.log(8), 0, 0],
      ],
      { dtype: 'float64' },
    );
    const want = (0.25 + 0.0625 * 2 + (0.64 + 0.81 + 0.01)) / 2;
    expect(Math.abs(brierScore(logits, int([0, 1])).item() - want)).toBeLessThan(1e-15);
  });

  test('of one logit is half of that of two', () => {
    const z = random.normal(random.key(0), [20], { dtype: 'float64' });
    const labels = random.randint(random.key(1), [20], 0, 2);
    const two = z.expandDims(1).mul(tensor([[0, 1]], { dtype: 'float64' }));
    const [one, pair] = [brierScore(z, labels).item(), brierScore(two, labels).item()];
    expect(Math.abs(2 * one - pair)).toBeLessThan(1e-15);
    expect(brierScore(z.expandDims(1), labels.expandDims(1)).item()).toBe(one);
  });

  test('refuses outputs without classes', () => {
    expect(() => brierScore(tensor([[[1]]]), int([0]))).toThrow(/needs logits \[n, k\]/);
  });
});

test('accuracies are float64, so that shares are as near as numbers come', () => {
  const got = accuracy(
    tensor([
      [1, 0],
      [1, 0],
      [0, 1],
    ]),
    int([0, 1, 0]),
  );
  expect([got.dtype, got.item()]).toEqual(['float64', 1 / 3]);
});
