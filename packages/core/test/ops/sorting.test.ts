import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  argsort,
  cumprod,
  cumsum,
  DTypeError,
  grad,
  ShapeError,
  sort,
  sum,
  type Tensor,
  tensor,
  topk,
  zeros,
} from '../../src/index.ts';
import { double, noise, numbers, thrown } from '../support.ts';

describe('argsort and sort', () => {
  test('are stable in both directions; NaN counts as the largest', () => {
    const x = tensor([2, NaN, 1, 2, -0, 0, NaN]);
    expect(argsort(x).toArray()).toEqual([4, 5, 2, 0, 3, 1, 6]);
    expect(argsort(x, { descending: true }).toArray()).toEqual([1, 6, 0, 3, 2, 4, 5]);
    expect(argsort(x).dtype).toBe('int32');
  });

  test('sort along any axis, in any dtype', () => {
    const x = tensor([
      [3, 1],
      [2, 9],
    ]);
    const { values, indices } = sort(x, { axis: 0 });
    expect([values.toArray(), indices.toArray()]).toEqual([
      [
        [2, 1],
        [3, 9],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ]);
    const big = tensor([2 ** 31, 1, 2 ** 32 - 1], { dtype: 'uint32' });
    expect(sort(big, { descending: true }).values.toArray()).toEqual([2 ** 32 - 1, 2 ** 31, 1]);
    expect(sort(tensor([true, false])).values.toArray()).toEqual([false, true]);
    expect(sort(zeros([2, 0])).values.shape).toEqual([2, 0]);
  });

  test('gradients flow through the values, to where they came from', () => {
    const weights = double([1, 10, 100]);
    const f = (x: Tensor): Tensor => sum(sort(x, { descending: true }).values.mul(weights));
    expect(grad(f)(double([5, 9, 7])).toArray()).toEqual([100, 1, 10]);
    assertGrads((x) => sort(x, { axis: 0 }).values, [noise([4, 2], 1)]);
  });

  test('refuse bad axes and options', () => {
    expect(thrown(() => sort(zeros([2]), { axis: 1 })).message).toContain(
      'sort: axis 1 is out of range',
    );
    expect(thrown(() => argsort(tensor(1)))).toBeInstanceOf(ShapeError);
    // @ts-expect-error PyTorch's name of the option
    expect(thrown(() => sort(zeros([2]), { dim: 0 })).message).toContain(
      'sort: unknown option "dim"',
    );
  });
});

describe('topk', () => {
  test('gives the largest or smallest in order, the first of equals first', () => {
    const x = tensor([
      [3, 1, 3],
      [0, 5, 4],
    ]);
    const top = topk(x, 2);
    expect(top.values.toArray()).toEqual([
      [3, 3],
      [5, 4],
    ]);
    expect(top.indices.toArray()).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(topk(x, 1, { axis: 0, largest: false }).values.toArray()).toEqual([[0, 1, 3]]);
    expect(topk(x, 0).values.shape).toEqual([2, 0]);
    expect(topk(tensor([1, NaN]), 1).values.toArray()).toEqual([NaN]);
    assertGrads((y) => topk(y, 2, { axis: 0 }).values, [noise([4, 2], 1)]);
  });

  test.each([[4], [-1], [1.5], [NaN]])('refuses k = %d of 3', (k) => {
    const error = thrown(() => topk(zeros([2, 3]), k));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      `topk: k must be an integer in [0, 3], the size of axis 1 of [2, 3]; got ${k}.`,
    );
  });
});

describe('cumsum and cumprod', () => {
  test('run along one axis, cumsum from either end', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(cumsum(x).toArray()).toEqual([
      [1, 2],
      [4, 6],
    ]);
    expect(cumsum(x, { axis: -1, reverse: true }).toArray()).toEqual([
      [3, 2],
      [7, 4],
    ]);
    expect(cumprod(x, { axis: 1 }).toArray()).toEqual([
      [1, 2],
      [3, 12],
    ]);
    expect(cumprod(zeros([2, 0]), { axis: 1 }).shape).toEqual([2, 0]);
    const int = tensor([2 ** 31 - 1, 1], { dtype: 'int32' });
    expect(cumsum(int).toArray()).toEqual([2 ** 31 - 1, -(2 ** 31)]);
  });

  test.each([1, 2, 3, 7, 8, 9])('cumprod of %i numbers is the running product', (n) => {
    const x = noise([n], 1);
    let product = 1;
    for (const [i, v] of numbers(x).entries()) {
      product *= v;
      expect(cumprod(x).data()[i]).toBeCloseTo(product, 14);
    }
  });

  test('cumprod has exact gradients with zeros', () => {
    const x = double([2, 0, 3, 0, 5]);
    // d/dx_1 of sum(cumprod) = 2 (x_0) + 2 * 3; the others meet a zero.
    expect(grad((y: Tensor) => sum(cumprod(y)))(x).toArray()).toEqual([1, 8, 0, 0, 0]);
    assertGrads(
      (y) => cumprod(y, { axis: 1 }),
      [
        double([
          [2, 0, 3],
          [0, 0, 4],
        ]),
      ],
    );
    assertGrads((y) => cumsum(y, { axis: 1, reverse: true }), [noise([2, 3], 1)]);
  });

  test('refuse bool and scalars', () => {
    expect(thrown(() => cumsum(tensor([true])))).toBeInstanceOf(DTypeError);
    expect(thrown(() => cumprod(tensor([true]))).message).toContain('cumprod: bool');
    expect(thrown(() => cumsum(tensor(1))).message).toContain('A scalar has no axes.');
  });
});
