import { describe, expect, test } from '@jest/globals';
import { argmaxP, checkP, gatherP, scatterAddP, type View } from '@tikhonov/core/engine';
import { indexingRules } from '../../../src/lower/loops/indexing/index.ts';
import { denseView, runRule, thrown } from '../harness.ts';
import {
  expectSame,
  flipped,
  inDtype,
  numeric,
  permuted,
  randomView,
  repeated,
} from './support.ts';

/** Indices below `size`, with repetitions; some places stay without any. */
const indices = (shape: readonly number[], size: number): View =>
  denseView(
    Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => (i * i * 7 + (i >> 2)) % size,
    ),
    shape,
    'int32',
  );

/** An index for every row, the same along the last axis. */
const rows = (count: number, width: number, size: number): View =>
  repeated(indices([count, 1], size), [count, width]);

describe('gather', () => {
  test('picks rows of any length, from any layout', () => {
    for (const width of [1, 2, 3, 4, 5, 16, 67, 300, 1100]) {
      for (const dtype of [...numeric, 'bool'] as const) {
        const x = inDtype(randomView([7, width], 'float64'), dtype);
        for (const from of [
          x,
          flipped(x),
          repeated(inDtype(randomView([7, 1], dtype), dtype), [7, width]),
        ]) {
          expectSame(gatherP, [from, rows(9, width, 7)], { axis: 0 });
        }
      }
    }
    const columns = permuted(randomView([5, 7], 'float32'), [1, 0]);
    expectSame(gatherP, [columns, rows(9, 5, 7)], { axis: 0 });
  });

  test('picks with an index of its own for every element, along every axis', () => {
    for (const axis of [0, 1, 2]) {
      for (const dtype of [...numeric, 'bool'] as const) {
        const x = inDtype(randomView([3, 4, 5], 'float64'), dtype);
        const shape = [3, 4, 5].map((n, k) => (k === axis ? 6 : n));
        const index = indices(shape, [3, 4, 5][axis]!);
        for (const [from, at] of [
          [x, index],
          [flipped(x), index],
          [x, flipped(index)],
          [x, inDtype(index, 'uint32')],
        ] as const) {
          expectSame(gatherP, [from, at], { axis });
        }
      }
    }
  });

  test('says that an index is out of range, wherever it is', () => {
    const x = randomView([3, 4], 'float32');
    const vectors = [
      [0, 1, 3],
      [-1, 0, 0],
      [0, 2, -(2 ** 31)],
      [0, 2, 2],
    ];
    for (const vector of vectors) {
      const index = denseView(vector, [3, 1], 'int32');
      expectSame(gatherP, [x, repeated(index, [3, 4])], { axis: 0 });
      expectSame(gatherP, [permuted(x, [1, 0]), permuted(repeated(index, [3, 4]), [1, 0])], {
        axis: 1,
      });
      expectSame(scatterAddP, [x, repeated(index, [3, 4]), x], { axis: 0 });
      expectSame(
        scatterAddP,
        [permuted(x, [1, 0]), permuted(repeated(index, [3, 4]), [1, 0]), permuted(x, [1, 0])],
        { axis: 1 },
      );
    }
    const large = denseView([2 ** 32 - 1], [1], 'uint32');
    expectSame(gatherP, [randomView([3], 'float64'), large], { axis: 0 });
    expectSame(scatterAddP, [randomView([3], 'float64'), large, randomView([1], 'float64')], {
      axis: 0,
    });
    expectSame(gatherP, [randomView([0], 'float64'), indices([2], 1)], { axis: 0 });
    expectSame(gatherP, [randomView([0], 'float64'), indices([0], 1)], { axis: 0 });
  });
});

