import { describe, expect, test } from '@jest/globals';
import { zeros } from '@tikhonov/core';
import { Dataset, loadDigits, withLabelNoise } from '@tikhonov/data';
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
