import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  DTypeError,
  diag,
  diagonal,
  dot,
  kron,
  matmul,
  ones,
  outer,
  ShapeError,
  type Tensor,
  tensor,
  trace,
  transpose,
  tril,
  triu,
  zeros,
} from '../../src/index.ts';
import { double, noise, thrown } from '../support.ts';

describe('diagonal and trace', () => {
  test.each([
    [3, 3],
    [2, 4],
    [4, 2],
    [1, 3],
    [0, 2],
  ])('of %i x %i take x[i, i + offset] for every offset', (n, m) => {
    const x = noise([n, m], 1);
    const rows = x.toArray() as number[][];
    for (let offset = -5; offset <= 5; offset++) {
      const want = rows.flatMap((row, i) =>
        row[i + offset] === undefined ? [] : [row[i + offset]!],
      );
      expect(diagonal(x, { offset }).toArray()).toEqual(want);
      expect(trace(x, { offset }).item()).toBeCloseTo(
        want.reduce((a, b) => a + b, 0),
        14,
      );
    }
  });

  test('put the diagonal last, for any two axes', () => {
    const x = noise([2, 3, 4], 1);
    const got = diagonal(x, { axis1: -1, axis2: 0, offset: -1 });
    expect(got.shape).toEqual([3, 2]);
    const v = x.toArray() as number[][][];
    expect(got.toArray()).toEqual([0, 1, 2].map((j) => [v[0]![j]![1], v[1]![j]![2]]));
    assertGrads((y) => diagonal(y, { axis1: 2, axis2: 1, offset: 1 }), [noise([2, 2, 3], 2)]);
    assertGrads((y) => trace(y), [noise([3, 2], 2)]);
  });

  test('refuse bad axes and offsets', () => {
    expect(thrown(() => diagonal(zeros([2, 2]), { axis1: 1 })).message).toBe(
      'diagonal: axis1 and axis2 are both 1 of [2, 2].',
    );
    expect(thrown(() => trace(zeros([2]))).message).toContain('trace: axis 1 is out of range');
    expect(thrown(() => trace(zeros([2, 2]), { offset: 0.5 })).message).toBe(
      'trace: the offset must be integers, got [0.5].',
    );
  });
});

describe('diag', () => {
  test('makes a matrix of a vector, and a vector of a matrix', () => {
    for (const k of [-2, -1, 0, 1, 3]) {
      const m = diag(double([1, 2, 3]), { k });
      expect(m.shape).toEqual([3 + Math.abs(k), 3 + Math.abs(k)]);
      expect(diag(m, { k }).toArray()).toEqual([1, 2, 3]);
      expect(Array.from(m.data()).reduce((a, b) => a + b, 0)).toBe(6);
    }
    expect(diag(zeros([0]), { k: -1 }).toArray()).toEqual([[0]]);
    expect(diag(zeros([2, 3]), { k: 7 }).shape).toEqual([0]);
    assertGrads((x) => diag(x, { k: -1 }), [noise([3], 1)]);
    assertGrads((x) => diag(x, { k: 1 }), [noise([2, 3], 1)]);
  });

  test('refuses other ranks', () => {
    expect(thrown(() => diag(zeros([1, 1, 1])))).toBeInstanceOf(ShapeError);
    expect(thrown(() => diag(tensor(1))).message).toContain(
      'diag: needs a vector or a matrix, got []',
    );
  });
});