describe('scatterAdd', () => {
  test('adds rows of any length, many to one place, to any base', () => {
    for (const width of [2, 3, 4, 5, 16, 17, 33, 70]) {
      for (const dtype of numeric) {
        const base = randomView([7, width], dtype, 2);
        const source = randomView([9, width], dtype, 3);
        const zeros = repeated(denseView([0], [1, 1], dtype), [7, width]);
        for (const [into, added] of [
          [base, source],
          [zeros, source],
          [flipped(base), flipped(source)],
          [base, repeated(randomView([9, 1], dtype, 4), [9, width])],
        ] as const) {
          expectSame(scatterAddP, [into, rows(9, width, 7), added], { axis: 0 });
        }
      }
    }
  });

  test('adds rows behind other axes', () => {
    for (const dtype of numeric) {
      const index = repeated(indices([2, 6, 1], 4), [2, 6, 8]);
      const [base, source] = [randomView([2, 4, 8], dtype), randomView([2, 6, 8], dtype, 2)];
      expectSame(scatterAddP, [base, index, source], { axis: 1 });
      expectSame(scatterAddP, [base, flipped(index), flipped(source)], { axis: 1 });
    }
  });

  test('adds with an index of its own for every element, along every axis, to few places and to many', () => {
    for (const axis of [0, 1, 2]) {
      for (const picks of [1, 2, 6, 9]) {
        for (const dtype of numeric) {
          const shape = [3, 4, 5].map((n, k) => (k === axis ? picks : n));
          const index = indices(shape, [3, 4, 5][axis]!);
          const [base, source] = [randomView([3, 4, 5], dtype), randomView(shape, dtype, 2)];
          expectSame(scatterAddP, [base, index, source], { axis });
          expectSame(scatterAddP, [flipped(base), flipped(index), flipped(source)], { axis });
        }
      }
    }
  });

  test('rounds float32 once', () => {
    const tiny = 2 ** -24;
    for (const width of [1, 2, 5]) {
      const shape = [4, width];
      const base = denseView(new Array(3 * width).fill(1), [3, width], 'float32');
      const source = denseView(new Array(4 * width).fill(tiny), shape, 'float32');
      const index = repeated(denseView([1, 1, 1, 2], [4, 1], 'int32'), shape);
      expectSame(scatterAddP, [base, index, source], { axis: 0 });
    }
  });

  test('keeps -0 and NaN of what nothing is added to', () => {
    const base = denseView([-0, NaN, -0, 0], [4], 'float32');
    const index = denseView([2], [1], 'int32');
    expectSame(scatterAddP, [base, index, denseView([-0], [1], 'float32')], { axis: 0 });
    expectSame(scatterAddP, [base, indices([0], 1), denseView([], [0], 'float32')], { axis: 0 });
  });
});

describe('argmax', () => {
  test('takes the first of equals, and the first NaN over all', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      for (const line of [
        [1, 3, 3, 2],
        [1, NaN, 5, NaN],
        [NaN, 1, 2, 3],
        [-Infinity, -Infinity, -Infinity, -Infinity],
        [-Infinity, -5, Infinity, Infinity],
        [0, -0, 0, -0],
        [-0, 0, -0, 0],
      ]) {
        expectSame(argmaxP, [denseView(line, [4], dtype)], { axis: 0 });
        const long = [...new Array(30).fill(-Infinity), ...line];
        expectSame(argmaxP, [denseView(long, [34], dtype)], { axis: 0 });
      }
    }
  });

  test('goes along any axis of any layout', () => {
    for (const dtype of numeric) {
      for (const axis of [0, 1, 2]) {
        const x = randomView([3, 20, 5], dtype);
        expectSame(argmaxP, [x], { axis });
        expectSame(argmaxP, [flipped(x)], { axis });
        expectSame(argmaxP, [permuted(x, [2, 0, 1])], { axis });
      }
    }
    expectSame(argmaxP, [denseView([2 ** 32 - 1, 1, 2 ** 31], [3], 'uint32')], { axis: 0 });
    expectSame(argmaxP, [denseView([-1, 1, -(2 ** 31)], [3], 'int32')], { axis: 0 });
    expectSame(argmaxP, [randomView([3, 1], 'float32')], { axis: 1 });
    expectSame(argmaxP, [randomView([0, 2], 'float32')], { axis: 1 });
  });
});

describe('check', () => {
  const attrs = { error: (index: number): Error => new Error(`${index}`) };

  test('finds a false element wherever it is, in any layout', () => {
    for (const n of [0, 1, 3, 4, 7, 8, 23]) {
      for (let bad = -1; bad < n; bad++) {
        const values = Array.from({ length: n }, (_, i) => Number(i !== bad));
        const mask = denseView(values, [n], 'bool');
        expectSame(checkP, [mask], attrs);
        expectSame(checkP, [flipped(mask)], attrs);
        expectSame(checkP, [repeated({ ...mask, shape: [n, 1], stride: [1, 1] }, [n, 3])], attrs);
        const gap = [...values, ...values].flatMap((value) => [value, 0]);
        expectSame(
          checkP,
          [{ ...denseView(gap, [2, 2 * n], 'bool'), shape: [2, n], stride: [2 * n, 2] }],
          attrs,
        );
        const rowsOfGap = [...values, 0, ...values, 0];
        expectSame(checkP, [{ ...denseView(rowsOfGap, [2, n + 1], 'bool'), shape: [2, n] }], attrs);
      }
    }
  });

  test('fails', () => {
    const rule = indexingRules.get('check')!;
    const outputs = [{ shape: [1], dtype: 'bool' }] as const;
    expect(runRule(rule, [denseView([0], [1], 'bool')], outputs, attrs)).toBe(thrown);
    expect(runRule(rule, [denseView([1], [1], 'bool')], outputs, attrs)).not.toBe(thrown);
  });
});
