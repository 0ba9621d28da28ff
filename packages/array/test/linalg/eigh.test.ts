import { describe, expect, test } from '@jest/globals';
import { eighKernel, viewOf } from '@tikhonov/array';
import { diagonalize } from '../../src/linalg/eigh.ts';
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

const symmetric = (a: readonly (readonly number[])[]): number[][] =>
  a.map((row, i) => row.map((x, j) => x / 2 + a[j]![i]! / 2));

describe('eighKernel', () => {
  test.each([1, 2, 3, 5, 12, 25])('decomposes all kinds of symmetric %i x %i matrices', (n) => {
    const tolerance = 30 * n * rounding;
    for (const [kind, raw] of Object.entries(hard(n, n))) {
      const a = symmetric(raw);
      const [values, vectors] = eighKernel(viewOfMatrix(raw));
      const v = matrixOf(vectors);
      const scaledColumns = v.map((row) => row.map((x, j) => x * values.data[j]!));
      const back = product(scaledColumns, turned(v), n);
      if (!kind.includes('subnormal')) {
        expect([kind, gap(back, a) <= tolerance]).toEqual([kind, true]);
      }
      expect([kind, skewness(v, n) <= tolerance]).toEqual([kind, true]);
      const list = Array.from(values.data);
      expect([kind, list.every((x, i) => i === 0 || x >= list[i - 1]!)]).toEqual([kind, true]);
    }
  });

  test('finds known eigenvalues of the second difference matrix', () => {
    const n = 20;
    const a = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
    );
    const values = eighKernel(viewOfMatrix(a))[0].data;
    for (let k = 0; k < n; k++) {
      const want = 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1));
      expect(Math.abs(values[k]! - want)).toBeLessThan(n * 4 * rounding);
    }
  });

  test('finds the small eigenvalue of a graded positive matrix to full relative accuracy', () => {
    // Of [[1, 1e-21], [1e-21, 1e-40]], the determinant over the large one: 1e-40 - 1e-42.
    const values = eighKernel(
      viewOfMatrix([
        [1, 1e-21],
        [1e-21, 1e-40],
      ]),
    )[0].data;
    expect(values[0]! / 9.9e-41).toBeCloseTo(1, 14);
  });

  test('converges in a few sweeps, also for 100 x 100 and for hard matrices', () => {
    const sweepsOf = (a: readonly (readonly number[])[]): number => {
      const n = a.length;
      const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      return diagonalize(Float64Array.from(symmetric(a).flat()), identity, n);
    };
    expect(sweepsOf(noiseMatrix(100, 100, 3))).toBeLessThanOrEqual(15);
    for (const [kind, a] of Object.entries(hard(12, 12))) {
      if (kind === 'near overflow') continue;
      expect([kind, sweepsOf(a) <= 20]).toEqual([kind, true]);
    }
  });

  test('gives the first large component of each vector a positive sign', () => {
    const v = matrixOf(eighKernel(viewOfMatrix(noiseMatrix(9, 9, 5)))[1]);
    for (const column of turned(v)) {
      const most = Math.max(...column.map(Math.abs));
      expect(column.find((x) => Math.abs(x) >= 0.55 * most)).toBeGreaterThan(0);
    }
  });

  test('handles 0 x 0 and empty batches, and passes NaN on', () => {
    const shapesOf = (shape: readonly number[]): unknown =>
      eighKernel(viewOf(new Float64Array(0), shape, 'float64')).map((part) => part.shape);
    expect(shapesOf([0, 0])).toEqual([[0], [0, 0]]);
    expect(shapesOf([0, 2, 2])).toEqual([
      [0, 2],
      [0, 2, 2],
    ]);
    expect(shapesOf([3, 0, 0])).toEqual([
      [3, 0],
      [3, 0, 0],
    ]);
    const parts = eighKernel(
      viewOfMatrix([
        [1, NaN],
        [0, 1],
      ]),
    );
    expect(parts.every((part) => part.data.every(Number.isNaN))).toBe(true);
  });
});
