import { describe, expect, test } from '@jest/globals';
import { tensor } from '@tikhonov/core';
import { digits, standardize } from '@tikhonov/data';

describe('standardize', () => {
  test('training features get mean 0 and variance 1, constant ones exactly 0', () => {
    const { train } = digits({ dtype: 'float64' });
    const z = standardize(train).apply(train).x.data();
    const n = train.size;
    const raw = train.x.data();
    for (let k = 0; k < 64; k++) {
      const column = Array.from({ length: n }, (_, i) => z[i * 64 + k]!);
      const isConstant = Array.from({ length: n }, (_, i) => raw[i * 64 + k]).every(
        (v) => v === raw[k],
      );
      const mean = column.reduce((a, b) => a + b, 0) / n;
      const square = column.reduce((a, b) => a + b * b, 0) / n;
      // n roundings of a sum of terms of order 1.
      expect(Math.abs(mean)).toBeLessThan(n * 2 ** -52);
      if (isConstant) expect(column.every((v) => v === 0)).toBe(true);
      else expect(Math.abs(square - 1)).toBeLessThan(8 * n * 2 ** -52);
    }
  });

  test('a constant that sums do not represent exactly still becomes 0', () => {
    const x = tensor([[0.1], [0.1], [0.1]], { dtype: 'float64' });
    expect(standardize(x).apply(x).toArray()).toEqual([[0], [0], [0]]);
  });

  test('other data are measured with the training units', () => {
    const units = standardize(tensor([[0], [2]]));
    expect(units.apply(tensor([[10]])).toArray()).toEqual([[9]]);
  });

  test('refuses values that are not finite, and integers', () => {
    expect(() =>
      standardize(
        tensor([
          [1, 2],
          [1, Number.NaN],
        ]),
      ),
    ).toThrow(/feature 1/);
    expect(() => standardize(tensor([[1]], { dtype: 'int32' }))).toThrow(/floating/);
    const values: unknown = [[1]];
    expect(() => standardize(values as never)).toThrow(/train must be a Tensor, got an array/);
  });
});
