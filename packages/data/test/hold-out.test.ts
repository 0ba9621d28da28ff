import { expect, test } from '@jest/globals';
import { holdOut, split } from '@tikhonov/data';
import fc from 'fast-check';
import { classCounts, countedRows, rowsOf, sorted } from './helpers.ts';

const settings = { seed: 37, numRuns: 100 };
const sets = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 });

test('the three parts are disjoint, cover, and have their shares', () => {
  fc.assert(
    fc.property(sets, fc.nat(1000), fc.boolean(), (counts, seed, stratify) => {
      const set = countedRows([20, ...counts]);
      const parts = holdOut(set, { validation: 0.2, test: 0.3, seed, stratify });
      const rows = [parts.train, parts.validation, parts.test].map(rowsOf);
      expect(sorted(rows.flat())).toEqual(rowsOf(set));
      expect(parts.validation.size).toBe(Math.round(0.2 * set.size));
      expect(parts.test.size).toBe(Math.round(0.3 * set.size));
      if (!stratify) return;
      for (const [k, count] of classCounts(set).entries()) {
        const share = (parts.test.size * count) / set.size;
        expect(Math.abs(classCounts(parts.test)[k]! - share)).toBeLessThan(1);
      }
    }),
    settings,
  );
});

test('the test part does not depend on the validation share', () => {
  const set = countedRows([40, 60]);
  const [a, b] = [0.1, 0.3].map((validation) => holdOut(set, { validation, seed: 4 }));
  expect(rowsOf(a!.test)).toEqual(rowsOf(b!.test));
  expect(rowsOf(holdOut(set, { seed: 5 }).test)).not.toEqual(rowsOf(a!.test));
});

test('split has the same laws for any sizes', () => {
  fc.assert(
    fc.property(
      sets,
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
      fc.nat(1000),
      (counts, sizes, seed) => {
        const set = countedRows([18, ...counts]);
        const parts = split(set, { sizes, seed });
        expect(parts.map(({ size }) => size)).toEqual(sizes);
        const rows = parts.flatMap(rowsOf);
        expect(new Set(rows).size).toBe(rows.length);
      },
    ),
    settings,
  );
});

test('bad shares are refused', () => {
  const set = countedRows([10]);
  for (const share of [0, 1, -0.1, Number.NaN]) {
    expect(() => holdOut(set, { test: share })).toThrow(
      `holdOut: test must be in (0, 1), got ${share}.`,
    );
    expect(() => holdOut(set, { validation: share })).toThrow(
      'holdOut: validation must be in (0, 1)',
    );
  }
  expect(() => holdOut(set, { test: 0.6, validation: 0.4 })).toThrow(
    'of 10 rows, 0 would be for training, 4 for validation and 6 for the test',
  );
  expect(() => holdOut(set, { test: 0.01 })).toThrow('0 for the test');
});
