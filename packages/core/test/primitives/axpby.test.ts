import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  equal,
  grad,
  random,
  ShapeError,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { axpby } from '@tikhonov/core/engine';

describe('axpby', () => {
  test.each(['float32', 'float64'] as const)('is mul, mul and add to the bit in %s', (dtype) => {
    const draw = (seed: number, shape: number[]): Tensor =>
      random.normal(random.key(seed), shape, { dtype });
    const [x, y, a, b] = [draw(1, [200]), draw(2, [200]), draw(3, []), draw(4, [])];
    expect(axpby(a, x, b, y).toArray()).toEqual(x.mul(a).add(y.mul(b)).toArray());
  });

  test('broadcasts the terms, reads cells, and takes numbers in their dtype', () => {
    const half = new Cell(tensor(0.5, { dtype: 'float64' }));
    const x = tensor([[2], [4]], { dtype: 'float64' });
    const y = tensor([10, 20], { dtype: 'float64' });
    expect(axpby(half, x, 0.1, y).toArray()).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });

  test('the gradients of the factors are dot products', () => {
    const slopes = grad(([a, b]: readonly [ReturnType<typeof tensor>, ReturnType<typeof tensor>]) =>
      axpby(a, tensor([1, 2]), b, tensor([3, 4])).sum(),
    )([tensor(5), tensor(6)]);
    expect(slopes.map((slope) => slope.item())).toEqual([3, 7]);
  });

  test('refuses factors that are not scalars of the same dtype, and integers', () => {
    const x = tensor([1, 2]);
    expect(() => axpby(tensor([1, 2]), x, 1, x)).toThrow(ShapeError);
    expect(() => axpby(tensor([1, 2]), x, 1, x)).toThrow(
      'axpby: a factor must be float32 [], got float32 [2].\n  Use mul and add',
    );
    expect(() => axpby(tensor(1, { dtype: 'float64' }), x, 1, x)).toThrow(DTypeError);
    const n = tensor([1], { dtype: 'int32' });
    expect(() => axpby(1, n, 1, n)).toThrow('axpby: needs float32 or float64, got int32');
  });
});

test('bool values compare, too, in every layout', () => {
  const x = tensor([
    [true, false],
    [true, true],
  ]);
  expect(equal(x, x.permute([1, 0])).toArray()).toEqual([
    [true, false],
    [false, true],
  ]);
});
