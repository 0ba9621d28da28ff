import { describe, expect, test } from '@jest/globals';
import {
  DTypeError,
  eye,
  grad,
  linalg,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { double, thrown } from '../support.ts';

const singular = double([
  [
    [1, 0],
    [0, 1],
  ],
  [
    [1, 2],
    [2, 4],
  ],
]);

describe('errors of linear algebra', () => {
  test.each<[string, () => unknown, string]>([
    [
      'a matrix that is not positive definite',
      () => linalg.cholesky(singular.sub(1)),
      'cholesky: matrix [0] of the batch is not positive definite, or an element is not finite.\n  Add a multiple of the identity, as in add(x, mul(eye(n), eps)).',
    ],
    [
      'a place in a batch of two axes',
      () => linalg.inverse(singular.reshape([1, 2, 2, 2])),
      'inverse: matrix [0, 1] of the batch is singular (a pivot is 0), or an element is not finite.\n  See pinv and lstsq, or add a multiple of the identity.',
    ],
    [
      'a single matrix',
      () => linalg.solve(zeros([2, 2]), zeros([2])),
      'solve: the matrix is singular (a pivot is 0), or an element is not finite.\n  See pinv and lstsq, or add a multiple of the identity.',
    ],
    [
      'NaN on the right-hand side',
      () => linalg.solve(eye(2), tensor([1, NaN])),
      'solve: the matrix is singular (a pivot is 0), or an element is not finite.\n  See pinv and lstsq, or add a multiple of the identity.',
    ],
    [
      'a triangle with a 0 on its diagonal',
      () =>
        linalg.triangularSolve(
          tensor([
            [1, 5],
            [0, 0],
          ]),
          zeros([2, 1]),
          { upper: true },
        ),
      'triangularSolve: the matrix has a 0 on its diagonal, or an element is not finite.',
    ],
    ...(['svd', 'eigh', 'qr', 'pinv', 'spectralNorm', 'eigvalsh', 'cond'] as const).map(
      (name): [string, () => unknown, string] => [
        `NaN in ${name}`,
        () =>
          linalg[name](
            double([
              [1, NaN],
              [0, 1],
            ]),
          ),
        `${{ spectralNorm: 'svd', eigvalsh: 'eigh', cond: 'svd' }[name as string] ?? name}: the matrix has an element that is not finite.`,
      ],
    ),
    [
      'a negative power',
      () => linalg.matrixPower(zeros([2, 2]), -1),
      'inverse: the matrix is singular (a pivot is 0), or an element is not finite.\n  See pinv and lstsq, or add a multiple of the identity.',
    ],
    [
      'a power of 1.5',
      () => linalg.matrixPower(eye(2), 1.5),
      'matrixPower: n must be an integer, got 1.5.',
    ],
    [
      'an unknown norm',
      () => linalg.matrixNorm(eye(2), { ord: 3 }),
      "matrixNorm: unknown ord 3.\n  It takes 'fro', 'nuc', 1, -1, 2, -2, Infinity and -Infinity.",
    ],
    [
      'a negative rcond',
      () => linalg.pinv(eye(2), { rcond: -1 }),
      'pinv: rcond must be finite and >= 0, got -1.',
    ],
  ])('%s is a RangeError', (_name, body, text) => {
    const error = thrown(body);
    expect(error.message).toBe(text);
    expect(error).toBeInstanceOf(RangeError);
  });

  test.each<[string, () => unknown, string]>([
    [
      'a vector',
      () => linalg.inverse(tensor([1, 2])),
      'inverse: needs a matrix or a batch of them, got shape [2].\n  Reshape it to [..., n, m].',
    ],
    [
      'a number',
      () => linalg.svd(3),
      'svd: needs a matrix or a batch of them, got shape [].\n  Reshape it to [..., n, m].',
    ],
    [
      'a rectangle',
      () => linalg.det(zeros([2, 3])),
      'det: needs square matrices, got shape [2, 3] (2 vs 3).',
    ],
    [
      'too few rows',
      () => linalg.solve(eye(3), zeros([2, 3])),
      'solve: the matrix has 3 rows, the right-hand side 2: [3, 3] and [2, 3].\n  Vectors of a batch are columns: expandDims(b, -1).',
    ],
    [
      'batches that differ',
      () => linalg.solve(zeros([2, 1, 1]), zeros([3, 1, 1])),
      'solve: batch axes do not broadcast: [2, 1, 1] and [3, 1, 1].',
    ],
    [
      'a scalar right-hand side',
      () => linalg.solve(eye(1), 2),
      'solve: the right-hand side must be [n] or [..., n, m], got a scalar.',
    ],
    [
      'the smallest of nothing',
      () => linalg.matrixNorm(zeros([0, 2]), { ord: -2 }),
      'matrixNorm: ord -2 is a smallest value, and there is none in [0, 2].',
    ],
    [
      'the condition of nothing',
      () => linalg.cond(zeros([3, 0])),
      'cond: matrices of shape [3, 0] have no elements.',
    ],
  ])('%s is a ShapeError', (_name, body, text) => {
    const error = thrown(body);
    expect(error.message).toBe(text);
    expect(error).toBeInstanceOf(ShapeError);
  });

  test('dtypes that differ or have no arithmetic are DTypeErrors', () => {
    const mixed = thrown(() => linalg.solve(eye(2), double([1, 2])));
    expect(mixed).toBeInstanceOf(DTypeError);
    expect(mixed.message).toBe(
      "solve: dtypes differ: float32 and float64 (shapes [2, 2] and [2]).\n  Cast one with astype('float32').",
    );
    for (const f of [
      linalg.inverse,
      linalg.det,
      linalg.slogdet,
      linalg.cholesky,
      linalg.qr,
      linalg.svd,
      linalg.eigh,
      linalg.matrixExp,
      linalg.pinv,
      linalg.matrixNorm,
      linalg.cond,
    ]) {
      expect(() => f(zeros([2, 2], { dtype: 'int32' }))).toThrow(DTypeError);
    }
  });

  test('unknown options are TypeErrors', () => {
    const bad: object = { lower: true };
    for (const f of [
      () => linalg.cholesky(eye(2), bad),
      () => linalg.triangularSolve(eye(2), eye(2), bad),
      () => linalg.choleskySolve(eye(2), eye(2), bad),
      () => linalg.matrixNorm(eye(2), bad),
      () => linalg.pinv(eye(2), bad),
      () => linalg.lstsq(eye(2), eye(2), bad),
    ]) {
      expect(f).toThrow(TypeError);
    }
  });

  test('Q and R of dependent columns exist, their derivative does not', () => {
    const x = double([
      [1, 2],
      [2, 4],
    ]);
    const { q, r } = linalg.qr(x);
    expect(q.shape).toEqual([2, 2]);
    expect(r.toArray()).toEqual([
      [expect.closeTo(Math.sqrt(5), 14), expect.closeTo(2 * Math.sqrt(5), 14)],
      [0, expect.closeTo(0, 14)],
    ]);
    const batch = double([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [2, 4],
      ],
    ]);
    const error = thrown(() => grad((at: Tensor) => sum(linalg.qr(at).r))(batch));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      'qr: matrix [1] of the batch has dependent columns, where Q and R have no derivative.\n  See svd and pinv.',
    );
  });
});

