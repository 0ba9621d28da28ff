import { describe, expect, test } from '@jest/globals';
import { agreement, fc, type Program, predict, programs } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import * as engine from '@tikhonov/core/engine';
import { type Evaluator, eager, primitives, within } from '@tikhonov/core/engine';
import { mistakes, unbroken, wrongTanh } from './mistakes.ts';

const seed = 11;
const derivatives = ['grad', 'vjp', 'jvp', 'hvp'];
const drawnPrograms = (count: number): Program[] => fc.sample(programs(), { numRuns: count, seed });

/** Runs printed code. */
function evaluate(code: string): readonly Tensor[] {
  const scope = { ...core, ...engine };
  const body = code.replace(/\nprogram\(/, '\nreturn program(');
  return new Function(...Object.keys(scope), body)(...Object.values(scope));
}

describe('programs', () => {
  const sample = drawnPrograms(60).map(
    (program) => [program, predict(program.experiment())] as const,
  );

  test('of one seed are the same', () => {
    expect(drawnPrograms(3).map(String)).toEqual(sample.slice(0, 3).map(([each]) => String(each)));
  });

  test('have at least as many steps as asked for, and results', () => {
    const long = fc.sample(programs({ minSteps: 25 }), { numRuns: 10, seed });
    for (const { steps, results } of long) {
      expect(steps.length).toBeGreaterThan(10);
      expect(results.length).toBeGreaterThan(0);
    }
    expect(() => programs({ minSteps: 3, maxSteps: 2 })).toThrow('1 <= minSteps <= maxSteps');
  });

  test('are as deep as asked for', () => {
    const depths = (minDepth: number): number[] =>
      fc
        .sample(programs({ minSteps: 1, maxSteps: 3, minDepth }), { numRuns: 20, seed })
        .map(({ depth }) => depth);
    expect(Math.min(...depths(12))).toBeGreaterThanOrEqual(12);
    expect(Math.min(...depths(0))).toBeLessThan(5);
    expect(() => programs({ minDepth: -1 })).toThrow('an integer from 0 to 100, got -1');
  });

  test('are called twice, those with cells once more with the arguments that they had first', () => {
    const calls = drawnPrograms(30).map((program) => {
      const { calls: all } = program.experiment();
      if (program.cells.length > 0) expect(all[2]).toBe(all[0]);
      return all.length - (program.cells.length > 0 ? 1 : 0);
    });
    expect(new Set(calls)).toEqual(new Set([2]));
  });

  test('print themselves as code that does the same', () => {
    for (const [program, { calls }] of sample) {
      const [call] = calls;
      if (call?.kind !== 'returns') continue;
      const results = evaluate(String(program));
      expect(results.map((x) => x.dtype)).toEqual(call.results.map(({ value }) => value.dtype));
      expect(results.map((x) => [...x.data()])).toEqual(
        call.results.map(({ value }) => [...value.data()]),
      );
    }
  });

  test('agree with themselves, most values to the bit or nearly', () => {
    const total = { exact: 0, sharp: 0, loose: 0, open: 0 };
    for (const [program, predicted] of sample) {
      const { problem, sharpness } = agreement(program.experiment(), unbroken, predicted);
      expect(problem).toBeNull();
      for (const key of ['exact', 'sharp', 'loose', 'open'] as const) total[key] += sharpness[key];
    }
    expect(total.exact).toBeGreaterThan(total.loose);
    expect(total.open).toBeLessThan(0.01 * total.exact);
  });

  test('contain every primitive, cells, requirements that fail, every kind of derivative', () => {
    const ran = new Set<string>();
    const named = new Set<string>();
    let throwing = 0;
    const counting: Evaluator = {
      run: (primitive, ...rest) => {
        ran.add(primitive.name);
        return eager.run(primitive, ...rest);
      },
    };
    for (const program of drawnPrograms(250)) {
      for (const { call } of program.steps) named.add(call.name);
      try {
        within({ evaluator: counting }, () => program.build().f(...program.arguments));
      } catch {
        throwing += 1;
      }
    }
    expect(primitives.map(({ name }) => name).filter((name) => !ran.has(name))).toEqual([]);
    for (const name of ['read', 'write', 'check', 'cond', 'whileLoop', ...derivatives]) {
      expect(named).toContain(name);
    }
    expect(throwing).toBeGreaterThan(2);
  });
});

describe('the comparison catches', () => {
  const sample = fc
    .sample(programs(), { numRuns: 150, seed: 23 })
    .map((program) => program.experiment())
    .map((experiment) => [experiment, predict(experiment)] as const);

  test.each(mistakes)('%s', (_what, transform) => {
    const shows = ([experiment, predicted]: (typeof sample)[number]): boolean =>
      agreement(experiment, transform, predicted).problem !== null;
    expect(sample.some(shows)).toBe(true);
  });

  test('and makes the program small that shows it', () => {
    const property = fc.property(
      programs(),
      (program) => agreement(program.experiment(), wrongTanh).problem === null,
    );
    const { counterexample } = fc.check(property, { numRuns: 200, seed });
    const [program] = counterexample!;
    expect(program.steps.length).toBeLessThanOrEqual(2);
    expect(String(program)).toContain('tanh');
  });
});
