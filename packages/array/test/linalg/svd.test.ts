import { describe, expect, test } from '@jest/globals';
import { svdKernel, viewOf } from '@tikhonov/array';
import { orthogonalize } from '../../src/linalg/svd.ts';
import {
  gap,
  hard,
  matrixOf,
  noiseMatrix,
  product,
  rounding,
  skewness,
  turned,
  viewOfMatrix,
} from './support.ts';

const shapes = [
  [1, 1],
  [2, 2],
  [5, 5],
  [12, 12],
  [7, 3],
  [3, 7],
  [30, 4],
  [1, 6],
  [6, 1],
] as const;

describe('svdKernel', () => {
  test.each(shapes)('decomposes all kinds of %i x %i matrices', (m, n) => {
    const k = Math.min(m, n);
    // Rounding of a product of three matrices, each backward stable.
    const tolerance = 30 * Math.max(m, n) * rounding;
    for (const [kind, a] of Object.entries(hard(m, n))) {
      const [u, s, vh] = svdKernel(viewOfMatrix(a));
      const values = Array.from(s.data);
      const [left, right] = [matrixOf(u), matrixOf(vh)];
      const us = left.map((row) => row.map((x, j) => x * values[j]!));
      const back = product(us, right, n);
      // Below the smallest normal number only absolute accuracy is left.
      const error = kind.includes('subnormal') ? 0 : gap(back, a);
      expect([kind, error <= tolerance]).toEqual([kind, true]);
      expect([kind, skewness(left, k) <= tolerance]).toEqual([kind, true]);
      expect([kind, skewness(turned(right, n), k) <= tolerance]).toEqual([kind, true]);
      expect([kind, values.every((x, i) => x >= 0 && (i === 0 || x <= values[i - 1]!))]).toEqual([
        kind,
        true,
      ]);
    }
  });

  test('reproduces subnormal matrices to the last unit but few', () => {
    const a = hard(4, 4).subnormal!;
    const [u, s, vh] = svdKernel(viewOfMatrix(a));
    const us = matrixOf(u).map((row) => row.map((x, j) => x * s.data[j]!));
    for (const [i, row] of product(us, matrixOf(vh), 4).entries()) {
      for (const [j, x] of row.entries()) {
        expect(Math.abs(x - a[i]![j]!)).toBeLessThanOrEqual(40 * 5e-324);
      }
    }
  });

  test('finds the small values of a matrix with graded columns to full relative accuracy', () => {
    // For A = B D with well-conditioned B, singular values are as accurate as D is graded.
    const b = [
      [1, 0.5, 0.2],
      [0.5, 1, 0.5],
      [0.2, 0.5, 1],
    ];
    const d = [1, 1e-20, 1e-40];
    const s = svdKernel(viewOfMatrix(b.map((row) => row.map((x, j) => x * d[j]!))))[1].data;
    // The determinant is the product of the values, and is known.
    const det = 1 + 2 * 0.5 * 0.5 * 0.2 - 0.04 - 0.25 - 0.25;
    expect(s[0]! * s[1]! * s[2]!).toBeCloseTo(0, 50);
    expect(((s[0]! * s[1]!) / 1e-20) * (s[2]! / 1e-40)).toBeCloseTo(det, 13);
  });

  test('converges in a few sweeps, also for 100 x 100 and for hard matrices', () => {
    const sweepsOf = (a: readonly (readonly number[])[]): number => {
      const k = a.length;
      const identity = Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));
      return orthogonalize(Float64Array.from(a.flat()), identity, k);
    };
    expect(sweepsOf(noiseMatrix(100, 100, 3))).toBeLessThanOrEqual(15);
    for (const [kind, a] of Object.entries(hard(12, 12))) {
      if (['near overflow', 'huge', 'tiny beside huge'].includes(kind)) continue;
      expect([kind, sweepsOf(a) <= 20]).toEqual([kind, true]);
    }
  });

  test('gives the first large component of each left vector a positive sign', () => {
    for (const [m, n] of shapes) {
      const u = matrixOf(svdKernel(viewOfMatrix(noiseMatrix(m, n, m + n)))[0]);
      for (const column of turned(u)) {
        const most = Math.max(...column.map(Math.abs));
        expect(column.find((x) => Math.abs(x) >= 0.55 * most)).toBeGreaterThan(0);
      }
    }
  });

  test.each([
    [[0, 3], [0, 0], [0], [0, 3]],
    [[3, 0], [3, 0], [0], [0, 0]],
    [[0, 0], [0, 0], [0], [0, 0]],
    [
      [2, 0, 3],
      [2, 0, 0],
      [2, 0],
      [2, 0, 3],
    ],
  ])('handles the empty shape %j', (shape, u, s, vh) => {
    const parts = svdKernel(viewOf(new Float64Array(0), shape, 'float64'));
    expect(parts.map((part) => part.shape)).toEqual([u, s, vh]);
  });

  test('makes a matrix with an element that is not finite NaN, and only that one', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const data = Float64Array.from([1, 2, 3, 4, 5, bad, 7, 8, 9, 10, 11, 12]);
      const parts = svdKernel(viewOf(data, [3, 2, 2], 'float64'));
      for (const part of parts) {
        const size = part.data.length / 3;
        const wrong = Array.from(part.data, Number.isNaN);
        expect(wrong).toEqual(wrong.map((_, i) => Math.floor(i / size) === 1));
      }
    }
  });
});
