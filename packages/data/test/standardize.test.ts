import { describe, expect, test } from '@jest/globals';
import { ShapeError, tensor } from '@tikhonov/core';
import { digits, standardize } from '@tikhonov/data';
import fc from 'fast-check';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

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

  test('a large mean in float32 leaves no bias', () => {
    // Multiples of 1/8 near 2^20, which float32 holds exactly; their mean it does not.
    const column = Array.from({ length: 1000 }, (_, i) => [2 ** 20 + ((i * i) % 89) / 8]);
    const units = standardize(tensor(column));
    const z = units.apply(tensor(column)).data();
    const mean = Array.from(z).reduce((a, b) => a + b, 0) / 1000;
    // Roundings to float32 of values of at most 2.
    expect(Math.abs(mean)).toBeLessThan(2 ** -23);
    expect(z.constructor).toBe(Float32Array);
  });

  test('invert undoes apply, and data of other dtypes keep theirs', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), (rows) => {
        const x = tensor(rows, { dtype: 'float64' });
        const units = standardize(x);
        const back = units.invert(units.apply(x)).data();
        const scale = Math.max(...rows.flat().map(Math.abs));
        // The difference from the mean, and the sum with it, are rounded at this scale.
        x.data().forEach((v, i) => {
          expect(Math.abs(back[i]! - v)).toBeLessThanOrEqual(8 * scale * 2 ** -52);
        });
      }),
      { seed: 43, numRuns: 200 },
    );
    const single = standardize(tensor([[0], [2]], { dtype: 'float64' })).apply(tensor([[4]]));
    expect([single.dtype, single.toArray()]).toEqual(['float32', [[3]]]);
  });

  test('refuses other features', () => {
    const units = standardize(
      tensor([
        [0, 1],
        [2, 5],
      ]),
    );
    expect(() => units.apply(tensor([[1], [2]]))).toThrow(
      new ShapeError(
        'standardize.apply: the data are [2, 1], and the units are of examples of shape [2].\n' +
          '  Give data with the features that were measured.',
      ),
    );
    expect(() => units.invert(tensor([[1, 2]], { dtype: 'int32' }))).toThrow('must be floating');
  });
});