describe('shapes of linear algebra', () => {
  test('empty matrices and empty batches', () => {
    const none = zeros([0, 0]);
    expect(linalg.inverse(none).shape).toEqual([0, 0]);
    expect(linalg.cholesky(none).shape).toEqual([0, 0]);
    expect(linalg.det(none).item()).toBe(1);
    expect(linalg.slogdet(none).logabsdet.item()).toBe(0);
    expect(linalg.solve(none, zeros([0])).shape).toEqual([0]);
    expect(linalg.solve(eye(2), zeros([2, 0])).shape).toEqual([2, 0]);
    expect(linalg.eigvalsh(none).shape).toEqual([0]);
    expect(linalg.svdvals(zeros([4, 0])).shape).toEqual([0]);
    expect(linalg.qr(zeros([2, 0])).q.shape).toEqual([2, 0]);
    expect(linalg.qr(zeros([0, 2])).r.shape).toEqual([0, 2]);
    expect(linalg.matrixExp(none).shape).toEqual([0, 0]);
    expect(linalg.pinv(zeros([0, 3])).shape).toEqual([3, 0]);
    expect(linalg.lstsq(zeros([0, 3]), zeros([0])).toArray()).toEqual([0, 0, 0]);
    for (const ord of ['fro', 'nuc', 2, 1, Infinity] as const) {
      expect(linalg.matrixNorm(zeros([2, 0, 3]), { ord }).toArray()).toEqual([0, 0]);
    }
    for (const f of [
      linalg.inverse,
      linalg.cholesky,
      linalg.det,
      linalg.eigvalsh,
      linalg.svdvals,
      linalg.matrixExp,
      linalg.pinv,
    ]) {
      expect(f(zeros([0, 2, 2])).shape[0]).toBe(0);
    }
  });

  test('batches of systems broadcast, and a vector serves all of them', () => {
    const a = eye(2).mul(tensor([1, 2, 4]).reshape([3, 1, 1]));
    expect(linalg.solve(a, tensor([4, 8])).toArray()).toEqual([
      [4, 8],
      [2, 4],
      [1, 2],
    ]);
    expect(linalg.solve(a.expandDims(1), zeros([5, 2, 4])).shape).toEqual([3, 5, 2, 4]);
    expect(linalg.lstsq(a.expandDims(1), zeros([5, 2, 4])).shape).toEqual([3, 5, 2, 4]);
    expect(linalg.triangularSolve(a, tensor([4, 8])).shape).toEqual([3, 2]);
  });

  test('norms keep their axes on request', () => {
    for (const ord of ['fro', 'nuc', 2, -2, 1, -1, Infinity, -Infinity] as const) {
      expect(linalg.matrixNorm(zeros([3, 2, 2]), { ord, keepdims: true }).shape).toEqual([3, 1, 1]);
    }
    const x = tensor([
      [1, -2],
      [3, 5],
    ]);
    const of = (ord: linalg.MatrixOrder): number => linalg.matrixNorm(x, { ord }).item();
    expect([of(1), of(-1), of(Infinity), of(-Infinity)]).toEqual([7, 4, 8, 3]);
    expect(of(2) * of(-2)).toBeCloseTo(11, 5);
  });

  test('float32 results are float64 ones rounded once', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 10],
    ]);
    for (const f of [linalg.inverse, linalg.det, linalg.svdvals, linalg.matrixExp, linalg.pinv]) {
      expect(f(x).toArray()).toEqual(f(x.astype('float64')).astype('float32').toArray());
    }
  });
});
