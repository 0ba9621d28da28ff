import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { reproductions } from '../src/reproduce/registry.ts';
import {
  renderReproduction,
  renderReproductionJson,
  renderSummary,
  verdictWord,
} from '../src/reproduce/render.ts';
import type {
  AnyReproduction,
  ReproduceContext,
  Reproduced,
} from '../src/reproduce/reproduction.ts';

const facts = { command: 'tikhonov reproduce x', startedAt: '2020-01-01', seconds: 1 };
const settings = { seeds: 1, firstSeed: 0, data: null, quick: true };

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** What `--data` names, for those whose data are here. */
const fixtures: Readonly<Record<string, string>> = {
  'lasso-prostate': fixture('prostate.csv'),
};

/** Runs the smallest version, its tasks one after the other in this thread. */
function quickly({ run, task, seeds }: AnyReproduction, data: string | null): Promise<Reproduced> {
  const context: ReproduceContext<never, unknown> = {
    ...settings,
    data,
    seeds: Math.min(seeds, 2),
    say: () => {},
    async runTasks(inputs) {
      const outputs: unknown[] = [];
      // Plain data only, as between threads.
      for (const input of inputs)
        outputs.push(structuredClone(await task!(structuredClone(input))));
      return outputs;
    },
  };
  return run(context);
}

describe.each(Object.entries(reproductions))('%s', (name, load) => {
  test('says what it is', async () => {
    const { name: own, title, claim, reference, seeds } = await load();
    expect(own).toBe(name);
    expect(title.length).toBeGreaterThan(10);
    expect(claim).toMatch(/^[A-Z].{20,}\.$/);
    expect(reference.year).toBeGreaterThan(1900);
    expect(Number.isInteger(seeds) && seeds >= 1).toBe(true);
  });

  test('runs, and gives figures, a verdict and pages without holes', async () => {
    const which = await load();
    const data = which.data === undefined ? null : (fixtures[name] ?? null);
    // Data that cannot be here, such as MNIST's, are tried by hand.
    if (which.data !== undefined && data === null) return;
    const result = await quickly(which, data);
    expect(result.verdict).toMatch(/^[A-Z].*\.$/s);
    expect(result.figures.length).toBeGreaterThan(0);
    for (const { svg } of result.figures) expect(svg).toMatch(/^<(svg|figure)/);
    const page = renderReproduction(which, settings, result, facts);
    expect(page).toContain(verdictWord(result));
    expect(page + renderSummary(result)).not.toMatch(/undefined|NaN|\[object/);
    const saved = JSON.parse(renderReproductionJson(which, settings, result, facts));
    expect(saved.verdict).toBe(result.verdict);
  }, 60_000);
});

test('a verdict is a word', () => {
  const result = { verdict: 'It is so.', comparisons: [], figures: [] };
  expect([true, false, null].map((holds) => verdictWord({ ...result, holds }))).toEqual([
    'Reproduced',
    'Not reproduced',
    'Open',
  ]);
});

test('the prostate data give the book’s table', async () => {
  const which = await reproductions['lasso-prostate']!();
  const { holds, comparisons } = await quickly(which, fixtures['lasso-prostate']!);
  expect(comparisons.filter(({ agrees }) => agrees === false)).toEqual([]);
  expect(holds).toBe(true);
}, 60_000);
