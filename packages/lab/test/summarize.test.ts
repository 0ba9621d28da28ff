import { describe, expect, test } from '@jest/globals';
import type { RunResult } from '../src/compare/run-one.ts';
import { pairedTest } from '../src/compare/statistics.ts';
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
  weights: `${method} ${seed}`,
  seconds: 1,
});

const settings = {
  methods: ['better', 'alike', 'worse'].map((id) => ({ id, values: {} })),
  labelNoise: 0.2,
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

describe('what the methods did', () => {
  test('a method that ends at the weights of none under every seed did nothing, and it is said', () => {
    const idle = runs.map((one) =>
      one.method === 'alike' ? { ...one, weights: `none ${one.seed}` } : one,
    );
    const summary = summarize(settings, idle);
    const without = summary.rows.filter((row) => row.isWithoutEffect).map((row) => row.method);
    expect(without).toEqual(['alike']);
    expect(conclusions(summary).join(' ')).toMatch(/Did nothing, .*: alike\./);
    const almost = idle.map((one) => (one.seed === 0 ? { ...one, weights: one.method } : one));
    expect(summarize(settings, almost).rows.some((row) => row.isWithoutEffect)).toBe(false);
  });

  test('the share of penalties is averaged over training, then over seeds', () => {
    const point = (share: number) => ({
      epoch: 1,
      train: { accuracy: 1, nll: 1 },
      test: { accuracy: 1, nll: 1 },
      penalty: { value: 1, share },
    });
    const strong = runs.map((one) =>
      one.method === 'better' ? { ...one, curve: [point(0.1), point(0.1 + 0.2 * one.seed)] } : one,
    );
    const summary = summarize(settings, strong);
    const share = Object.fromEntries(summary.rows.map((row) => [row.method, row.penaltyShare]));
    expect(share.better!.mean).toBeCloseTo(0.3, 12);
    expect(share.alike).toBeNull();
    expect(renderTables(summary, 200)).toContain('penalty %');
  });
});

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
    expect(conclusions(one).join(' ')).toContain('Fewer than 3 pairs');
  });

  test('shows no interval and no p-value from two seeds, however alike their differences', () => {
    const two = summarize(
      settings,
      runs.filter((r) => r.seed < 2),
    );
    const shown = two.rows.map((row) => row.versusNone);
    expect(shown[3]!.mean).toBeCloseTo(0.405, 6);
    expect(shown.slice(1).map((t) => [t!.low, t!.high, t!.p])).toEqual(
      Array(3).fill([null, null, null]),
    );
  });

  test('judges no method by the runs of it that did not diverge', () => {
    const failure = {
      method: 'better',
      seed: 4,
      failure: 'diverged',
      message: 'loss is NaN',
    } as const;
    const left = runs.filter((r) => !(r.method === 'better' && r.seed === 4));
    const cut = summarize(settings, left, [failure]);
    expect(cut.rows[1]).toMatchObject({
      verdict: 'diverged',
      runs: 4,
      diverged: 1,
      versusNone: null,
    });
    expect(cut.helped).toEqual([]);
    expect(conclusions(cut)).toContain('Diverged, so not compared: better (1 of 5 runs).');
    // It still counts among the methods tried: the others' p-values do not improve.
    const p = (s: typeof cut) => s.rows.find((row) => row.method === 'alike')!.versusNone!.p!;
    expect(p(cut)).toBeGreaterThanOrEqual(p(summary));
    expect(renderTables(cut)).toContain('diverged');
  });

  test('says so when none itself diverged everywhere', () => {
    const failures = base.map((_, seed) => {
      return { method: 'none', seed, failure: 'diverged', message: '' } as const;
    });
    const cut = summarize(
      settings,
      runs.filter((r) => r.method !== 'none'),
      failures,
    );
    expect(cut.rows.slice(1).map((row) => row.verdict)).toEqual(Array(3).fill('too few seeds'));
    expect(conclusions(cut)[0]).toBe('Diverged, so not compared: none (5 of 5 runs).');
    expect(renderTables(cut)).not.toContain('NaN');
  });

  test('adjusts the claim of a lowest method for all pairs that could have been it', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const many = { methods: names.map((id) => ({ id, values: {} })), labelNoise: 0 };
    // a beats b by 0.02 with p = 0.008 alone: enough among the four rivals of a, not among ten pairs.
    const results = base.flatMap((x, seed) => [
      run('none', seed, x),
      run('a', seed, x - 0.3),
      ...['b', 'c', 'd', 'e'].map((id) => run(id, seed, x - 0.3 + 0.02 + 0.65 * noise[seed]!)),
    ]);
    expect(pairedTest(noise.map((e) => 0.02 + 0.65 * e)).p! * 4).toBeLessThan(0.05);
    expect(summarize(many, results).tiedForLowest).toEqual(names);
  });

  test('speaks of wrong labels only when there are some', () => {
    expect(conclusions(summary)[0]).toContain('training labels, 20 % of them wrong,');
    const clean = summarize({ ...settings, labelNoise: 0 }, runs);
    expect(conclusions(clean)[0]).toContain('on its training labels and');
  });

  test('drops the deviations where the terminal is too narrow for them', () => {
    const narrow = renderTables(summary, 80)
      .split('\n')
      .filter((line) => /[│─]/.test(line));
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(renderTables(summary, 200)).toContain('±');
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
