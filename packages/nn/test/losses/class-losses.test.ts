import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { Cell, grad, hvp, indexSelect, ShapeError, softmax, type Tensor } from '@tikhonov/core';
import { type CrossEntropyOptions, crossEntropy } from '../../src/index.ts';
import { double, finite, gap, int, normal } from '../numbers.ts';

const z = normal(0, [4, 3]);
const y = int([2, 0, 1, 0]);
const weight = [0.5, 2, 3];
const variants: readonly CrossEntropyOptions[] = [
  {},
  { weight },
  { labelSmoothing: 0.1 },
  { weight, labelSmoothing: 0.1 },
];

describe('ignoreIndex', () => {
  test.each(variants)('leaves samples out as if they were not there, %j', (options) => {
    const [marked, kept] = [int([2, -1, 1, -1]), int([0, 2])];
    for (const reduction of ['mean', 'sum'] as const) {
      const all = { ...options, reduction };
      const f = (x: Tensor): Tensor => crossEntropy(x, marked, { ...all, ignoreIndex: -1 });
      const want = crossEntropy(indexSelect(z, kept), int([2, 1]), all);
      expect(gap(f(z), want)).toBeLessThan(1e-15);
      expect(assertGrads(f, [z]).checked).toBeGreaterThan(0);
    }
    const each = crossEntropy(z, marked, { ...options, ignoreIndex: -1, reduction: 'none' });
    expect([each.data()[1], each.data()[3]]).toEqual([0, 0]);
  });

  test('an ignored sample may be anything: no order sees it', () => {
    const bad = double([
      [1, 2],
      [Number.NaN, Infinity],
    ]);
    const f = (x: Tensor): Tensor => crossEntropy(x, int([1, 5]), { ignoreIndex: 5 });
    expect(f(bad).item()).toBeCloseTo(Math.log1p(Math.exp(-1)), 14);
    expect(finite(grad(f)(bad))).toBe(true);
    expect(grad(f)(bad).toArray()).toMatchObject([{}, [0, 0]]);
    expect(
      finite(
        hvp(
          f,
          [bad],
          [
            double([
              [1, 2],
              [3, 4],
            ]),
          ],
        )[0],
      ),
    ).toBe(true);
  });

  test('the other labels are still checked, and something must be left for a mean', () => {
    expect(() => crossEntropy(z, int([2, 3, 1, -1]), { ignoreIndex: -1 })).toThrow(
      'labels must be integers in [0, 3), got 3 at position 1',
    );
    expect(() => crossEntropy(z, int([1, 1, 1, 1]), { ignoreIndex: 1 })).toThrow(
      new RangeError(
        "crossEntropy: the weights of this batch's samples sum to 0, so it has no mean.\n" +
          "  Leave a sample that counts, with a positive weight, or use reduction 'sum'.",
      ),
    );
    const none = { ignoreIndex: 1, reduction: 'sum' } as const;
    expect(crossEntropy(z, int([1, 1, 1, 1]), none).item()).toBe(0);
    expect(() => crossEntropy(z, y, { ignoreIndex: 0.5 })).toThrow(
      new RangeError('crossEntropy: ignoreIndex must be an integer, got 0.5.'),
    );
    expect(() => crossEntropy(z, softmax(z), { ignoreIndex: 0 })).toThrow(
      'crossEntropy: ignoreIndex needs integer labels, got probabilities.',
    );
  });
});

describe('sampleWeight', () => {
  test.each(variants)('a weight of 2 is the sample twice, and of 0 not at all, %j', (options) => {
    const sampleWeight = [2, 1, 0, 1];
    const twice = int([0, 0, 1, 3]);
    for (const reduction of ['mean', 'sum'] as const) {
      const all = { ...options, reduction };
      const f = (x: Tensor): Tensor => crossEntropy(x, y, { ...all, sampleWeight });
      const want = crossEntropy(indexSelect(z, twice), int([2, 2, 0, 0]), all);
      expect(gap(f(z), want)).toBeLessThan(2e-15);
      expect(assertGrads(f, [z]).checked).toBeGreaterThan(0);
    }
  });

  test('works with probabilities, and is differentiated', () => {
    const f = (x: Tensor, q: Tensor, w: Tensor): Tensor => crossEntropy(x, q, { sampleWeight: w });
    const rows = softmax(normal(1, [4, 3]));
    expect(assertGrads(f, [z, rows, double([0.5, 1, 2, 0.1])]).checked).toBeGreaterThan(0);
  });

  test('an infinite loss with weight 0 counts for nothing', () => {
    const at = double([
      [0, -Infinity],
      [0, 0],
    ]);
    const sampleWeight = new Cell(double([0, 1]));
    const f = (x: Tensor): Tensor => crossEntropy(x, int([1, 0]), { sampleWeight });
    expect(f(at).item()).toBeCloseTo(Math.LN2, 15);
    expect(finite(grad(f)(at))).toBe(true);
    sampleWeight.write(double([1, 1]));
    expect(f(at).item()).toBe(Infinity);
  });

  test('must be finite, >= 0, one per sample, and not all 0', () => {
    expect(() => crossEntropy(z, y, { sampleWeight: [1, 2] })).toThrow(
      new ShapeError('crossEntropy: sampleWeight must have shape [4], got [2].'),
    );
    expect(() => crossEntropy(z, y, { sampleWeight: [1, 2, Infinity, 1] })).toThrow(
      /sampleWeight must be finite and >= 0/,
    );
    expect(() => crossEntropy(z, y, { sampleWeight: [0, 0, 0, 0] })).toThrow(/sum to 0/);
  });
});

describe('axis', () => {
  const images = normal(2, [2, 3, 2, 2]);
  const pixels = int([
    [
      [0, 1],
      [2, 2],
    ],
    [
      [1, 0],
      [0, 2],
    ],
  ]);

  test('classes on axis 1, as PyTorch has them, for labels and probabilities', () => {
    const last = images.permute([0, 2, 3, 1]);
    for (const options of [...variants, { ignoreIndex: 2 }, { reduction: 'none' as const }]) {
      const want = crossEntropy(last, pixels, options);
      for (const axis of [1, -3]) {
        expect(gap(crossEntropy(images, pixels, { ...options, axis }), want)).toBe(0);
      }
    }
    const q = softmax(normal(3, [2, 3, 2, 2]), { axis: 1 });
    const want = crossEntropy(last, q.permute([0, 2, 3, 1]), { weight });
    expect(gap(crossEntropy(images, q, { weight, axis: 1 }), want)).toBe(0);
    const f = (a: Tensor, b: Tensor): Tensor => crossEntropy(a, b, { axis: 1 });
    expect(assertGrads(f, [images, q], { order: 1 }).checked).toBeGreaterThan(0);
  });

  test('the error for labels without axis says which to pass', () => {
    expect(() => crossEntropy(images, pixels)).toThrow(
      new ShapeError(
        'crossEntropy: labels int32 [2, 2, 2] do not fit logits [2, 3, 2, 2].\n' +
          '  If the 3 classes are on axis 1, pass { axis: 1 }.',
      ),
    );
    expect(() => crossEntropy(images, pixels, { axis: 4 })).toThrow(
      new ShapeError('crossEntropy: axis 4 is out of range for shape [2, 3, 2, 2].'),
    );
  });
});
