import { describe, expect, test } from '@jest/globals';
import { ones, ShapeError, tensor, zeros } from '@tikhonov/core';
import { Dataset, shuffle } from '@tikhonov/data';
import { countedRows, rowsOf, sorted } from './helpers.ts';

describe('Dataset', () => {
  test('take picks rows in the given order, repeats included', () => {
    const picked = countedRows([2, 2]).take([3, 0, 3]);
    expect(rowsOf(picked)).toEqual([3, 0, 3]);
    expect(picked.y.toArray()).toEqual([1, 0, 1]);
    expect(picked.name).toBe('counted');
  });

  test('subset gives the first rows and refuses more than there are', () => {
    const set = countedRows([2, 3]);
    expect(rowsOf(set.subset(3))).toEqual([0, 1, 2]);
    expect(() => set.subset(6)).toThrow(
      'Dataset(counted).subset: n must be an integer in [1, 5], got 6.\n  There are only 5 rows.',
    );
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => set.subset(n)).toThrow(RangeError);
  });

  test('take refuses positions that are no rows', () => {
    for (const i of [-1, 4, 0.5]) expect(() => countedRows([2, 2]).take([i])).toThrow(RangeError);
  });

  test('accepts images and float targets, and refuses what does not fit', () => {
    const images = new Dataset({ x: zeros([4, 1, 2, 2]), y: zeros([4, 3]) });
    expect(images.take([1, 2]).y.shape).toEqual([2, 3]);
    expect(() => new Dataset({ x: zeros([4, 2]), y: zeros([3]) })).toThrow(ShapeError);
    const labels = tensor([0, 2], { dtype: 'int32' });
    expect(() => new Dataset({ x: zeros([2, 1]), y: labels, classes: 2 })).toThrow(
      'Dataset(dataset): label 2 is outside [0, 2).',
    );
    expect(() => new Dataset({ x: zeros([2, 1]), y: zeros([2]), classes: 2 })).toThrow(/int32/);
  });

  test('keeps the names of features as long as there are as many', () => {
    const set = countedRows([2, 2]).with({ featureNames: ['row'] });
    expect(
      [set.take([1]), set.subset(2), set.with({ x: zeros([4, 1]) })].map((s) => s.featureNames),
    ).toEqual([['row'], ['row'], ['row']]);
    expect(set.with({ x: zeros([4, 2]) }).featureNames).toBeUndefined();
    expect(() => set.with({ x: zeros([4, 2]), featureNames: ['a'] })).toThrow(
      new ShapeError(
        'Dataset(counted): 1 feature names for x [4, 2].\n  x must be [n, features], with one name per feature.',
      ),
    );
  });

  test('names what is no tensor', () => {
    const values: unknown = [[1], [2]];
    expect(() => new Dataset({ x: values as never, y: zeros([2]) })).toThrow(
      new TypeError(
        'Dataset(dataset): x must be a Tensor, got an array.\n  Make one with tensor(...), or fromNdarray(...) of an ndarray.',
      ),
    );
    expect(() => new Dataset({ x: zeros([2]), y: undefined as never })).toThrow(/got undefined/);
  });
});

describe('shuffle', () => {
  test('is a permutation that the seed fixes, with labels on their rows', () => {
    const set = countedRows([10, 20, 30]);
    const [a, b, c] = [1, 1, 2].map((seed) => shuffle(set, { seed }));
    expect(rowsOf(a!)).toEqual(rowsOf(b!));
    expect(rowsOf(a!)).not.toEqual(rowsOf(c!));
    expect(sorted(rowsOf(a!))).toEqual(rowsOf(set));
    const labels = set.y.data();
    expect(Array.from(a!.y.data())).toEqual(rowsOf(a!).map((row) => labels[row]));
  });
});

test('a field that there is not is refused: it would be lost', () => {
  const fields = { x: ones([2, 1]), y: ones([2]), sample_weight: ones([2]) };
  expect(() => new Dataset(fields)).toThrow(
    /^Dataset: unknown option "sample_weight"\.\n {2}It takes x, y, sampleWeight/,
  );
  expect(() => new Dataset(undefined as never)).toThrow(
    /^Dataset: options must be an object, got undefined/,
  );
});