describe('tril and triu', () => {
  test('keep a triangle of every matrix of a batch', () => {
    const x = ones([2, 3, 4]);
    for (let k = -4; k <= 5; k++) {
      const want = (keep: (i: number, j: number) => boolean): unknown[] =>
        Array.from({ length: 2 }, () =>
          [0, 1, 2].map((i) => [0, 1, 2, 3].map((j) => (keep(i, j) ? 1 : 0))),
        );
      expect(tril(x, { k }).toArray()).toEqual(want((i, j) => j - i <= k));
      expect(triu(x, { k }).toArray()).toEqual(want((i, j) => j - i >= k));
    }
  });

  test('infinities that are cut off leave no NaN, in values or gradients', () => {
    const x = double([
      [1, Infinity],
      [2, 3],
    ]);
    expect(tril(x).toArray()).toEqual([
      [1, 0],
      [2, 3],
    ]);
    assertGrads((y) => tril(y, { k: -1 }), [noise([3, 3], 1)]);
    assertGrads((y) => triu(y), [noise([2, 2, 3], 1)]);
  });

  test('take any dtype, empty matrices and huge k', () => {
    expect(triu(ones([2, 2], { dtype: 'bool' })).toArray()).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(tril(zeros([0, 3])).shape).toEqual([0, 3]);
    expect(tril(ones([2, 2]), { k: 1e12 }).toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(triu(ones([2, 2]), { k: 1e12 }).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('refuse vectors and fractions', () => {
    expect(thrown(() => tril(zeros([3]))).message).toBe('tril: needs rank >= 2, got shape [3].');
    expect(thrown(() => triu(zeros([3, 3]), { k: 0.5 }))).toBeInstanceOf(RangeError);
  });
});

describe('outer, dot and kron', () => {
  test('are the products of their definitions', () => {
    expect(outer(double([1, 2]), double([[3], [4]])).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(dot(double([1, 2]), double([3, 4])).item()).toBe(11);
    const [a, b] = [
      double([[1, 2]]),
      double([
        [1, 0],
        [0, 1],
      ]),
    ];
    expect(kron(a, b).toArray()).toEqual([
      [1, 0, 2, 0],
      [0, 1, 0, 2],
    ]);
    expect(kron(double([1, 2]), b).shape).toEqual([2, 4]);
    assertGrads(outer, [noise([2], 1), noise([3], 2)]);
    assertGrads(kron, [noise([2, 1], 1), noise([1, 3], 2)]);
  });

  test('dot refuses what are not two vectors of one length', () => {
    expect(thrown(() => dot(zeros([2]), zeros([3]))).message).toContain(
      'dot: needs two vectors of one length, got [2] and [3].',
    );
    expect(thrown(() => dot(zeros([2]), 1))).toBeInstanceOf(ShapeError);
  });
});

describe('matmul', () => {
  const shapes: readonly (readonly [left: number[], right: number[], out: number[]])[] = [
    [[3], [3], []],
    [[3], [3, 2], [2]],
    [[2, 3], [3], [2]],
    [
      [2, 3],
      [3, 4],
      [2, 4],
    ],
    [[5, 2, 3], [3], [5, 2]],
    [[3], [5, 3, 2], [5, 2]],
    [
      [5, 2, 3],
      [3, 4],
      [5, 2, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [5, 1, 2, 3],
      [4, 3, 1],
      [5, 4, 2, 1],
    ],
    [
      [0, 2, 3],
      [3, 4],
      [0, 2, 4],
    ],
    [
      [2, 0],
      [0, 4],
      [2, 4],
    ],
    [[0], [0], []],
    [
      [1, 2, 0],
      [3, 0, 1],
      [3, 2, 1],
    ],
  ];

  test.each(shapes)('%j @ %j -> %j, by the definition', (left, right, want) => {
    const [a, b] = [noise(left, 1), noise(right, 2)];
    const got = matmul(a, b);
    expect(got.shape).toEqual(want);
    // As batches of matrices, elementwise and summed.
    const rows = left.length === 1 ? a.expandDims(0) : a;
    const columns = right.length === 1 ? b.expandDims(1) : b;
    const products = rows.expandDims(-1).mul(columns.expandDims(-3)).sum({ axis: -2 });
    const flat = (x: Tensor): number[] => Array.from(x.data());
    for (const [i, value] of flat(got).entries()) {
      expect(value).toBeCloseTo(flat(products)[i]!, 14);
    }
  });

  test.each(shapes.slice(0, 9))('%j @ %j has gradients of both orders', (left, right) => {
    assertGrads(matmul, [noise(left, 1), noise(right, 2)]);
  });

  test('an empty inner dimension gives zeros', () => {
    expect(matmul(zeros([2, 0]), zeros([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(matmul(zeros([0]), zeros([0])).item()).toBe(0);
  });

  test.each([
    [
      zeros([2, 3]),
      zeros([2, 3]),
      'inner dimensions differ: [2, 3] @ [2, 3] (3 vs 2).\n  Did you mean',
    ],
    [zeros([2, 3]), zeros([4]), 'inner dimensions differ: [2, 3] @ [4] (3 vs 4).'],
    [zeros([2]), zeros([]), 'needs rank >= 1 on both sides: [2] @ [].\n  Use mul to scale.'],
    [zeros([2, 1, 3]), zeros([3, 3, 1]), 'batch axes do not broadcast: [2, 1, 3] @ [3, 3, 1].'],
  ])('refuses shapes that do not fit (%#)', (a, b, text) => {
    const error = thrown(() => matmul(a, b));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toContain(`matmul: ${text}`);
  });

  test('refuses integers and mixed dtypes', () => {
    const int = zeros([2, 2], { dtype: 'int32' });
    expect(thrown(() => matmul(int, int))).toBeInstanceOf(DTypeError);
    expect(thrown(() => matmul(zeros([2, 2]), transpose(noise([2, 2], 1)))).message).toContain(
      'matmul: dtypes differ: float32 and float64',
    );
  });
});
