import { describe, expect, test } from '@jest/globals';
import { allLowerings, type Compiled, compile } from '@tikhonov/compile';
import {
  expectedCount,
  type GoldenName,
  hasGolden,
  type Outcome,
  precisions,
  type Through,
} from '@tikhonov/golden';

type Run = (
  float: (typeof precisions)[number][0],
  tolerance: number,
  only?: string,
  through?: Through,
) => Outcome[];

/** The tests of a file of methods, of which the project's own has at least so many cases in float32. */
export function describeMethods(file: GoldenName, run: Run, count: number): void {
  const wrong = (outcomes: readonly Outcome[]): string[] =>
    outcomes
      .filter(({ status }) => status !== 'passed')
      .map(({ id, status, problems }) => `${status} ${id}: ${problems.join('; ')}`);

  (hasGolden(file) ? describe : describe.skip)(`${file} against the library`, () => {
    test.each(precisions)('all cases hold in %s', (dtype, tolerance) => {
      const outcomes = run(dtype, tolerance);
      expect(wrong(outcomes)).toEqual([]);
      expect(outcomes.length).toBeGreaterThanOrEqual(expectedCount(count));
    });

    test.each(precisions)(
      'as compiled functions they hold in %s',
      (dtype, tolerance) => {
        const made: Compiled<never, unknown>[] = [];
        const outcomes = run(dtype, tolerance, '', (f) => {
          const compiled = compile(f, { lowerings: allLowerings });
          made.push(compiled);
          return compiled;
        });
        expect(wrong(outcomes)).toEqual([]);
        // Every function is called once, and none of them plainly.
        expect(made.length).toBeGreaterThan(0);
        expect(new Set(made.map(({ traces }) => traces))).toEqual(new Set([1]));
      },
      120_000,
    );

    test('a tolerance of zero is not met, so the comparison compares', () => {
      expect(run('float64', 0).some(({ status }) => status === 'mismatch')).toBe(true);
    });
  });
}
