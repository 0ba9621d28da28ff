import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { expectedCount, hasGolden, precisions, runOps } from '@tikhonov/golden';

(hasGolden('ops.json') ? describe : describe.skip)('operations against reference values', () => {
  test.each(precisions)('all cases hold in %s', (dtype, tolerance) => {
    const outcomes = runOps(dtype, tolerance);
    const bad = outcomes.filter(({ status }) => status !== 'passed');
    expect(bad.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(expectedCount(406));
  });

  test.each(precisions)(
    'all cases hold compiled, in %s',
    (dtype, tolerance) => {
      const outcomes = runOps(dtype, tolerance, '', (f) => compile(f));
      const bad = outcomes.filter(({ status }) => status !== 'passed');
      expect(bad.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
    },
    120_000,
  );

  test('a tolerance of zero is not met, so the comparison compares', () => {
    expect(runOps('float64', 0).some(({ status }) => status === 'mismatch')).toBe(true);
  });
});
