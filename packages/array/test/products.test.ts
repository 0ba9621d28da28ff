import { describe, expect, test } from '@jest/globals';
import {
  argmaxKernel,
  contiguous,
  matmulKernel,
  maxKernel,
  normKernel,
  permuteView,
  sumKernel,
  svdKernel,
  type View,
  viewOf,
} from '@tikhonov/array';
import { at, elements, indices, randomShape, randomView, source } from './support.ts';

/** Three nested loops, one product after another. */
function naive(a: View, b: View): number[] {
  const batch = a.shape.slice(0, -2);
  const [n, inner, m] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  return Array.from(indices([...batch, n, m]), (index) => {
    const [lead, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += at(a, [...lead, i, k]) * at(b, [...lead, k, j]);
    return sum;
  });
}

describe('matmulKernel', () => {
  test.each(['float64', 'float32'] as const)(
    'is three loops on every stride pattern in %s',
    (dtype) => {
      const next = source(1);
      for (let i = 0; i < 600; i++) {
        const batch = [[], [], [2], [0], [2, 3]][next() % 5]!;
        const [n, k, m] = [next() % 6, next() % 14, next() % 10];
        const a = randomView(next, [...batch, n, k], { dtype });
        const b = randomView(next, [...batch, k, m], { dtype });
        const want = naive(a, b).map((x) => (dtype === 'float32' ? Math.fround(x) : x));
        expect(elements(matmulKernel(a, b))).toEqual(want.map((x) => x + 0));
      }
    },
  );

  test('a transposed operand and its copy give the same bits', () => {
    const next = source(2);
    for (let i = 0; i < 100; i++) {
      const [n, k, m] = [1 + (next() % 5), next() % 40, 1 + (next() % 9)];
      const a = randomView(next, [n, k], { repeat: false });
      const b = permuteView(contiguous(randomView(next, [m, k])), [1, 0]);
      expect(elements(matmulKernel(a, b))).toEqual(
        elements(matmulKernel(contiguous(a), contiguous(b))),
      );
    }
  });
});

describe('reductions over some axes', () => {
  test('sum and max follow their definitions', () => {
    const next = source(3);
    for (let i = 0; i < 200; i++) {
      const x = randomView(next, randomShape(next));
      const axes = x.shape.map((_, k) => k).filter(() => next() % 2 === 0);
      const kept = x.shape.map((n, k) => (axes.includes(k) ? 1 : n));
      const [sums, tops] = [new Map<string, number>(), new Map<string, number>()];
      for (const index of indices(x.shape)) {
        const to = index.map((v, k) => (axes.includes(k) ? 0 : v)).join();
        sums.set(to, (sums.get(to) ?? 0) + at(x, index));
        tops.set(to, Math.max(tops.get(to) ?? -Infinity, at(x, index)));
      }
      const [sum, max] = [sumKernel(x, axes), maxKernel(x, axes)];
      expect(sum.shape).toEqual(kept);
      for (const index of indices(kept)) {
        expect(at(sum, index)).toBe(sums.get(index.join()) ?? 0);
        expect(at(max, index)).toBe(tops.get(index.join()) ?? -Infinity);
      }
    }
  });

  test('argmax is the first of equals, and NaN is the largest', () => {
    const view = (values: readonly number[]): View =>
      viewOf(Float64Array.from(values), [values.length], 'float64');
    expect(elements(argmaxKernel(view([1, 3, 3, 2]), 0))).toEqual([1]);
    expect(elements(argmaxKernel(view([1, NaN, 3, NaN]), 0))).toEqual([1]);
    expect(elements(argmaxKernel(view([-Infinity, -Infinity]), 0))).toEqual([0]);
    expect(elements(maxKernel(view([1, NaN, 3]), [0]))).toEqual([NaN]);
  });
});

describe('normKernel', () => {
  const norm = (values: readonly number[]): number =>
    elements(normKernel(viewOf(Float64Array.from(values), [values.length], 'float64'), [0]))[0]!;

  test('neither over- nor underflows', () => {
    expect(norm([3e200, 4e200]) / 5e200).toBeCloseTo(1, 15);
    expect(norm([3e-200, 4e-200]) / 5e-200).toBeCloseTo(1, 15);
    expect(norm([3e-320, 4e-320]) / 5e-320).toBeCloseTo(1, 3);
    expect(norm([1.5e308, 0])).toBe(1.5e308);
  });

  test('is exact on Pythagorean triples, and 0 of nothing', () => {
    expect([norm([3, 4]), norm([5, -12]), norm([0, 0]), norm([])]).toEqual([5, 13, 0, 0]);
  });

  test('keeps infinities and NaN', () => {
    expect(norm([Infinity, 1])).toBe(Infinity);
    expect(norm([NaN, 1])).toBeNaN();
  });

  test('scales each row by itself', () => {
    const x = viewOf(
      Float64Array.from([3e200, 4e200, 3, 4, 3e-200, 4e-200, 0, 0]),
      [4, 2],
      'float64',
    );
    const [big, plain, small, none] = elements(normKernel(x, [1]));
    expect(big! / 5e200).toBeCloseTo(1, 15);
    expect(plain).toBe(5);
    expect(small! / 5e-200).toBeCloseTo(1, 15);
    expect(none).toBe(0);
  });
});

describe('singular values of svdKernel', () => {
  const singularValues = (x: View): number[] => elements(svdKernel(x)[1]);
  const of = (rows: readonly (readonly number[])[]): number[] =>
    singularValues(
      viewOf(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length], 'float64'),
    );
  const close = (got: readonly number[], want: readonly number[]): void => {
    expect(got.length).toBe(want.length);
    for (const [i, w] of want.entries())
      expect(Math.abs(got[i]! - w)).toBeLessThan(1e-14 * (1 + w));
  };

  test('of known matrices', () => {
    close(
      of([
        [3, 0],
        [0, -5],
      ]),
      [5, 3],
    );
    close(
      of([
        [3, 0],
        [4, 5],
      ]),
      [Math.sqrt(45), Math.sqrt(5)],
    );
    close(
      of([
        [1, 1],
        [1, 1],
      ]),
      [2, 0],
    );
    close(of([[1, 2, 2]]), [3]);
    close(
      of([
        [0, 0],
        [0, 0],
      ]),
      [0, 0],
    );
  });

  test('of a graded matrix are relatively accurate', () => {
    const [large, small] = of([
      [1, 0],
      [0, 1e-150],
    ]);
    expect([large, small! / 1e-150]).toEqual([1, 1]);
  });

  test('are those of the transpose, and have the Frobenius norm', () => {
    const next = source(4);
    for (let i = 0; i < 50; i++) {
      const x = randomView(next, [1 + (next() % 6), 1 + (next() % 6)]);
      const values = singularValues(x);
      close(values, singularValues(permuteView(x, [1, 0])));
      const square = elements(x).reduce((total, v) => total + v * v, 0);
      expect(Math.abs(values.reduce((t, s) => t + s * s, 0) - square)).toBeLessThan(
        1e-12 * (1 + square),
      );
    }
  });
});
