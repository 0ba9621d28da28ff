import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findMethod, methods } from '@tikhonov/regularizers';
import { defaults } from '../src/compare/settings.ts';
import { pairedTest } from '../src/compare/statistics.ts';
import { adjusted } from '../src/method-pages/adjust.ts';
import { methodPage } from '../src/method-pages/page.ts';
import type { MethodResults } from '../src/method-pages/results.ts';
import { allPages, loadResults, pagesFolder } from '../src/method-pages/write.ts';

const spread = { mean: 0.5, sd: 0.1 };
const row = {
  runs: 3,
  diverged: 0,
  crashed: 0,
  trainAccuracy: spread,
  testAccuracy: spread,
  trainNll: spread,
  testNll: spread,
  gap: spread,
  epochs: spread,
  penaltyShare: spread,
  isWithoutEffect: false,
  // An interval that ends at 0 has p = 0.05.
  versusNone: { n: 3, mean: -0.1, low: -0.2, high: 0, p: 0.01 },
} as const;
const settings = { ...defaults, trainSize: 300, labelNoise: 0.2, epochs: 120, seeds: 3 };
const results: MethodResults = {
  runs: 1000,
  laws: [{ id: 'l1/gradient', cases: 1000, worstSlack: 0.25, holds: true }],
  comparisons: {
    mlp: {
      settings,
      rows: [
        { ...row, method: 'none', verdict: 'baseline' },
        { ...row, method: 'l1', verdict: 'lower' },
      ],
      curves: [],
    },
  },
};

describe('the page of a method', () => {
  const written = 'The idea.\n\n## When to use it\n\nOften.\n';
  const page = methodPage(findMethod('l1'), written, results);

  test('has the written part around the statement, and sections in order', () => {
    expect(page.match(/^#+ .*$/gm)).toEqual([
      `# ${findMethod('l1').title}`,
      '## When to use it',
      '## Arguments of its recipe',
      '## On digits',
      '## Laws',
      '## Notes',
      '## Reference',
    ]);
    expect(page.indexOf('The idea.')).toBeLessThan(page.indexOf('$$'));
    expect(page.indexOf('$$')).toBeLessThan(page.indexOf('Often.'));
  });

  test('shows what was measured', () => {
    expect(page).toContain('| `l1/gradient` |');
    expect(page).toContain('| 1000 | 0.250 |');
    expect(page).toMatch(
      /Test loss 0\.500 ± 0\.100 nats, .*: lower \(paired t, p = 0\.050; adjusted .* p = 0\.010\)/,
    );
    // A statement may speak of NaN; no figure is one.
    expect(page).not.toMatch(/undefined|NaN(?: ±| nats| %| \|)|p = NaN/);
  });

  test('says where nothing was measured', () => {
    expect(methodPage(findMethod('l2'), written, results)).toContain('Not measured yet.');
  });
});

describe('what is claimed of methods', () => {
  /** Of a method whose own test has `p` when it was measured among others, `versusNone.p` whatever that gave. */
  const measured = (method: string, differences: readonly number[]) =>
    ({
      ...row,
      method,
      versusNone: { ...pairedTest(differences), p: 0.9 },
      verdict: 'within noise',
    }) as const;
  const none = { ...row, method: 'none', versusNone: null, verdict: 'baseline' } as const;
  const [a, b] = [
    [-1, -1.1, -0.9, -1, -1.02],
    [0.1, 0.2, 0.4, 0.1, 0.2],
  ];
  const rows = adjusted([none, measured('l1', a!), measured('l2', b!)]);
  const alone = [a!, b!].map((list) => pairedTest(list).p!);

  test('is adjusted over all of them, whenever they were measured', () => {
    expect(rows.map(({ verdict }) => verdict)).toEqual(['baseline', 'lower', 'higher']);
    expect(rows[1]!.versusNone!.p! / alone[0]!).toBeCloseTo(2, 6);
    expect(rows[2]!.versusNone!.p! / alone[1]!).toBeCloseTo(1, 6);
    expect(rows[0]!.versusNone).toBeNull();
  });

  test('is not adjusted twice', () => {
    expect(adjusted(rows)).toEqual(rows);
  });

  test('counts a method that failed among those tried, and says nothing of its loss', () => {
    const failed = { ...none, method: 'dropout', diverged: 1, verdict: 'diverged' } as const;
    const more = adjusted([...rows, failed]);
    expect(more[3]).toEqual(failed);
    expect(more[1]!.versusNone!.p! / alone[0]!).toBeCloseTo(3, 6);
  });

  test('stays open with too few seeds', () => {
    const few = {
      ...measured('l1', [-1, -2]),
      versusNone: { ...pairedTest([-1, -2]), p: null },
      verdict: 'too few seeds',
    } as const;
    expect(adjusted([none, few])).toEqual([none, few]);
  });
});

test('every method has a part that is written by hand', async () => {
  const pages = await allPages(results);
  expect(methods.map(({ id }) => `${id}.md`).filter((page) => !(page in pages))).toEqual([]);
});

test('docs/methods is up to date: run npm run docs:methods', async () => {
  const measured = await loadResults();
  expect(measured).not.toBeNull();
  for (const [name, text] of Object.entries(await allPages(measured!))) {
    const written = readFileSync(join(pagesFolder, name), 'utf8');
    // The plots draw half a pixel elsewhere where they meet a test runner.
    if (name.endsWith('.svg')) expect([name, written.slice(0, 4)]).toEqual([name, '<svg']);
    else expect([name, written]).toEqual([name, text]);
  }
});
