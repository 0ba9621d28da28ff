import { describe, expect, test } from '@jest/globals';
import { zeros } from '@tikhonov/core';
import {
  Dataset,
  type LabelNoiseOptions,
  loadDigits,
  withLabelNoise,
  withTransitionNoise,
} from '@tikhonov/data';
import fc from 'fast-check';
import { countedRows } from './helpers.ts';

const digits = loadDigits();
const labels = digits.y.data();

/** Five standard deviations of a binomial count: fails once in two million seeds, and this one is fixed. */
const spread = (n: number, p: number): number => 5 * Math.sqrt(n * p * (1 - p));

describe('withLabelNoise', () => {
  test("'different' never keeps the class, and hits the rate within sampling error", () => {
    const noisy = withLabelNoise(digits, { rate: 0.3, seed: 11 });
    const flipped = noisy.flipped.data();
    const changed = Array.from(noisy.dataset.y.data(), (label, i) => label !== labels[i]);
    expect(Array.from(flipped, Boolean)).toEqual(changed);
    expect(noisy.count).toBe(changed.filter(Boolean).length);
    expect(Math.abs(noisy.count - 0.3 * 1797)).toBeLessThan(spread(1797, 0.3));
    expect(withLabelNoise(digits, { rate: 1, seed: 11 }).count).toBe(1797);
  });

  test('replacements are uniform over the other classes', () => {
    const before = countedRows([0, 0, 4000, 0, 0]);
    const after = withLabelNoise(before, { rate: 1, seed: 2 }).dataset.y.data();
    const counts = [0, 1, 2, 3, 4].map((k) => after.filter((label) => label === k).length);
    expect(counts[2]).toBe(0);
    for (const k of [0, 1, 3, 4]) {
      expect(Math.abs(counts[k]! - 1000)).toBeLessThan(spread(4000, 1 / 4));
    }
  });

  test("'any' keeps the class once in `classes` draws", () => {
    const { count } = withLabelNoise(digits, { rate: 1, seed: 3, symmetric: 'any' });
    expect(Math.abs(count - 0.9 * 1797)).toBeLessThan(spread(1797, 0.9));
  });

  test('rate 0 changes nothing; a higher rate flips the same labels and more', () => {
    expect(withLabelNoise(digits, { rate: 0 }).dataset.y.data()).toEqual(labels);
    const [low, high] = [0.2, 0.4].map((rate) => withLabelNoise(digits, { rate, seed: 6 }));
    const [few, many] = [low!.dataset.y.data(), high!.dataset.y.data()];
    const same = Array.from(low!.flipped.data(), (hit, i) => hit === 0 || few[i] === many[i]);
    expect(same.every(Boolean)).toBe(true);
    expect(high!.count).toBeGreaterThan(low!.count);
  });

  test('refuses rates outside [0, 1] and data without classes', () => {
    for (const rate of [-0.1, 1.1, Number.NaN]) {
      expect(() => withLabelNoise(digits, { rate })).toThrow(
        new RangeError(`withLabelNoise: rate must be in [0, 1], got ${rate}.`),
      );
    }
    const targets = new Dataset({ x: zeros([2, 1]), y: zeros([2]) });
    expect(() => withLabelNoise(targets, { rate: 0.5 })).toThrow(TypeError);
    expect(() => withLabelNoise(countedRows([3]), { rate: 0.5 })).toThrow(RangeError);
  });
});

