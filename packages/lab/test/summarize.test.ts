import { describe, expect, test } from '@jest/globals';
import type { RunResult } from '../src/compare/run-one.ts';
import { conclusions, summarize } from '../src/compare/summarize.ts';
import { renderTables } from '../src/compare/table.ts';

const run = (method: string, seed: number, testNll: number): RunResult => ({
  method,
  seed,
  epochs: 10,
  stopReason: 'epochs',
  train: { accuracy: 1, nll: 0.01 },
  test: { accuracy: 0.8, nll: testNll },
  curve: [],
  seconds: 1,
});

const settings = {
  methods: ['better', 'alike', 'worse'].map((id) => ({ id, values: {} })),
};
// Seeds differ far more from one another than methods do: only pairs can see it.
const base = [1, 2, 3, 4, 5];
const noise = [0.01, -0.02, 0.015, -0.01, 0.005];
const runs = base.flatMap((x, seed) => [
  run('none', seed, x),
  run('better', seed, x - 0.3 + noise[seed]!),
  run('alike', seed, x + noise[seed]!),
  run('worse', seed, x + 0.4 - noise[seed]!),
]);

describe('summarize', () => {
  const summary = summarize(settings, runs);

  test('pairs runs by seed, so that differences between seeds do not hide a method', () => {
    const verdicts = Object.fromEntries(summary.rows.map((row) => [row.method, row.verdict]));
    expect(verdicts).toEqual({
      none: 'baseline',
      better: 'lower',
      alike: 'within noise',
      worse: 'higher',
    });
    expect(summary.helped).toEqual(['better']);
  });

  test('does not depend on the order in which runs finished', () => {
    expect(summarize(settings, [...runs].reverse()).helped).toEqual(['better']);
  });

  test('names no single winner among methods that cannot be told apart', () => {
    const twins = base.flatMap((x, seed) => [
      run('none', seed, x),
      run('better', seed, x - 0.3 + noise[seed]!),
      run('alike', seed, x - 0.3 - noise[seed]!),
    ]);
    const tied = summarize(settings, twins);
    expect([...tied.tiedForLowest].sort()).toEqual(['alike', 'better']);
    expect(conclusions(tied).join(' ')).toContain('cannot be told apart');
  });

  test('claims nothing from one seed', () => {
    const one = summarize(
      settings,
      runs.filter((r) => r.seed === 0),
    );
    expect(one.rows.map((row) => row.verdict)).toEqual([
      'baseline',
      ...Array(3).fill('too few seeds'),
    ]);
    expect(conclusions(one).join(' ')).toContain('Fewer than 3 seeds give no measure of the noise');
  });

  test('summarises what there is when runs are missing', () => {
    const partial = summarize(
      settings,
      runs.filter((r) => r.method !== 'worse' && !(r.method === 'better' && r.seed > 2)),
    );
    expect(partial.rows.map((row) => [row.method, row.runs])).toEqual([
      ['none', 5],
      ['better', 3],
      ['alike', 5],
    ]);
    expect(partial.rows[1]!.versusNone!.n).toBe(3);
  });

  test('has a row for every method in the table', () => {
    const table = renderTables(summary);
    for (const id of ['none', 'better', 'alike', 'worse']) expect(table).toContain(id);
  });
});
