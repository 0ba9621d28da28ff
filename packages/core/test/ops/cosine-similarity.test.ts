import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  cosineSimilarity,
  DTypeError,
  grad,
  hvp,
  random,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';

const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });
const normal = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });
const finite = (x: Tensor): boolean => Array.from(x.data()).every(Number.isFinite);

describe('cosineSimilarity', () => {
  test.each([1, 0, -1])('derivatives to order 2 in both arguments, axis %i', (axis) => {
    const f = (x: Tensor, y: Tensor): Tensor => cosineSimilarity(x, y, { axis });
    expect(assertGrads(f, [normal(0, [2, 3]), normal(1, [2, 3])]).checked).toBeGreaterThan(0);
    expect(assertGrads(f, [normal(0, [2, 3]), normal(1, [1, 3])]).checked).toBeGreaterThan(0);
  });

  test('is 1 for like directions, -1 for opposite ones, 0 for right angles', () => {
    const x = double([
      [3, 4],
      [3, 4],
      [3, 4],
    ]);
    const y = double([
      [6, 8],
      [-3, -4],
      [-4, 3],
    ]);
    expect(cosineSimilarity(x, y).toArray()).toEqual([1, -1, 0].map((c) => expect.closeTo(c, 15)));
  });

  test('neither overflows nor underflows', () => {
    const big = double([[3e300, 4e300]]);
    const small = double([[3e-300, 4e-300]]);
    expect(cosineSimilarity(big, big).item()).toBeCloseTo(1, 15);
    expect(cosineSimilarity(small, small, { eps: 0 }).item()).toBeCloseTo(1, 15);
  });

  test('a zero vector gives 0 and finite derivatives, also with eps 0', () => {
    const [zero, y] = [double([[0, 0]]), double([[1, 2]])];
    for (const eps of [1e-8, 0]) {
      const f = (x: Tensor): Tensor => cosineSimilarity(x, y, { eps }).sum();
      expect(f(zero).item()).toBe(0);
      expect(finite(grad(f)(zero))).toBe(true);
      expect(finite(hvp(f, [zero], [y])[0])).toBe(true);
    }
  });

  test('a norm below eps is eps', () => {
    const [x, y] = [double([[1e-9, 0]]), double([[1, 0]])];
    expect(cosineSimilarity(x, y).item()).toBeCloseTo(0.1, 14);
  });

  test('what does not fit says so', () => {
    const x = zeros([2, 3]);
    expect(() => cosineSimilarity(x, zeros([2, 4]))).toThrow(ShapeError);
    expect(() => cosineSimilarity(zeros([3]), zeros([3]))).toThrow(
      new ShapeError('cosineSimilarity: axis 1 is out of range for shape [3].\n  Use -1 to 0.'),
    );
    expect(() => cosineSimilarity(x, x, { eps: -1 })).toThrow(
      new RangeError('cosineSimilarity: eps must be finite and >= 0, got -1.'),
    );
    const whole = zeros([2, 3], { dtype: 'int32' });
    expect(() => cosineSimilarity(whole, whole)).toThrow(DTypeError);
    expect(() => cosineSimilarity(x, x, { dim: 0 } as object)).toThrow(
      'cosineSimilarity: unknown option "dim".',
    );
  });
});
