import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  DTypeError,
  fullLike,
  gather,
  indexAdd,
  indexSelect,
  linspace,
  logspace,
  ones,
  ShapeError,
  scatterAdd,
  tensor,
  zeros,
} from '../src/index.ts';
import { noise, thrown } from './support.ts';

const int = (values: Parameters<typeof tensor>[0]): ReturnType<typeof tensor> =>
  tensor(values, { dtype: 'int32' });

describe('indexAdd', () => {
  test('adds slices at positions of any axis, repeated ones up', () => {
    const base = zeros([2, 3]);
    const source = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(indexAdd(base, int([2, 2]), source, { axis: -1 }).toArray()).toEqual([
      [0, 0, 3],
      [0, 0, 7],
    ]);
    expect(indexAdd(base, int([]), zeros([0, 3])).toArray()).toEqual(base.toArray());
    assertGrads((x, y) => indexAdd(x, int([1, 0, 1]), y), [noise([2, 2], 1), noise([3, 2], 2)]);
  });

  test.each([
    [() => indexAdd(zeros([2]), int([2]), ones([1])), RangeError, 'index 2 is outside [0, 2)'],
    [() => indexAdd(zeros([2]), int([-1]), ones([1])), RangeError, 'index -1 is outside [0, 2)'],
    [
      () => indexAdd(zeros([2, 2]), int([0]), ones([2, 2])),
      ShapeError,
      'indexAdd: the source must have shape [1, 2], got [2, 2].',
    ],
    [
      () => indexAdd(zeros([2]), int([[0]]), ones([1])),
      ShapeError,
      'indexAdd: the index must be a',
    ],
    [
      () => indexAdd(zeros([2]), tensor([0]), ones([1])),
      DTypeError,
      'indexAdd: the index must be int32',
    ],
  ])('refuses %s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});

describe('options of indexing', () => {
  test('that are misspelt are refused, not ignored', () => {
    const options = { axis: 0, dim: 1 };
    const x = zeros([2, 2]);
    const index = int([
      [0, 0],
      [0, 0],
    ]);
    expect(thrown(() => gather(x, index, options)).message).toContain(
      'gather: unknown option "dim"',
    );
    expect(thrown(() => scatterAdd(x, index, x, options)).message).toContain('scatterAdd: unknown');
    expect(thrown(() => indexSelect(x, int([0]), options)).message).toContain(
      'indexSelect: unknown',
    );
  });
});

describe('linspace and logspace', () => {
  test('include both ends, exactly', () => {
    expect(linspace(-1, 1, 3).toArray()).toEqual([-1, 0, 1]);
    const x = linspace(0.1, 0.7, 7, { dtype: 'float64' }).data();
    expect([x[0], x[6]]).toEqual([0.1, 0.7]);
    for (const [i, v] of x.entries()) expect(v).toBeCloseTo(0.1 + 0.1 * i, 15);
    expect(linspace(3, 5, 1).toArray()).toEqual([3]);
    expect(linspace(3, 5, 0).toArray()).toEqual([]);
    expect(linspace(5, 1, 3, { dtype: 'int32' }).toArray()).toEqual([5, 3, 1]);
    const huge = linspace(-1e308, 1e308, 3, { dtype: 'float64' });
    expect(huge.toArray()).toEqual([-1e308, 0, 1e308]);
    expect(logspace(0, 3, 4, { base: 2 }).toArray()).toEqual([1, 2, 4, 8]);
  });

  test.each([
    [() => linspace(0, Infinity, 3), RangeError, 'linspace: start and stop must be finite'],
    [() => linspace(0, 1, 2.5), RangeError, 'linspace: count must be integers >= 0, got [2.5].'],
    [() => linspace(0, 1, 3, { dtype: 'int32' }), DTypeError, '0.5 is not an int32 value'],
    [
      () => logspace(0, 1, 3, { base: 0 }),
      RangeError,
      'logspace: base must be finite and > 0, got 0.',
    ],
    [() => fullLike(int([1]), 0.5), DTypeError, '0.5 is not an int32 value'],
  ])('refuse %s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});
