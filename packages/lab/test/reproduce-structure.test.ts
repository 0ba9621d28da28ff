import { describe, expect, test } from '@jest/globals';
import {
  depthDistribution,
  linearDecaySurvival,
  maxPoolDropoutProbabilities,
} from '@tikhonov/regularizers';
import { reproductions } from '../src/reproduce/registry.ts';
import type { Reproduced } from '../src/reproduce/reproduction.ts';

type Row = Readonly<Record<string, unknown>>;

/** Judges outputs that are made up; nothing is trained. */
async function judged(name: string, made: (input: Row) => Row, seeds = 4): Promise<Reproduced> {
  const { run } = await reproductions[name]!();
  return run({
    seeds,
    firstSeed: 0,
    data: null,
    quick: false,
    say: () => {},
    runTasks: (inputs: readonly Row[]) =>
      Promise.resolve(inputs.map((input) => ({ ...input, ...made(input) }))),
  });
}

/** Something small that differs from seed to seed, by setting. */
const wobble = (seed: unknown, factor = 1): number => 0.001 * Math.sin(factor * (Number(seed) + 1));

describe('dropout-ridge is reproduced', () => {
  const runs = (loss: number, scores: number, leastSquares: number) => () => ({
    lossGap: loss,
    enumeratedGap: 1e-14,
    marginalGap: 1e-14,
    sampled: [1 + scores * 0.001, 2],
    errors: [0.001, 0.001],
    ridge: [1, 2],
    leastSquares: [leastSquares, 2],
    strength: 1,
    path: [0.1, 1].map((strength) => ({ strength, w: [1, 2] })),
  });
  test.each([
    ['if all agrees', 1e-15, 1, 2, true],
    ['not if the expected loss is another one', 1e-3, 1, 2, false],
    ['not if the weights are others', 1e-15, 9, 2, false],
    ['not if ridge could not be told from least squares', 1e-15, 1, 1.001, false],
  ])('%s', async (_, loss, scores, leastSquares, holds) => {
    expect((await judged('dropout-ridge', runs(loss, scores, leastSquares))).holds).toBe(holds);
  });

  test('not if training on all masks, or on the expectation, ends elsewhere', async () => {
    for (const gap of ['enumeratedGap', 'marginalGap']) {
      const made = () => ({ ...runs(1e-15, 1, 2)(), [gap]: 0.01 });
      expect((await judged('dropout-ridge', made)).holds).toBe(false);
    }
  });
});

describe('mc-dropout is reproduced', () => {
  const runs = (outside: number, odd: number, mean: number, variance: number) => (input: Row) => {
    const factor = input.seed === 0 ? odd : outside + wobble(input.seed);
    const points = [-5, -1, 0, 1, 5].map((x) => ({
      x,
      mean: 0,
      std: Math.abs(x) === 5 ? factor : 1,
      truth: 0,
    }));
    return { points, data: [{ x: 1, y: 0 }], meanScores: [mean], varianceScores: [variance] };
  };
  test.each([
    ['if the spread is larger outside', 3, 3, 1, 1, true],
    ['not if it is the same', 1.01, 1.01, 1, 1, false],
    ['not if it is larger by little', 1.5, 1.5, 1, 1, false],
    ['not if it is smaller for one seed', 10, 0.9, 1, 1, false],
    ['not if the mean is not that over all masks', 3, 3, -9, 1, false],
    ['not if the variance is not', 3, 3, 1, -9, false],
  ])('%s', async (_, outside, odd, mean, variance, holds) => {
    expect((await judged('mc-dropout', runs(outside, odd, mean, variance))).holds).toBe(holds);
  });
});

describe('max-pool-dropout is reproduced', () => {
  const runs = (rank: number, scaled: number, max: number) => (input: Row) => {
    if (input.kind === 'frequencies') {
      const n = Number(input.side) ** 2;
      const theory = maxPoolDropoutProbabilities(n, { p: Number(input.p) }).toArray<number[]>();
      // Smaller cells come out too often by so much.
      const share = theory.map((p, i) => p + (i === n ? -rank : i === n - 1 ? rank : 0));
      return { counts: share.map((p) => Math.round(p * Number(input.windows))) };
    }
    const result = (error: number) => ({
      error: error + wobble(input.seed, error * 100),
      nll: 3 * error + wobble(input.seed, error * 50),
    });
    const results = { weighted: 0.05, scaled, max, passes: 0.05 };
    return {
      results: Object.fromEntries(
        Object.entries(results).map(([rule, error]) => [rule, result(error)]),
      ),
    };
  };
  test.each([
    ['if weighted pooling has the lowest errors', 0, 0.08, 0.07, true],
    ['not if the ranks come out otherwise', 0.02, 0.08, 0.07, false],
    ['not if the scaled maximum does better', 0, 0.04, 0.07, false],
    ['not if the maximum does better', 0, 0.08, 0.04, false],
    ['not if all are the same', 0, 0.05, 0.05, false],
  ])('%s', async (_, rank, scaled, max, holds) => {
    expect((await judged('max-pool-dropout', runs(rank, scaled, max))).holds).toBe(holds);
  });
});

describe('stochastic-depth is reproduced', () => {
  const runs = (shift: number, saved: number) => (input: Row) => {
    if (input.kind === 'training') return { testError: 0.05 + wobble(input.seed) };
    if (input.kind === 'times') {
      return {
        times: [0, 1, 2].map((round) => ({
          'constant depth': 10,
          'stochastic depth': 10 * (1 - saved) + wobble(round),
          'all there': 10,
        })),
      };
    }
    const pmf = depthDistribution(linearDecaySurvival(Number(input.blocks))).toArray<number[]>();
    return { counts: pmf.map((_, k) => Math.round((pmf[k - shift] ?? 0) * Number(input.draws))) };
  };
  test.each([
    ['if depths are as expected and a quarter of the time is saved', 0, 0.25, true],
    ['not if networks are deeper', 1, 0.25, false],
    ['not if too little is saved', 0, 0.05, false],
    ['not if more is saved than can be', 0, 0.6, false],
    ['not if it takes longer', 0, -0.2, false],
  ])('%s', async (_, shift, saved, holds) => {
    expect((await judged('stochastic-depth', runs(shift, saved))).holds).toBe(holds);
  });
});

describe('r-drop is reproduced', () => {
  const runs = (passes: number, evaluation: number, gain: number) => (input: Row) => {
    const [alpha, seed] = [Number(input.alpha), input.seed];
    const divergence = (slope: number) =>
      Math.exp(-slope * Math.log1p(alpha)) + wobble(seed, alpha);
    return {
      betweenPasses: divergence(passes),
      fromEvaluation: divergence(evaluation),
      testError: 0.05,
      testNll: 0.3 - (alpha === 1 ? gain : 0) + wobble(seed, alpha),
      heldNll: alpha === 1 ? 0.1 : 0.3,
    };
  };
  test.each([
    ['if divergences fall and the loss is lower', 1, 1, 0.05, true],
    ['not if that of two passes stays', 0, 1, 0.05, false],
    ['not if that from evaluation stays', 1, 0, 0.05, false],
    ['not if they grow', -1, -1, 0.05, false],
    ['not if the loss stays', 1, 1, 0, false],
    ['not if the loss is higher', 1, 1, -0.05, false],
  ])('%s', async (_, passes, evaluation, gain, holds) => {
    expect((await judged('r-drop', runs(passes, evaluation, gain))).holds).toBe(holds);
  });
});