describe('asymmetric noise', () => {
  test('labels stay or become what their class is mistaken for, at the rate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1000),
        (asymmetric, rate, seed) => {
          const before = countedRows([60, 50, 40, 30]);
          const noisy = withLabelNoise(before, { rate, asymmetric, seed });
          const [was, is, flipped] = [before.y, noisy.dataset.y, noisy.flipped].map((t) =>
            t.data(),
          );
          const isRight = Array.from(was!, (label, i) =>
            flipped![i] === 0 ? is![i] === label : is![i] !== label && is![i] === asymmetric[label],
          );
          expect(isRight).not.toContain(false);
          const moved = was!.filter((label) => asymmetric[label] !== label).length;
          // Five standard deviations, and two labels for rates near 0 and 1, where the count is Poisson.
          expect(Math.abs(noisy.count - rate * moved)).toBeLessThan(spread(moved, rate) + 2);
        },
      ),
      { seed: 41, numRuns: 100 },
    );
  });

  test("'next' is the cycle of classes", () => {
    const noisy = withLabelNoise(countedRows([1, 1, 1]), { rate: 1, asymmetric: 'next' });
    expect(noisy.dataset.y.toArray()).toEqual([1, 2, 0]);
    const some = withLabelNoise(digits, { rate: 0.4, asymmetric: 'next', seed: 1 });
    expect(Math.abs(some.count - 0.4 * 1797)).toBeLessThan(spread(1797, 0.4));
  });

  test('hits the labels that symmetric noise of the same seed hits', () => {
    const [a, b] = [{}, { asymmetric: 'next' } as const].map((form) =>
      withLabelNoise(digits, { rate: 0.3, seed: 2, ...form }),
    );
    expect(a!.flipped.toArray()).toEqual(b!.flipped.toArray());
  });

  test('refuses what is no map of the classes', () => {
    const call = (options: object) => () =>
      withLabelNoise(countedRows([2, 2]), { rate: 0.5, ...options } as LabelNoiseOptions);
    expect(call({ asymmetric: [1] })).toThrow("must be 'next' or an array of 2 classes, got [1]");
    expect(call({ asymmetric: 'pair' })).toThrow("got 'pair'");
    expect(call({ asymmetric: [1, 2] })).toThrow('names class 2, which is outside [0, 2)');
    expect(call({ asymmetric: 'next', symmetric: 'any' })).toThrow('both symmetric and asymmetric');
    expect(call({ symmetric: 'some' })).toThrow("must be 'different' or 'any', got 'some'");
  });
});

describe('withTransitionNoise', () => {
  const transition = [
    [0.7, 0.3, 0],
    [0, 1, 0],
    [0.25, 0.25, 0.5],
  ];

  test('draws from the row of every label', () => {
    const n = 3000;
    const noisy = withTransitionNoise(countedRows([n, n, n]), { transition, seed: 3 });
    const after = noisy.dataset.y.data();
    transition.forEach((row, k) => {
      row.forEach((p, j) => {
        const count = after.slice(k * n, (k + 1) * n).filter((label) => label === j).length;
        expect(Math.abs(count - p * n)).toBeLessThanOrEqual(spread(n, p));
      });
    });
  });

  test('the identity changes nothing, and a permutation everything it moves', () => {
    const set = countedRows([3, 2]);
    expect(
      withTransitionNoise(set, {
        transition: [
          [1, 0],
          [0, 1],
        ],
      }).count,
    ).toBe(0);
    const swapped = withTransitionNoise(set, {
      transition: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(swapped.dataset.y.toArray()).toEqual([1, 1, 1, 0, 0]);
  });

  test('refuses matrices that are not stochastic', () => {
    const set = countedRows([2, 2]);
    const call = (matrix: unknown) => () =>
      withTransitionNoise(set, { transition: matrix as number[][] });
    expect(call([[1, 0]])).toThrow('must be 2 rows of 2 probabilities');
    expect(call(undefined)).toThrow(TypeError);
    expect(
      call([
        [1, 0],
        [0.5, 0.4],
      ]),
    ).toThrow('row 1 must be probabilities that add up to 1, got [0.5, 0.4]');
    expect(
      call([
        [1.5, -0.5],
        [0, 1],
      ]),
    ).toThrow('row 0');
    expect(
      call([
        [Number.NaN, 1],
        [0, 1],
      ]),
    ).toThrow('row 0');
    const targets = new Dataset({ x: zeros([2, 1]), y: zeros([2]) });
    expect(() => withTransitionNoise(targets, { transition })).toThrow('has no classes');
  });
});
