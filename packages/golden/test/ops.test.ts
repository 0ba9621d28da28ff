import { describe, expect, test } from '@jest/globals';
import { allLowerings, type Compiled, type CompileOptions, compile } from '@tikhonov/compile';
import { expectedCount, hasGolden, precisions, runOps } from '@tikhonov/golden';

(hasGolden('ops.json') ? describe : describe.skip)('operations against reference values', () => {
  test.each(precisions)('all cases hold in %s', (dtype, tolerance) => {
    const outcomes = runOps(dtype, tolerance);
    const bad = outcomes.filter(({ status }) => status !== 'passed');
    expect(bad.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(expectedCount(406));
  });

  const ways: readonly (readonly [string, CompileOptions])[] = [
    ['by rules of their own', { lowerings: allLowerings }],
    ['as users compile', {}],
  ];
  describe.each(ways)('compiled, %s,', (_name, options) => {
    test.each(precisions)(
      'all cases hold in %s',
      (dtype, tolerance) => {
        const made: Compiled<never, unknown>[] = [];
        const outcomes = runOps(dtype, tolerance, '', (f) => {
          const compiled = compile(f, options);
          made.push(compiled);
          return compiled;
        });
        const bad = outcomes.filter(({ status }) => status !== 'passed');
        expect(bad.map(({ id, problems }) => `${id}: ${problems.join('; ')}`)).toEqual([]);
        // Every function is called once, and none of them plainly.
        expect(made.length).toBeGreaterThanOrEqual(outcomes.length);
        expect(new Set(made.map(({ traces }) => traces))).toEqual(new Set([1]));
      },
      120_000,
    );
  });

  test('a tolerance of zero is not met, so the comparison compares', () => {
    expect(runOps('float64', 0).some(({ status }) => status === 'mismatch')).toBe(true);
  });
});
