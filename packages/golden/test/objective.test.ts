import { describe, expect, test } from '@jest/globals';
import { allLowerings, type Compiled, compile } from '@tikhonov/compile';
import { expectedCount, hasGolden, precisions } from '@tikhonov/golden';
import { runObjective } from '@tikhonov/golden/objective';

/** Methods of the file that the library does not have yet. Shorten it with every one that is built. */
const notYet: readonly string[] = [];

(hasGolden('objective.json') ? describe : describe.skip)('methods against reference values', () => {
  test.each(precisions)('all cases of what is built hold in %s', (dtype, tolerance) => {
    const outcomes = runObjective(dtype, tolerance);
    const wrong = outcomes.filter(({ status }) => status === 'mismatch');
    expect(wrong.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
    const unsupported = outcomes.filter(({ status }) => status === 'unsupported');
    const methods = [...new Set(unsupported.map(({ op }) => op))].sort();
    expect(methods.filter((method) => !notYet.includes(method))).toEqual([]);
    // None that is in fact supported.
    if (!process.env.TIKHONOV_GOLDEN) expect(notYet).toEqual(methods);
    expect(outcomes.length).toBeGreaterThanOrEqual(expectedCount(234));
  });

  test.each(precisions)(
    'as compiled functions they hold in %s',
    (dtype, tolerance) => {
      const made: Compiled<never, unknown>[] = [];
      const outcomes = runObjective(dtype, tolerance, '', (f) => {
        const compiled = compile(f, { lowerings: allLowerings });
        made.push(compiled);
        return compiled;
      });
      const wrong = outcomes.filter(({ status }) => status === 'mismatch');
      expect(wrong.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
      // Every function is called once, and none of them plainly.
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map(({ traces }) => traces))).toEqual(new Set([1]));
    },
    120_000,
  );

  test('a tolerance of zero is not met, so the comparison compares', () => {
    expect(runObjective('float64', 0).some(({ status }) => status === 'mismatch')).toBe(true);
  });
});
