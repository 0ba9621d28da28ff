import { describe, expect, test } from '@jest/globals';
import {
  assertLaw,
  describeResult,
  equalitySlack,
  type Law,
  law,
  runLaw,
  runLaws,
} from '@tikhonov/check';
import { tensor } from '@tikhonov/core';
import fc from 'fast-check';

const below = (limit: number, id = `integers/below-${limit}`): Law =>
  law({
    id,
    statement: `n < ${limit}`,
    cases: fc.integer({ min: 0, max: 1000 }),
    slack: (n) => (n < limit ? limit - n : -1),
    show: (n) => `n = ${n}`,
  });

describe('runLaw', () => {
  test('reports cases and the worst slack of a law that holds', () => {
    const seen: number[] = [];
    const watched = law({
      ...below(1001),
      slack: (n) => {
        seen.push(n as number);
        return 1001 - (n as number);
      },
    });
    const result = runLaw(watched, { runs: 50, seed: 3 });
    expect(result).toMatchObject({ holds: true, cases: 50, seed: 3, id: 'integers/below-1001' });
    expect(result.worstSlack).toBe(1001 - Math.max(...seen));
    expect(result.counterexample).toBeUndefined();
  });

  test('shrinks a counterexample and shows it', () => {
    const result = runLaw(below(500), { runs: 100, seed: 1 });
    expect(result.holds).toBe(false);
    expect(result.worstSlack).toBe(-1);
    expect(result.counterexample).toMatchObject({ text: 'n = 500', slack: -1 });
    expect(describeResult(result)).toMatch(
      /^FALSIFIED {2}integers\/below-500: n < 500\n {2}\d+ cases, worst slack -1\.00, seed 1\n {2}counterexample \(slack -1\.00, path [\d:]+\): n = 500$/,
    );
    expect(() => assertLaw(below(500), { seed: 1 })).toThrow('seed 1');
  });

  test('is the same for the same seed, and other for another', () => {
    const trail = (seed: number, id: string): number[] => {
      const seen: number[] = [];
      runLaw(law({ ...below(2000, id), slack: (n) => seen.push(n as number) }), { seed, runs: 20 });
      return seen;
    };
    expect(trail(7, 'a')).toEqual(trail(7, 'a'));
    expect(trail(7, 'a')).not.toEqual(trail(8, 'a'));
    expect(trail(7, 'a')).not.toEqual(trail(7, 'b'));
  });

  test('NaN and exceptions falsify, and the message is kept', () => {
    const nan = runLaw(law({ ...below(1), slack: () => Number.NaN }));
    expect([nan.holds, nan.worstSlack, nan.cases]).toEqual([false, NaN, 1]);
    const fails = (): number => {
      throw new RangeError('out of reach');
    };
    const result = runLaw(law({ ...below(1), slack: fails }));
    expect(result.counterexample?.text).toBe('n = 0\n  threw RangeError: out of reach');
  });

  test('effort scales the runs, at least to one', () => {
    expect(runLaw({ ...below(2000), effort: 0.25 }, { runs: 40 }).cases).toBe(10);
    expect(runLaw({ ...below(2000), effort: 0.001 }, { runs: 40 }).cases).toBe(1);
  });

  test('a law whose cases are all skipped does not hold', () => {
    const skips = law({
      ...below(1),
      slack: () => {
        fc.pre(false);
        return 1;
      },
    });
    const result = runLaw(skips);
    expect([result.holds, result.cases, result.worstSlack]).toEqual([false, 0, Infinity]);
    expect(result.counterexample?.text).toContain('too few cases could be judged');
  });

  test('refuses runs and seeds that are not integers', () => {
    expect(() => runLaw(below(1), { runs: 0 })).toThrow(
      'runLaw: runs must be an integer >= 1, got 0.',
    );
    expect(() => runLaw(below(1), { seed: 0.5 })).toThrow(
      'runLaw: the seed must be an integer, got 0.5.',
    );
  });
});

describe('runLaws', () => {
  test('runs all, reports progress, and another law changes nothing', () => {
    const progress: string[] = [];
    const [first, second, extra] = [below(500), below(1001), below(2000)];
    const results = runLaws([first!, second!], {
      seed: 4,
      onProgress: ({ id }, done, total) => progress.push(`${done}/${total} ${id}`),
    });
    expect(progress).toEqual(['1/2 integers/below-500', '2/2 integers/below-1001']);
    expect(runLaws([extra!, second!, first!], { seed: 4 }).slice(1).reverse()).toEqual(results);
  });

  test('refuses two laws of one id', () => {
    expect(() => runLaws([below(1), below(1)])).toThrow('two laws have the id "integers/below-1"');
  });
});

describe('equalitySlack', () => {
  test.each([
    [1, 1, 0.1, 1],
    [1.05, 1, 0.1, 0.5],
    [1.2, 1, 0.1, -1],
    [[1, 2], [1, 2.05], 0.1, 0.5],
    [NaN, NaN, 0.1, 1],
    [NaN, 1, 0.1, NaN],
    [1, NaN, 0.1, NaN],
    [Infinity, Infinity, 0.1, 1],
    [1, Infinity, { rtol: 1 }, -Infinity],
    [[1], [1, 2], 0.1, NaN],
    [1, [1], 0.1, NaN],
    [2, 2, 0, 1],
    [2, 2.5, 0, -Infinity],
    [110, 100, { atol: 10, rtol: 0.1 }, 0.5],
  ])('of %p and %p within %p is %p', (got, want, tolerance, slack) => {
    const found = equalitySlack(got, want, tolerance);
    if (Number.isNaN(slack)) expect(found).toBeNaN();
    else expect(found).toBeCloseTo(slack, 10);
  });

  test('takes tensors, alone and in lists, and compares shapes', () => {
    const [x, y] = [tensor([1, 2]), tensor([1, 2.25])];
    expect(equalitySlack(x, y, 0.5)).toBe(0.5);
    expect(equalitySlack([x, x], [x, y], 0.5)).toBe(0.5);
    expect(equalitySlack(x, [1, 2.25], 0.5)).toBe(0.5);
    expect(equalitySlack(tensor([[1, 2]]), x, 0.5)).toBeNaN();
  });
});
