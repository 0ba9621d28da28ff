import { describe, expect, test } from '@jest/globals';
import {
  choleskyKernel,
  cofactorKernel,
  detKernel,
  inverseKernel,
  matrixExpKernel,
  qrKernel,
  slogdetKernel,
  solveKernel,
  triangularSolveKernel,
  viewOf,
} from '@tikhonov/array';
import {
  gap,
  hard,
  largest,
  type Matrix,
  matrixOf,
  noiseMatrix,
  product,
  rounding,
  scaled,
  skewness,
  turned,
  viewOfMatrix,
} from './support.ts';

const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
const without = (a: Matrix, i: number, j: number): number[][] =>
  a.filter((_, row) => row !== i).map((row) => row.filter((_, column) => column !== j));
/** Laplace's expansion: the definition, in exponential time. */
const laplace = (a: Matrix): number =>
  a.length === 0
    ? 1
    : a[0]!.reduce((sum, x, j) => sum + (j % 2 === 0 ? x : -x) * laplace(without(a, 0, j)), 0);

describe('qrKernel', () => {
  test.each([
    [1, 1],
    [4, 4],
    [9, 3],
    [12, 12],
  ])('decomposes all kinds of %i x %i matrices', (m, n) => {
    for (const [kind, a] of Object.entries(hard(m, n))) {
      const [q, r] = qrKernel(viewOfMatrix(a)).map(matrixOf) as [number[][], number[][]];
      const tolerance = 20 * m * rounding;
      if (!kind.includes('subnormal')) {
        expect([kind, gap(product(q, r, n), a) <= tolerance]).toEqual([kind, true]);
      }
      expect([kind, skewness(q, n) <= tolerance]).toEqual([kind, true]);
      for (const [i, row] of r.entries()) {
        expect(row[i]).toBeGreaterThanOrEqual(0);
        expect(row.slice(0, i).every((x) => x === 0)).toBe(true);
      }
    }
  });

  test('passes NaN on, wherever it is', () => {
    for (let at = 0; at < 6; at++) {
      const data = new Float64Array(6);
      data[at] = NaN;
      const parts = qrKernel(viewOf(data, [3, 2], 'float64'));
      expect(parts.every((part) => part.data.every(Number.isNaN))).toBe(true);
    }
  });
});

describe('solveKernel and inverseKernel', () => {
  test.each([1, 2, 3, 8, 20])('solve %i x %i systems with a small residual', (n) => {
    for (const scale of [1, 1e-150, 1e150, 1e-300]) {
      const a = scaled(noiseMatrix(n, n, n), scale);
      const b = noiseMatrix(n, 3, n + 1);
      const x = matrixOf(solveKernel(viewOfMatrix(a), viewOfMatrix(b)));
      // Backward stability: the residual is of the size of |A| |x|.
      const size = n * (largest(a) * largest(x));
      const residual = product(a, x).map((row, i) => row.map((y, j) => y - b[i]![j]!));
      expect(largest(residual)).toBeLessThanOrEqual(4 * n * rounding * Math.max(1, size));
      const inverse = matrixOf(inverseKernel(viewOfMatrix(a)));
      const error = gap(product(a, inverse), identity(n));
      expect(error).toBeLessThanOrEqual(4 * n * n * rounding * largest(a) * largest(inverse));
    }
  });

  test('pivots', () => {
    const a = [
      [0, 1],
      [1, 0],
    ];
    expect(matrixOf(solveKernel(viewOfMatrix(a), viewOfMatrix([[2], [3]])))).toEqual([[3], [2]]);
    const x = matrixOf(
      solveKernel(
        viewOfMatrix([
          [1e-20, 1],
          [1, 1],
        ]),
        viewOfMatrix([[1], [2]]),
      ),
    );
    expect(x).toEqual([[1], [1]]);
  });

  test('make the result of a singular matrix NaN throughout, and leave the others', () => {
    const a = viewOf(Float64Array.from([1, 2, 2, 4, 2, 0, 0, 4]), [2, 2, 2], 'float64');
    const inverse = Array.from(inverseKernel(a).data);
    expect(inverse).toEqual([NaN, NaN, NaN, NaN, 0.5, 0, 0, 0.25]);
  });
});

describe('triangularSolveKernel', () => {
  test('reads only the named triangle, and solves all eight kinds of system', () => {
    const full = noiseMatrix(4, 4, 2).map((row, i) => row.map((x, j) => (i === j ? x + 3 : x)));
    const b = noiseMatrix(4, 2, 3);
    for (const upper of [false, true]) {
      for (const transpose of [false, true]) {
        for (const unitDiagonal of [false, true]) {
          const kept = full.map((row, i) =>
            row.map((x, j) => (i === j && unitDiagonal ? 1 : (upper ? j >= i : j <= i) ? x : 0)),
          );
          const unread = full.map((row, i) =>
            row.map((x, j) =>
              i === j ? (unitDiagonal ? NaN : x) : (upper ? j > i : j < i) ? x : NaN,
            ),
          );
          const system = { upper, transpose, unitDiagonal };
          const x = matrixOf(triangularSolveKernel(viewOfMatrix(unread), viewOfMatrix(b), system));
          const back = product(transpose ? turned(kept) : kept, x);
          expect(gap(back, b)).toBeLessThan(1e-14);
        }
      }
    }
  });
});

