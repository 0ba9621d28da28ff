import { describe, expect, test } from '@jest/globals';
import { logGammaDrawP, poissonDrawP, truncatedDrawP, type View } from '@tikhonov/core/engine';
import { denseView, elementsOf } from '../harness.ts';
import { backwards, expectSame, keyOf, keys } from './support.ts';

/** `count` copies of each value. */
const copies = (values: readonly number[], count: number): View => {
  const all = values.flatMap((x) => new Array<number>(count).fill(x));
  return denseView(all, [all.length], 'float64');
};

describe('logarithms of gamma draws', () => {
  test('of ordinary, tiny and huge shapes', () => {
    const shapes = [5e-324, 1e-310, 1e-12, 0.01, 0.3, 0.999999, 1, 1.5, 3, 40, 1e6, 1e17, 1e300];
    for (const key of keys) {
      expectSame(logGammaDrawP, [key, copies([...shapes, Number.MAX_VALUE], 40)], null);
    }
  });

  test('of shapes that no gamma distribution has: NaN, and no endless loop', () => {
    const invalid = [0, -0, -1, Infinity, -Infinity, NaN];
    const drawn = expectSame(logGammaDrawP, [keys[3]!, copies(invalid, 1)], null);
    expect(elementsOf(drawn).every(Number.isNaN)).toBe(true);
  });

  test('of views: backwards, and one shape for all', () => {
    const key = backwards(keyOf(5, 6));
    const alphas = denseView([0.2, 1, 2, 3, 4, 5, 60], [7], 'float64');
    expectSame(logGammaDrawP, [key, backwards(alphas)], null);
    const one = { ...denseView([2.5], [], 'float64'), shape: [3, 5], stride: [0, 0] };
    expectSame(logGammaDrawP, [key, one], null);
    const matrix = denseView([1, 2, 3, 4, 5, 6], [3, 2], 'float64');
    expectSame(logGammaDrawP, [key, { ...matrix, shape: [2, 3], stride: [1, 2] }], null);
    expectSame(logGammaDrawP, [key, denseView([], [0, 3], 'float64')], null);
  });

  test('of many elements', () => {
    expectSame(logGammaDrawP, [keyOf(1, 2), copies([0.5, 2], 5003)], null);
  });
});

describe('Poisson draws', () => {
  test('of tiny and huge rates, on both sides of 10', () => {
    const rates = [0, 5e-324, 1e-12, 0.5, 3, 9.999, 10, 10.001, 16, 30, 1e3, 12345.678, 1e6, 1e9];
    for (const key of keys) expectSame(poissonDrawP, [key, copies(rates, 60)], null);
  });

  test('of rates that the public function refuses, where the eager kernel ends', () => {
    const odd = [-5, -Infinity, Infinity, 2e9, 1e10, 1e15];
    expectSame(poissonDrawP, [keys[3]!, copies(odd, 30)], null);
  });

  test('of many elements, of views', () => {
    expectSame(poissonDrawP, [keyOf(3, 4), copies([2, 20], 5001)], null);
    const one = { ...denseView([25], [], 'float64'), shape: [9, 11], stride: [0, 0] };
    expectSame(poissonDrawP, [backwards(keyOf(3, 4)), one], null);
    expectSame(poissonDrawP, [keyOf(3, 4), denseView([4], [], 'float64')], null);
  });

  test('the compressed proposals decide about every value of their squeeze and wedge', () => {
    // Among this many draws the rare cases of the rejection occur: no room left, far tails.
    for (let k = 0; k < 5; k++) {
      expectSame(poissonDrawP, [keyOf(k, 7), copies([10, 11.5, 17, 18, 100], 3000)], null);
    }
  });
});

describe('truncated normal draws', () => {
  const intervals = [
    [-2, 2],
    [-0.5, 0.25],
    [0, 1e-300],
    [-Infinity, Infinity],
    [-Infinity, 0],
    [-Infinity, -0.1],
    [0, Infinity],
    [4, Infinity],
    [40, Infinity],
    [1e5, 1e5 + 1],
    [2e8, Infinity],
    [1e154, 1e155],
    [1e200, Infinity],
    [-9, -8.99],
    [-1e200, -1e199],
    [-Infinity, -38],
    [5, 5.1],
    [3, 9],
    [-0.001, 7],
    [-1, 1.45],
    [-1, 1.55],
    [0.5, 1.4],
  ] as const;

  test.each(intervals)('between %p and %p', (low, high) => {
    for (const key of [...keys, backwards(keyOf(8, 9))]) {
      const z = expectSame(truncatedDrawP, [key], { shape: [201], low, high });
      expect(elementsOf(z).every((x) => x >= low && x <= high)).toBe(true);
    }
  });

  test('of many elements, of none, of a scalar', () => {
    for (const shape of [[5003], [7, 0], [], [3, 4, 5]]) {
      expectSame(truncatedDrawP, [keyOf(8, 9)], { shape, low: -2, high: 2 });
      expectSame(truncatedDrawP, [keyOf(8, 9)], { shape, low: 1, high: 2 });
      expectSame(truncatedDrawP, [keyOf(8, 9)], { shape, low: -1, high: 1 });
    }
  });
});
