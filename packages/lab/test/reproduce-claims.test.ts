import { describe, expect, test } from '@jest/globals';
import { reproductions } from '../src/reproduce/registry.ts';
import type { Reproduced } from '../src/reproduce/reproduction.ts';

type Row = Readonly<Record<string, unknown>>;

/** Judges outputs that are made up; nothing is trained. */
async function judged(name: string, made: (input: Row) => Row): Promise<Reproduced> {
  const { run } = await reproductions[name]!();
  return run({
    seeds: 4,
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

describe('vat-moons is reproduced', () => {
  const runs = (vat: number, random: number) => (input: Row) => {
    const base = { VAT: vat, 'random perturbation': random }[String(input.kind)] ?? 0.1;
    const testError = base + wobble(input.seed, base * 100);
    return { testError, validationError: testError, trainError: 0, picture: null };
  };
  test.each([
    ['if VAT has the lowest error', 0.03, 0.06, true],
    ['not if it has more than 0.6 of the error of maximum likelihood', 0.07, 0.09, false],
    ['not if random perturbations do better', 0.05, 0.03, false],
  ])('%s', async (_, vat, random, holds) => {
    expect((await judged('vat-moons', runs(vat, random))).holds).toBe(holds);
  });
});

describe('gradient-penalty-flatness is reproduced', () => {
  const runs = (slope: number, onTheWay: number) => (input: Row) => {
    const lambda = Number(input.lambda);
    const value = 10 + slope * lambda + wobble(input.seed, 1 + lambda);
    const path = [1, 0.5].map((loss, k) => ({
      epoch: k,
      loss: loss + lambda,
      sharpness: value + (k === 0 && lambda === 0 ? onTheWay : 0),
    }));
    return { path, gradientNorm: value, rise: value, testError: 0.05 };
  };
  test.each([
    ['if everything falls with the strength', -10, 0, true],
    ['not if nothing falls', 0, 0, false],
    ['not if the curvature is that of a training that fits less', -10, -8, false],
  ])('%s', async (_, slope, onTheWay, holds) => {
    const { holds: found } = await judged('gradient-penalty-flatness', runs(slope, onTheWay));
    expect(found).toBe(holds);
  });
});

describe('spectral-lipschitz is reproduced', () => {
  const runs = (gain: number, slope: number, lower: number) => (input: Row) => {
    const lambda = Number(input.lambda);
    const upper = 50 + slope * lambda;
    const moved = 0.4 + (lambda > 0 ? gain : 0) + wobble(input.seed, 1 + lambda);
    return {
      upper,
      lower: upper * lower,
      robust: [0.95, 0.9, 0.7, moved, 0.2, 0.1],
      held: { accuracy: 0.95, robust: moved },
    };
  };
  test.each([
    ['if bounds fall and attacks do less harm', 0.1, -100, 0.9, true],
    ['not if the bounds stay', 0.1, 0, 0.9, false],
    ['not if attacks do the same harm', 0, -100, 0.9, false],
    ['not if the bound is none', 0.1, -100, 1.1, false],
  ])('%s', async (_, gain, slope, lower, holds) => {
    expect((await judged('spectral-lipschitz', runs(gain, slope, lower))).holds).toBe(holds);
  });
});

describe('vib is reproduced', () => {
  const runs = (gain: number, best: number, falls: boolean) => (input: Row) => {
    const { beta, seed } = input;
    const error = beta === best ? 0.05 - gain : 0.05;
    const information = { rate: falls ? 1 / Number(beta) : 1, relevant: 2 };
    return {
      train: beta === null ? null : information,
      test: beta === null ? null : information,
      testError: error + wobble(seed, error * 100),
      heldError: beta === best ? 0.01 : 0.05,
      testLoss: 0.2,
      robustError: 0.5 + error + wobble(seed, error * 50),
    };
  };
  test.each([
    ['if a middle beta is better than no bottleneck', 0.02, 0.01, true, true],
    ['not if it is no better', 0, 0.01, true, false],
    ['not if the largest beta is the best', 0.02, 1, true, false],
    ['not if the rate stays', 0.02, 0.01, false, false],
  ])('%s', async (_, gain, best, falls, holds) => {
    expect((await judged('vib', runs(gain, best, falls))).holds).toBe(holds);
  });
});