describe('choleskyKernel', () => {
  test('multiplies back, for Hilbert and badly scaled matrices too', () => {
    for (const n of [1, 3, 6, 20]) {
      const x = noiseMatrix(n, n, n);
      const gram = product(x, turned(x)).map((row, i) =>
        row.map((y, j) => y + (i === j ? 0.1 : 0)),
      );
      const cases = [gram, scaled(gram, 1e-150), scaled(gram, 1e150)];
      if (n <= 6) cases.push(hard(n, n).Hilbert!);
      for (const a of cases) {
        const l = matrixOf(choleskyKernel(viewOfMatrix(a)));
        expect(gap(product(l, turned(l)), a)).toBeLessThan(4 * n * rounding);
      }
    }
  });

  test('tells by NaN what is not positive definite', () => {
    for (const a of [
      [[0]],
      [[-1]],
      [[NaN]],
      [[Infinity]],
      [
        [1, 2],
        [2, 1],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ]) {
      expect(choleskyKernel(viewOfMatrix(a)).data.every(Number.isNaN)).toBe(true);
    }
  });
});

describe('detKernel, slogdetKernel and cofactorKernel', () => {
  test.each([0, 1, 2, 3, 4, 6])('agree with the definition for %i x %i matrices', (n) => {
    for (const kind of ['random', 'rank 1', 'rank 2', 'ones', 'zeros', 'Hilbert', 'identity']) {
      const a = hard(n, n)[kind]!;
      const view = viewOfMatrix(a, n);
      const want = laplace(a);
      const tolerance = 50 * n * rounding;
      expect(Math.abs(detKernel(view).data[0]! - want)).toBeLessThanOrEqual(tolerance);
      const cofactors = matrixOf(cofactorKernel(view));
      const minors = a.map((row, i) =>
        row.map((_, j) => ((i + j) % 2 === 0 ? 1 : -1) * laplace(without(a, i, j))),
      );
      const differences = cofactors.map((row, i) => row.map((x, j) => x - minors[i]![j]!));
      expect([kind, largest(differences) <= tolerance]).toEqual([kind, true]);
      const [sign, log] = slogdetKernel(view).map((part) => part.data[0]!) as [number, number];
      expect(Math.abs(sign * Math.exp(log) - want)).toBeLessThanOrEqual(tolerance);
    }
  });

  test('do not overflow on the way', () => {
    const scales = [1e200, 1e200, 1e200, 1e-200, 1e-200, 1e-199];
    const a = identity(6).map((row, i) => row.map((x) => x * scales[i]!));
    expect(detKernel(viewOfMatrix(a)).data[0]! / 10).toBeCloseTo(1, 12);
    expect(cofactorKernel(viewOfMatrix(a)).data[35]! / 1e200).toBeCloseTo(1, 12);
    const [, log] = slogdetKernel(viewOfMatrix(scaled(identity(6), 1e300)));
    expect(log.data[0]! / (6 * Math.log(1e300))).toBeCloseTo(1, 14);
    expect(detKernel(viewOfMatrix(scaled(identity(2), 1e300))).data[0]).toBe(Infinity);
    expect(detKernel(viewOfMatrix(scaled(identity(2), 1e-300))).data[0]).toBe(0);
  });

  test('pass NaN on, also beside zeros', () => {
    for (let at = 0; at < 4; at++) {
      const data = new Float64Array(4);
      data[at] = NaN;
      const view = viewOf(data, [2, 2], 'float64');
      expect(detKernel(view).data[0]).toBeNaN();
      expect(slogdetKernel(view)[1].data[0]).toBeNaN();
      expect(cofactorKernel(view).data.some(Number.isNaN)).toBe(true);
    }
  });

  test('say that an exactly singular matrix is', () => {
    const view = viewOfMatrix([
      [1, 2],
      [2, 4],
    ]);
    expect(detKernel(view).data[0]).toBe(0);
    expect(slogdetKernel(view).map((part) => part.data[0])).toEqual([0, -Infinity]);
  });
});

describe('matrixExpKernel', () => {
  const of = (a: Matrix): number[][] => matrixOf(matrixExpKernel(viewOfMatrix(a)));

  test('is exp on the diagonal, at every degree and with squaring', () => {
    for (const size of [0, 1e-300, 1e-3, 0.1, 0.5, 1.5, 4, 6, 50, 700]) {
      const got = of([
        [size, 0],
        [0, -size],
      ]);
      // Squaring s times doubles the relative error s times: about |A| roundings.
      const tolerance = 20 * (1 + size) * rounding;
      expect(Math.abs(got[0]![0]! / Math.exp(size) - 1)).toBeLessThan(tolerance);
      expect(Math.abs(got[1]![1]! / Math.exp(-size) - 1)).toBeLessThan(tolerance);
    }
  });

  test('is the Taylor series for moderate matrices', () => {
    for (const scale of [0.01, 0.2, 0.8, 2]) {
      const a = scaled(noiseMatrix(5, 5, 4), scale);
      let term = identity(5);
      let sum = identity(5);
      for (let k = 1; k < 60; k++) {
        term = scaled(product(term, a), 1 / k);
        sum = sum.map((row, i) => row.map((x, j) => x + term[i]![j]!));
      }
      expect(gap(of(a), sum)).toBeLessThan(1e-14);
    }
  });

  test('ends for extreme matrices, and passes NaN on', () => {
    expect(of([[-1e308]])).toEqual([[0]]);
    expect(of([[1e308]])).toEqual([[Infinity]]);
    expect(of([[NaN]])).toEqual([[NaN]]);
    expect(
      of([
        [Infinity, 0],
        [0, 0],
      ])
        .flat()
        .every(Number.isNaN),
    ).toBe(true);
    expect(matrixExpKernel(viewOf(new Float64Array(0), [0, 0], 'float64')).shape).toEqual([0, 0]);
  });
});
