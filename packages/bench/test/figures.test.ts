import { describe, expect, test } from '@jest/globals';
import {
  type Disturbance,
  disagreements,
  type Measurement,
  measure,
  type Peer,
  type PeerResult,
  quantile,
  renderResults,
  runRounds,
  spreadOf,
  summarize,
  workloads,
} from '../src/index.ts';

const quiet: Disturbance = { others: 0.01, own: 1 };

const measurement = (
  peer: string,
  median: number,
  more: Partial<Measurement> = {},
): Measurement => ({
  peer,
  workload: 'W3',
  version: '1',
  median,
  p10: median - 1,
  p90: median + 1,
  firstUs: 10,
  warmupSteps: 1,
  samples: 7,
  callsPerSample: 1,
  losses: [1, 1, 1],
  trains: true,
  disturbance: quiet,
  ...more,
});

const peerOf = (id: string): Peer => ({ id, variant: 'v', load: async () => ({ version: '1' }) });
const [a, b] = [peerOf('a'), peerOf('b/c')];
const w3 = workloads.find(({ id }) => id === 'W3')!;

test('quantiles lie between neighbours', () => {
  expect(quantile([1, 2, 3, 5], 0.5)).toBe(2.5);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, p10: 1.2, p90: 2.8 });
});

test('measure warms up first, and keeps what every call returned', async () => {
  const calls: number[] = [];
  const job = { step: (i: number): number => calls.push(i) };
  const budget = { warmupSteps: 5, warmupMs: 0, samples: 3, ms: 0, limitMs: 1e9 };
  const timing = await measure(job, budget);
  expect(timing.warmupSteps).toBe(5);
  expect(timing.samples).toBe(3);
  expect(calls).toEqual(calls.map((_, i) => i));
  expect(timing.values.length).toBe(calls.length);
  expect(timing.median).toBeGreaterThan(0);
});

describe('summarize', () => {
  const of = (id: string, results: readonly PeerResult[]): PeerResult =>
    results.find((result) => result.id === id)!;

  test('takes ratios round by round, then their median', () => {
    const rounds = [
      [measurement('a', 10), measurement('b/c', 30)],
      [measurement('a', 20), measurement('b/c', 40)],
      [measurement('a', 10), measurement('b/c', 50)],
    ];
    const results = summarize('W3', [a, b], rounds);
    expect(of('b/c', results)).toMatchObject({ peer: 'b', variant: 'v', medianUs: 40, reps: 21 });
    expect(of('b/c', results).ratios).toEqual([{ against: 'a', median: 3, min: 2, max: 5 }]);
    expect(of('a', results).ratios).toEqual([
      { against: 'b/c', median: 1 / 3, min: 0.2, max: 0.5 },
    ]);
  });

  test('a peer that fails has no ratio, and the table says why', () => {
    const failed = measurement('b/c', 0, { failed: 'not supported: too hard' });
    const results = summarize('W3', [a, b], [[measurement('a', 10), failed]]);
    expect(results.flatMap(({ ratios }) => ratios)).toEqual([]);
    expect(of('b/c', results).medianUs).toBeNull();
    expect(renderResults([results], ['a'])).toContain('not supported: too hard');
  });

  test('a disturbed round is left out, with its ratio', () => {
    const disturbed = measurement('a', 90, { disturbance: { others: 0.5, own: 1 } });
    const rounds = [
      [measurement('a', 10), measurement('b/c', 20)],
      [disturbed, measurement('b/c', 20)],
    ];
    const result = of('a', summarize('W3', [a, b], rounds));
    expect(result).toMatchObject({ medianUs: 10, roundsUs: [10], disturbed: false });
    expect(result.ratios).toEqual([{ against: 'b/c', median: 0.5, min: 0.5, max: 0.5 }]);
  });

  test('if every round was disturbed, the figures are given and marked', () => {
    const disturbed = measurement('a', 90, { disturbance: { others: 0, own: 0.5 } });
    const results = summarize('W3', [a], [[disturbed]]);
    expect(of('a', results)).toMatchObject({ medianUs: 90, disturbed: true });
    expect(renderResults([results], ['a'])).toContain('90.0 ~');
  });

  test('a loss that does not fall in one round does not train', () => {
    const rounds = [[measurement('a', 1)], [measurement('a', 1, { trains: false })]];
    expect(of('a', summarize('W3', [a], rounds)).trains).toBe(false);
    expect(of('a', summarize('W3', [a], rounds.slice(0, 1))).trains).toBe(true);
  });
});

describe('runRounds', () => {
  const budget = { warmupSteps: 0, warmupMs: 0, samples: 1, ms: 0, limitMs: 0 };
  const attempts = async (others: number[], repeats: number): Promise<Measurement[]> => {
    let calls = 0;
    const plan = { workloads: [w3], peers: [a], rounds: 1, repeats, budget };
    const results = await runRounds(
      plan,
      () => {},
      () => measurement('a', ++calls, { disturbance: { others: others[calls - 1]!, own: 1 } }),
    );
    return results.get('W3')![0]!;
  };

  test('repeats a disturbed measurement, and keeps the first that is not', async () => {
    const [kept] = await attempts([0.5, 0.01], 3);
    expect(kept!.median).toBe(2);
  });

  test('keeps the least disturbed one if none is quiet', async () => {
    const [kept] = await attempts([0.5, 0.3, 0.4, 0.01], 2);
    expect(kept!.median).toBe(2);
  });

  test('alternates peers within a round', async () => {
    const plan = { workloads: [w3], peers: [a, b], rounds: 2, repeats: 0, budget };
    const order: string[] = [];
    await runRounds(
      plan,
      (m, round) => order.push(`${round} ${m.peer}`),
      (peer) => measurement(peer.id, 1),
    );
    expect(order).toEqual(['0 a', '0 b/c', '1 a', '1 b/c']);
  });
});

describe('disagreements', () => {
  test('finds none among peers that agree within float32', () => {
    const near = measurement('b', 1, { losses: [1, 1, 1.0001] });
    expect(disagreements(w3, [measurement('a', 1), near])).toEqual([]);
  });

  test('names the step at which a peer computes something else', () => {
    const off = measurement('b', 1, { losses: [1, 1, 1.001] });
    expect(disagreements(w3, [measurement('a', 1), off])).toEqual([
      'W3, step 10: a has loss 1, b 1.001',
    ]);
  });

  test('finds a loss that does not fall', () => {
    expect(disagreements(w3, [measurement('a', 1, { trains: false })])).toEqual([
      'a W3: the loss does not fall, or is not finite',
    ]);
  });

  test('a crash is a mistake, what is not supported is not', () => {
    const left = measurement('a', 0, { failed: 'not supported: no gradient' });
    const crashed = measurement('b', 0, { failed: 'bench: b W3 ended with status 1.' });
    expect(disagreements(w3, [left, crashed])).toEqual(['b W3: bench: b W3 ended with status 1.']);
  });
});
