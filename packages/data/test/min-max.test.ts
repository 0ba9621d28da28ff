import { describe, expect, test } from '@jest/globals';
import { tensor } from '@tikhonov/core';
import { digits, type MinMaxOptions, minMaxScale } from '@tikhonov/data';
import fc from 'fast-check';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const tables = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 20 });
const ranges = fc
  .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 2 })
  .map((ends) => ends.sort((a, b) => a - b).map((end) => end / 10))
  .map(([low, high]) => [low!, high!] as const);
const settings = { seed: 47, numRuns: 200 };

describe('minMaxScale', () => {
  test('brings every feature to both ends exactly, and constant ones to the lower end', () => {
    fc.assert(
      fc.property(tables, ranges, fc.constantFrom('float32', 'float64'), (rows, range, dtype) => {
        const x = tensor(rows, { dtype });
        const z = minMaxScale(x, { range }).apply(x);
        const ends = tensor([...range], { dtype }).toArray<number[]>();
        expect(z.dtype).toBe(dtype);
        for (const k of [0, 1]) {
          const [raw, column] = [x, z].map((t) => t.toArray<number[][]>().map((row) => row[k]!));
          const isConstant = raw!.every((v) => v === raw![0]);
          expect(Math.min(...column!)).toBe(ends[0]);
          expect(Math.max(...column!)).toBe(isConstant ? ends[0] : ends[1]);
        }
      }),
      settings,
    );
  });

  test('invert undoes apply to rounding', () => {
    fc.assert(
      fc.property(tables, ranges, (rows, range) => {
        const x = tensor(rows, { dtype: 'float64' });
        const units = minMaxScale(x, { range });
        const back = units.invert(units.apply(x)).data();
        const scale = Math.max(...rows.flat().map(Math.abs));
        // A position in the range is rounded at the scale of its ends, at most 5 for a width of 0.1.
        x.data().forEach((v, i) => {
          expect(Math.abs(back[i]! - v)).toBeLessThanOrEqual(800 * scale * 2 ** -52);
        });
      }),
      settings,
    );
  });

  test('the units are those of the training part, and data sets keep the rest', () => {
    const { train, test: held } = digits({ seed: 1 });
    const units = minMaxScale(train);
    expect(units.min.shape).toEqual([64]);
    expect(units.apply(held).y).toBe(held.y);
    const line = minMaxScale(tensor([[0], [2]]));
    expect(line.apply(tensor([[3], [-2], [Infinity]])).toArray()).toEqual([
      [1.5],
      [-1],
      [Infinity],
    ]);
    const clipped = minMaxScale(tensor([[0], [2]]), { range: [1, 3], clip: true });
    expect(clipped.apply(tensor([[3], [-2], [1]])).toArray()).toEqual([[3], [1], [2]]);
  });

  test('refuses bad data and ranges', () => {
    expect(() => minMaxScale(tensor([[1, Number.NaN]]))).toThrow(
      'feature 1 has values that are not',
    );
    expect(() => minMaxScale(tensor([[-Infinity], [1]]))).toThrow(RangeError);
    expect(() => minMaxScale(tensor([[1]], { dtype: 'int32' }))).toThrow('must be floating');
    const ranged = (range: unknown) => () => minMaxScale(tensor([[1]]), { range } as MinMaxOptions);
    for (const range of [[1, 1], [2, 1], [0], [0, Infinity], 'unit']) {
      expect(ranged(range)).toThrow(
        'minMaxScale: range must be [low, high] with finite low < high',
      );
    }
    expect(() => minMaxScale(tensor([[1], [2]])).apply(tensor([[1, 2]]))).toThrow('shape [1]');
  });
});
