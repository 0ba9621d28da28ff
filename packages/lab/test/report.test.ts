import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { renderJson } from '../src/compare/json.ts';
import type { RunResult } from '../src/compare/run-one.ts';
import { allMethods, defaults } from '../src/compare/settings.ts';
import { summarize } from '../src/compare/summarize.ts';
import { renderReport } from '../src/report/html.ts';

const settings = { ...defaults, methods: allMethods('mlp') };
const ids = ['none', ...settings.methods.map((method) => method.id)];
const runs: RunResult[] = [0, 1, 2].flatMap((seed) =>
  ids.map((method, i) => ({
    method,
    seed,
    epochs: 20,
    stopReason: 'epochs',
    train: { accuracy: 0.99, nll: 0.02 },
    test: { accuracy: 0.8, nll: 2 - 0.1 * i + 0.01 * ((seed * 7 + i) % 5) },
    curve: [10, 20].map((epoch) => ({
      epoch,
      train: { accuracy: 0.9, nll: 0.1 },
      test: { accuracy: 0.8, nll: 1.5 },
      penalty: method === 'l2' ? { value: 0.2, share: 0.25 } : null,
    })),
    weights: `${method} ${seed}`,
    seconds: 1 + i,
  })),
);
const outcomes = { runs, failures: [] };
const summary = summarize(settings, runs);
const facts = {
  startedAt: '2000-01-01T00:00:00.000Z',
  seconds: 3,
  interrupted: false,
  source: 'a journal',
};

test('the report is self-contained: it loads nothing', () => {
  const page = renderReport(settings, outcomes, summary, { ...facts, command: 'tikhonov compare' });
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(/);
  const addresses = page.match(/(?:href|src)="[^#"][^"]*"/g) ?? [];
  expect(addresses).toEqual([]);
});

test('the report shows every method, the four charts and the formulas', () => {
  const page = renderReport(settings, outcomes, summary, { ...facts, command: 'tikhonov compare' });
  for (const id of ids) expect(page).toContain(id);
  expect(page.match(/<svg/g)).toHaveLength(4);
  expect(page.match(/<math/g)!.length).toBeGreaterThanOrEqual(settings.methods.length);
  expect(page).not.toContain('temml-error');
});

test('the report of runs that all diverged can be drawn and says why', () => {
  const failures = ids.map((method) => {
    return { method, seed: 0, failure: 'diverged', message: 'loss is NaN in <epoch> 1' } as const;
  });
  const page = renderReport(settings, { runs: [], failures }, summarize(settings, [], failures), {
    ...facts,
    command: '',
  });
  expect(page).toContain('l2, seed 0, diverged: loss is NaN in &#60;epoch&#62; 1');
  expect(page).not.toMatch(/NaN ±|>NaN|<svg/);
});

test('the report escapes what the person typed', () => {
  const page = renderReport(settings, outcomes, summary, { ...facts, command: '<b>"&' });
  expect(page).not.toContain('<b>"');
});

test('the report of a single seed and of an interrupted comparison can be drawn', () => {
  const some = runs.filter((run) => run.seed === 0).slice(0, 3);
  const page = renderReport(settings, { runs: some, failures: [] }, summarize(settings, some), {
    ...facts,
    interrupted: true,
    command: '',
  });
  expect(page).toContain('Interrupted');
});

test('the JSON carries every figure of the table, and times only under times', () => {
  const first = renderJson(settings, outcomes, summary, facts);
  const slower = runs.map((run) => ({ ...run, seconds: run.seconds * 2 })).reverse();
  const second = renderJson(settings, { runs: slower, failures: [] }, summarize(settings, slower), {
    ...facts,
    startedAt: 'later',
    seconds: 9,
  });
  const parse = (text: string) => JSON.parse(text) as { times?: unknown; methods: unknown[] };
  const [a, b] = [parse(first), parse(second)];
  expect(a.methods).toHaveLength(ids.length);
  delete a.times;
  delete b.times;
  // Digests, because a difference of the texts would fill pages.
  const digest = (value: unknown) =>
    createHash('sha256').update(JSON.stringify(value)).digest('hex');
  expect(digest(a)).toBe(digest(b));
});
