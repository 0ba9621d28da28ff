import { describe, expect, test } from '@jest/globals';
import { DTypeError, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import {
  batches,
  classWeights,
  DataLoader,
  type Dataset,
  holdOut,
  kFold,
  shuffle,
  split,
  standardize,
  withClassWeights,
  withLabelNoise,
} from '@tikhonov/data';
import { countedRows, rowsOf } from './helpers.ts';

/** Rows that name themselves, weighed by their name plus 1. */
function weighed(counts: readonly number[]): Dataset {
  const rows = countedRows(counts);
  return rows.with({ sampleWeight: rows.x.reshape([rows.size]).add(1) });
}

const weightsOf = (part: { readonly sampleWeight?: Tensor | undefined }): number[] =>
  Array.from(part.sampleWeight!.data());
const expected = (part: { readonly x: Tensor }): number[] => rowsOf(part).map((row) => row + 1);

describe('weights of rows', () => {
  test('go along wherever rows go', () => {
    const set = weighed([6, 6]);
    const { train, validation, test: held } = holdOut(set, { seed: 3 });
    const folds = kFold(set, { folds: 3 });
    const parts = [
      set.take([3, 0, 3]),
      set.subset(4),
      shuffle(set, { seed: 1 }),
      ...split(set, { sizes: [4, 3] }),
      ...[train, validation, held],
      ...folds.flatMap((fold) => [fold.train, fold.validation]),
      ...batches(set, { batchSize: 5 }),
      ...new DataLoader(set, { batchSize: 5, seed: 2 }),
    ];
    for (const part of parts) expect(weightsOf(part)).toEqual(expected(part));
    expect(parts.length).toBe(20);
  });

  test('stay when inputs or labels change', () => {
    const set = weighed([3, 3]);
    expect(weightsOf(standardize(set).apply(set))).toEqual(weightsOf(set));
    expect(weightsOf(withLabelNoise(set, { rate: 0.5, seed: 0 }).dataset)).toEqual(weightsOf(set));
    expect(set.with({ sampleWeight: undefined }).sampleWeight).toBeUndefined();
  });

  test('are not there where nobody gave them', () => {
    const set = countedRows([2, 2]);
    for (const part of [set.take([0]), ...batches(set), ...new DataLoader(set)]) {
      expect('sampleWeight' in part && part.sampleWeight !== undefined).toBe(false);
    }
  });

  test('are 0 for the rows that fill a padded batch', () => {
    for (const seeded of [{}, { seed: 4 }]) {
      const loader = new DataLoader(weighed([3, 3]), { batchSize: 4, pad: true, ...seeded });
      const last = [...loader].at(-1)!;
      expect(last.mask.toArray()).toEqual([true, true, false, false]);
      expect(weightsOf(last)).toEqual([...expected(last).slice(0, 2), 0, 0]);
    }
  });

  test('must be finite, >= 0, floating, one per row and not all 0', () => {
    const set = countedRows([2, 1]);
    const weights = (values: number[]) => () => set.with({ sampleWeight: tensor(values) });
    expect(weights([1, -1, 1])).toThrow(
      'Dataset(counted): sampleWeight must be finite and >= 0, got -1.\n  A weight of 0 leaves a row out.',
    );
    for (const bad of [Number.NaN, Infinity]) expect(weights([1, bad, 1])).toThrow(RangeError);
    expect(weights([0, 0, 0])).toThrow(/weights of all 3 rows are 0, so none counts/);
    expect(weights([1, 1])).toThrow(ShapeError);
    expect(weights([1, 1])).toThrow(/must be \[3\], one weight per row, got \[2\]/);
    expect(() => set.with({ sampleWeight: tensor([1, 1, 1], { dtype: 'int32' }) })).toThrow(
      DTypeError,
    );
    expect(() => set.with({ sampleWeight: [1, 1, 1] as never })).toThrow(TypeError);
  });
});

describe('classWeights', () => {
  test('makes all classes count the same, as "balanced" does', () => {
    const set = countedRows([6, 3, 1]);
    const weights = classWeights(set, { dtype: 'float64' });
    expect(weights.toArray()).toEqual([10 / 18, 10 / 9, 10 / 3]);
    expect(classWeights(set.y, { dtype: 'float64' }).toArray()).toEqual(weights.toArray());
    expect(classWeights(set).dtype).toBe('float32');
  });

  test('counts rows by their weights', () => {
    const set = countedRows([2, 2]).with({ sampleWeight: tensor([1, 0, 1, 2]) });
    expect(classWeights(set, { dtype: 'float64' }).toArray()).toEqual([2, 2 / 3]);
  });

  test('refuses a class without rows, and labels that are none', () => {
    expect(() => classWeights(countedRows([2, 0, 1]))).toThrow(
      'classWeights: class 1 of 3 has no rows to be weighed by.',
    );
    const unweighted = countedRows([1, 1]).with({ sampleWeight: tensor([1, 0]) });
    expect(() => classWeights(unweighted)).toThrow('class 1 of 2 has no rows with a weight');
    const labels = tensor([0, 2], { dtype: 'int32' });
    expect(() => classWeights(labels)).toThrow(/class 1 of 3/);
    expect(() => classWeights(labels, { classes: 2 })).toThrow(/label 2 is outside \[0, 2\)/);
    expect(() => classWeights(countedRows([1, 1]), { classes: 3 })).toThrow(/has 2 classes, not 3/);
    expect(() => classWeights(tensor([0, 1]))).toThrow(DTypeError);
    expect(() => classWeights(countedRows([1]).with({ classes: undefined }))).toThrow(
      'classWeights: counted has no classes.',
    );
    expect(() => classWeights(null as never)).toThrow(TypeError);
    expect(() => classWeights(labels, { classes: 3, dtype: 'int32' })).toThrow(DTypeError);
  });
});

describe('withClassWeights', () => {
  test('weighs rows by class, on top of the weights they have', () => {
    const set = countedRows([1, 2]);
    const once = withClassWeights(set, [3, 0.5]);
    expect(weightsOf(once)).toEqual([3, 0.5, 0.5]);
    expect(weightsOf(withClassWeights(once, tensor([2, 4])))).toEqual([6, 2, 2]);
    expect(weightsOf(withClassWeights(set))).toEqual([1.5, 0.75, 0.75]);
  });

  test('takes a class without rows if its weight is given', () => {
    expect(weightsOf(withClassWeights(countedRows([1, 0]), [2, 5]))).toEqual([2]);
    expect(() => withClassWeights(countedRows([1, 0]))).toThrow(/class 1 of 2 has no rows/);
  });

  test('refuses weights that do not fit', () => {
    const set = countedRows([1, 1]);
    expect(() => withClassWeights(set, [1])).toThrow('must be [2], one per class, got [1]');
    expect(() => withClassWeights(set, [1, -1])).toThrow(RangeError);
    expect(() => withClassWeights(set.with({ classes: undefined }), [1, 1])).toThrow(
      'withClassWeights: counted has no classes.',
    );
  });
});
