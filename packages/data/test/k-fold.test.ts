import { describe, expect, test } from '@jest/globals';
import { zeros } from '@tikhonov/core';
import { Dataset, type KFoldOptions, kFold } from '@tikhonov/data';
import fc from 'fast-check';
import { classCounts, countedRows, rowsOf, sorted } from './helpers.ts';

const settings = { seed: 31, numRuns: 100 };
const cases = fc.record({
  counts: fc.array(fc.nat(12), { minLength: 1, maxLength: 5 }).map((counts) => [7, ...counts]),
  folds: fc.integer({ min: 2, max: 7 }),
  seed: fc.nat(1000),
  shuffle: fc.boolean(),
  stratify: fc.boolean(),
});
const spreadOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

describe('kFold', () => {
  test('validation parts are disjoint and cover, training parts are the rest', () => {
    fc.assert(
      fc.property(cases, ({ counts, ...options }) => {
        const set = countedRows(counts);
        const folds = kFold(set, options);
        expect(folds.length).toBe(options.folds);
        expect(sorted(folds.flatMap((fold) => rowsOf(fold.validation)))).toEqual(rowsOf(set));
        for (const fold of folds) {
          expect(sorted([...rowsOf(fold.train), ...rowsOf(fold.validation)])).toEqual(rowsOf(set));
          expect(Array.from(fold.trainIndex.data())).toEqual(rowsOf(fold.train));
          expect(Array.from(fold.validationIndex.data())).toEqual(rowsOf(fold.validation));
        }
      }),
      settings,
    );
  });

  test('sizes differ by at most 1, and stratified class counts do', () => {
    fc.assert(
      fc.property(cases, ({ counts, ...options }) => {
        const folds = kFold(countedRows(counts), options).map(({ validation }) => validation);
        expect(spreadOf(folds.map(({ size }) => size))).toBeLessThanOrEqual(1);
        if (!options.stratify) return;
        for (const k of counts.keys()) {
          expect(spreadOf(folds.map((fold) => classCounts(fold)[k]!))).toBeLessThanOrEqual(1);
        }
      }),
      settings,
    );
  });

  test('the seed fixes the folds', () => {
    const set = countedRows([30, 30]);
    const of = (options: KFoldOptions) =>
      kFold(set, options).map((fold) => rowsOf(fold.validation));
    expect(of({ seed: 2 })).toEqual(of({ seed: 2 }));
    expect(of({ seed: 2 })).not.toEqual(of({ seed: 3 }));
    expect(of({ seed: 2, shuffle: false })).toEqual(of({ seed: 3, shuffle: false }));
    const classesInOrder = Array.from(kFold(set, { seed: 2 })[0]!.train.y.data());
    expect(classesInOrder).not.toEqual(sorted(classesInOrder));
  });

  test('plain folds without shuffling are the blocks of scikit-learn', () => {
    const folds = kFold(countedRows([11]), { folds: 3, shuffle: false, stratify: false });
    expect(folds.map((fold) => rowsOf(fold.validation))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10],
    ]);
  });

  test('leaves one out if there are as many folds as rows', () => {
    const folds = kFold(new Dataset({ x: zeros([4, 1]), y: zeros([4]) }), { folds: 4 });
    expect(folds.map(({ train }) => train.size)).toEqual([3, 3, 3, 3]);
  });

  test('refuses what cannot be', () => {
    const set = countedRows([3, 3]);
    expect(() => kFold(set, { folds: 1 })).toThrow('kFold: folds must be at least 2');
    expect(() => kFold(set, { folds: 7 })).toThrow('There are only 6 rows');
    expect(() => kFold(set, { folds: 4 })).toThrow(
      'no class has rows for 4 folds, the largest has 3',
    );
    expect(kFold(set, { folds: 4, stratify: false }).length).toBe(4);
    const targets = new Dataset({ x: zeros([4, 1]), y: zeros([4]) });
    expect(() => kFold(targets, { stratify: true })).toThrow(RangeError);
    expect(() => kFold(targets, { folds: 2, stratify: true })).toThrow('kFold: cannot stratify');
  });
});
