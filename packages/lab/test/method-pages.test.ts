import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findMethod, methods } from '@tikhonov/regularizers';
import { defaults } from '../src/compare/settings.ts';
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
    expect(page).toMatch(/Test loss 0\.500 ± 0\.100 nats, .*: lower \(paired t, p = 0\.010\)/);
    // A statement may speak of NaN; no figure is one.
    expect(page).not.toMatch(/undefined|NaN(?: ±| nats| %| \|)|p = NaN/);
  });

  test('says where nothing was measured', () => {
    expect(methodPage(findMethod('l2'), written, results)).toContain('Not measured yet.');
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
