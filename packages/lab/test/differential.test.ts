import { describe, expect, test } from '@jest/globals';
import type { Transformation } from '@tikhonov/check';
import { exp, mul, neg, sin, type Tensor, tensor } from '@tikhonov/core';
import { primitives } from '@tikhonov/core/engine';
import { compiledBy, variantNames } from '../src/differential/compiler.ts';
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
import { usesIn } from '../src/differential/uses.ts';

const chunk = (fields: Partial<ProgramsResult> = {}): ProgramsResult => ({
  kind: 'programs',
  count: 1000,
  counts: Object.fromEntries(
    primitives
      .flatMap(({ name }) => [name, `${name} float32`, `${name} float64`])
      .map((use) => [use, 50]),
  ),
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
  variant: 'all',
  index: 4,
  problem: 'result 0: element 0 is 1 instead of exactly 2',
  shrunkProblem: 'result 0: element 1 is 1 instead of exactly 2',
  code: 'const program = () => {};',
} as const;

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
        'program 4 of seed 7 differs (all): result 0: element 0 is 1 instead of exactly 2\n' +
          '  made smaller: result 0: element 1 is 1 instead of exactly 2\n' +
          'const program = () => {};\n' +
          '  again: npm run check:differential -- --runs 5 --seed 7 --variant all --only programs\n',
      ],
      [law(false), 'primitive/exp/compiled falls: exp(1)\n'],
      [
        chunk({ count: 20_000, counts: { ...chunk().counts, exp: 400, 'exp float64': 199 } }),
        'exp float64 (199)',
      ],
    ];
    for (const [result, text] of failing) {
      const summary: Summary = summarize([result]);
      expect(isClean(summary)).toBe(false);
      expect(summaryText(summary)).toContain(text);
    }
  });

  test('asks for enough programs with every primitive in every dtype that it takes', () => {
    const least = (n: number): DifferentialResult =>
      chunk({
        count: 20_000,
        counts: Object.fromEntries(Object.keys(chunk().counts).map((use) => [use, n])),
      });
    expect(isClean(summarize([least(200)]))).toBe(true);
    const { rare } = summarize([least(199)]);
    expect(rare).toEqual(expect.arrayContaining(['exp (199)', 'exp float32 (199)', 'check (199)']));
    expect(rare).not.toContain('check float32 (199)');
    // A few programs say nothing about that.
    expect(isClean(summarize([chunk({ counts: {} })]))).toBe(true);
  });

  test('shows how many programs contained each primitive, the rarest first', () => {
    const table = coverageTable(
      new Map([
        ['exp', 3],
        ['exp float32', 2],
        ['exp float64', 1],
        ['argsort', 4],
        ['sin', 2],
      ]),
    );
    expect(table).toMatch(/sin\s+│\s+2\s+│\s+│\s+│ argsort\s+│\s+4\s+│/);
    expect(table).toMatch(/exp\s+│\s+3\s+│\s+2\s+│\s+1\s+│/);
  });

  test('reads off a printed program which primitives are in it, and in which dtypes', () => {
    const graph = [
      '%0 = input float32[2, 3]',
      '%1 = read c0 float64[]',
      '%2 = constant 3 int32[]',
      '%3 = exp(%0) float32[2, 3]',
      '%4 = astype(%3) { dtype: "float64" } float64[2, 3]',
      '%5, %6 = slogdet(%4) float64[], float64[]',
      '%7 = less(%5, %1) bool[]',
      '%8 = cond(%7, %2) int32[]',
      '  onTrue(%9 int32[], %10 float32[4])',
      '    %11 = argsort(%10) { axis: 0 } int32[4]',
      '    return %11',
      '  onFalse()',
      '%12 = check(%7) bool[]',
      'return %8',
    ].join('\n');
    expect([...usesIn(graph)].sort()).toEqual(
      [
        ...['argsort', 'argsort float32', 'astype', 'astype float32', 'astype float64', 'check'],
        ...['cond', 'exp', 'exp float32', 'less', 'less float64', 'slogdet', 'slogdet float64'],
      ].sort(),
    );
  });

  test('counts what is compiled, not what is simplified away', () => {
    const counted = compiledBy('all')((x: Tensor) => [exp(x), neg(neg(mul(sin(x), 1)))]);
    counted(tensor([1, 2]));
    const [{ graph }] = counted.explain!() as [{ graph: string }];
    expect(usesIn(graph)).toEqual(new Set(['exp', 'exp float32', 'sin', 'sin float32']));
  });

  test('finds what is wrong, and shows a smaller program with it', () => {
    const { disagreements } = runPrograms(5, 20, doubled);
    expect(disagreements.length).toBe(2);
    const [first] = disagreements;
    expect(first!.code.length).toBeLessThan(String(programsOf(5, first!.index + 1).at(-1)).length);
    expect(first!.code).toMatch(/const program = \(/);
    expect(first!.shrunkProblem).toContain('result 0');
  }, 60_000);

  test('compiles in several ways', () => {
    for (const variant of variantNames) {
      const { disagreements, count } = runPrograms(12, 3, compiledBy(variant), variant);
      expect([variant, count, disagreements]).toEqual([variant, 3, []]);
    }
  });

  test('covers every primitive and composite, and the same seed gives the same programs', () => {
    const ids = differentialLaws().map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(200);
    expect(ids).toContain('primitive/exp/compiled');
    expect(ids).toContain('operation/softmax/compiled');
    const run = runDifferential({
      kind: 'law',
      id: 'primitive/exp/compiled',
      seed: 1,
      runs: 3,
      variant: 'all',
    });
    expect(run.kind === 'law' && run.result.holds).toBe(true);
    const [a, b] = [programsOf(9, 2), programsOf(9, 2)];
    expect(a.map(String)).toEqual(b.map(String));
  });
});
