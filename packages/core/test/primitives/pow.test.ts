import { describe, expect, test } from '@jest/globals';
import { grad, pow, tensor } from '../../src/index.ts';

const f64 = (values: number | number[]) => tensor(values, { dtype: 'float64' });

describe('pow', () => {
  test('a whole exponent has finite derivatives at 0, to third order', () => {
    const square = (x: ReturnType<typeof f64>) => pow(x, 2).sum();
    const first = grad(square);
    const second = grad((x: ReturnType<typeof f64>) => first(x).sum());
    const third = grad((x: ReturnType<typeof f64>) => second(x).sum());
    expect(first(f64([0, 3])).toArray()).toEqual([0, 6]);
    expect(second(f64([0, 3])).toArray()).toEqual([2, 2]);
    expect(third(f64([0, 3])).toArray()).toEqual([0, 0]);
  });

  test('d/dy of d/dx x^y is 1 / x at y = 0: the slope vanishes there, its derivative does not', () => {
    const mixed = grad((y: ReturnType<typeof f64>) =>
      grad((x: ReturnType<typeof f64>) => pow(x, y).sum())(f64([0.5])).sum(),
    );
    expect(mixed(f64([0])).toArray()).toEqual([2]);
  });

  test('x^0 is 1 with derivative 0, at 0 as well', () => {
    expect(pow(f64([0, 2]), 0).toArray()).toEqual([1, 1]);
    expect(grad((x: ReturnType<typeof f64>) => pow(x, 0).sum())(f64([0, 2])).toArray()).toEqual([
      0, 0,
    ]);
  });

  test('1 to any power is 1, as in IEEE 754', () => {
    expect(pow(f64([1, -1]), Number.POSITIVE_INFINITY).toArray()).toEqual([1, 1]);
  });
});
