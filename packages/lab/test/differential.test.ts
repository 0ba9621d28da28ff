import { describe, expect, test } from '@jest/globals';
import type { Transformation } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import {
  coverageTable,
  isClean,
  type Summary,
  summarize,
  summaryText,
} from '../src/differential/report.ts';
import {
  type DifferentialResult,
  differentialLaws,
  type ProgramsResult,
  programsOf,
  runDifferential,
  runPrograms,
} from '../src/differential/tasks.ts';

const chunk = (fields: Partial<ProgramsResult> = {}): ProgramsResult => ({
  kind: 'programs',
  count: 1000,
  counts: Object.fromEntries(primitives.map(({ name }) => [name, 50])),
  steps: 40_000,
  sharpness: { exact: 600, sharp: 300, loose: 90, open: 10 },
  disagreements: [],
  ...fields,
});

const law = (holds: boolean): DifferentialResult => ({
  kind: 'law',
  result: {
    id: 'primitive/exp/compiled',
    statement: 'it is so',
    cases: 10,
    worstSlack: 1,
    seed: 3,
    holds,
    ...(holds ? {} : { counterexample: { text: 'exp(1)', slack: -1, path: '0' } }),
  },
});

const disagreement = {
  seed: 7,
  index: 4,
  problem: 'result 0: element 0 is 1 instead of exactly 2',
  shrunkProblem: 'result 0: element 1 is 1 instead of exactly 2',
  code: 'const program = () => {};',
};

/** A function whose results are those of another one, the first of them doubled. */
const doubled: Transformation =
  (f) =>
  (...args) => {
    const [first, ...rest] = f(...args);
    return first === undefined ? [] : [first.dtype === 'bool' ? first : first.add(first), ...rest];
  };

describe('check:differential', () => {
  test('adds up what its tasks found, and is clean if they found nothing', () => {
    const summary = summarize([chunk(), chunk(), law(true)]);
    expect(summary.programs).toBe(2000);
    expect(summary.counts.get('exp')).toBe(100);
    expect(isClean(summary)).toBe(true);
    expect(summaryText(summary)).toBe(
      '2000 elements compared: 60.0 % to the bit, 30.0 % within 1e-10 (float32 2e-6), 9.0 % within wider bounds, 1.0 % not at all\n' +
        '2000 programs of 40 steps, 0 differ; 1 operations by themselves, 0 differ',
    );
  });

  test('is not clean if a program or an operation differs, or a primitive was hardly seen', () => {
    const failing: readonly (readonly [DifferentialResult, string])[] = [
      [
        chunk({ disagreements: [disagreement] }),
        'program 4 of seed 7 differs: result 0: element 0 is 1 instead of exactly 2\n' +
          '  made smaller: result 0: element 1 is 1 instead of exactly 2\n' +
          'const program = () => {};\n' +
          '  again: npm run check:differential -- --runs 5 --seed 7 --only programs\n',
      ],
      [law(false), 'primitive/exp/compiled falls: exp(1)\n'],
      [chunk({ counts: { exp: 4 } }), 'in too few programs: abs, acos'],
    ];
    for (const [result, text] of failing) {
      const summary: Summary = summarize([result]);
      expect(isClean(summary)).toBe(false);
      expect(summaryText(summary)).toContain(text);
    }
  });

  test('shows how many programs contained each primitive, the rarest first', () => {
    const table = coverageTable(
      new Map([
        ['exp', 3],
        ['log', 1],
        ['sin', 2],
      ]),
    );
    expect(table).toMatch(/log\s+│\s+1\s+│ sin\s+│\s+2\s+│ exp\s+│\s+3/);
  });

  test('finds what is wrong, and shows a smaller program with it', () => {
    const { disagreements } = runPrograms(5, 20, doubled);
    expect(disagreements.length).toBe(3);
    const [first] = disagreements;
    expect(first!.code.length).toBeLessThan(String(programsOf(5, first!.index + 1).at(-1)).length);
    expect(first!.code).toMatch(/const program = \(/);
    expect(first!.shrunkProblem).toContain('result 0');
  }, 60_000);

  test('covers every primitive and composite, and the same seed gives the same programs', () => {
    const ids = differentialLaws().map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(200);
    expect(ids).toContain('primitive/exp/compiled');
    expect(ids).toContain('operation/softmax/compiled');
    const run = runDifferential({ kind: 'law', id: 'primitive/exp/compiled', seed: 1, runs: 3 });
    expect(run.kind === 'law' && run.result.holds).toBe(true);
    const [a, b] = [programsOf(9, 2), programsOf(9, 2)];
    expect(a.map(String)).toEqual(b.map(String));
  });
});
