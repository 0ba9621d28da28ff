import { describe, expect, test } from '@jest/globals';
import { random } from '@tikhonov/core';
import { expectedCount } from '@tikhonov/golden';
import {
  fit,
  generalizationLoss,
  glUpdate,
  initialPrechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltLimits,
  type PrecheltOptions,
  type PrecheltState,
  patienceUpdate,
  pqUpdate,
  prechelt,
  trainingProgress,
  upUpdate,
} from '@tikhonov/train';
import { stoppingCases } from '../golden-file.ts';
import { network, plan, small, valuesOf } from '../helpers.ts';
import { curveRun } from './curve.ts';

type Update = (state: PrecheltState, errors: PrecheltErrors) => PrecheltDecision;
interface Curve {
  readonly train: readonly number[];
  readonly val: readonly number[];
}

/** Follows a curve until it stops: the epoch and the reason. The state takes a detour through JSON. */
function follow({ train, val }: Curve, update: Update) {
  let state = initialPrechelt;
  for (const [i, validation] of val.entries()) {
    const decision = update(JSON.parse(JSON.stringify(state)), { train: train[i]!, validation });
    state = decision.state;
    if (decision.stop !== null) return { state, epoch: state.epoch, stop: decision.stop };
  }
  return { state, epoch: null, stop: null };
}
const gl = (curve: Curve, alpha: number) => follow(curve, (s, e) => glUpdate(s, e, { alpha }));
const pq = (curve: Curve, alpha: number, k: number) =>
  follow(curve, (s, e) => pqUpdate(s, e, { alpha, k }));
const up = (curve: Curve, s: number, k: number) =>
  follow(curve, (state, e) => upUpdate(state, e, { s, k }));

describe('golden early_stopping', () => {
  const cases = stoppingCases();

  test('the file has its curves and rules', () => {
    const rules = cases.flatMap(({ expected: { GL, PQ, UP } }) => [...GL, ...PQ, ...UP]);
    expect(rules.length).toBeGreaterThanOrEqual(expectedCount(52));
  });

  test.each(cases.map((c) => [c.id, c] as const))('%s: GL, PQ and UP stop there', (_, golden) => {
    const { inputs, expected, params } = golden;
    for (const [alpha, epoch] of expected.GL) {
      expect([alpha, gl(inputs, alpha).epoch]).toEqual([alpha, epoch]);
    }
    for (const [alpha, epoch] of expected.PQ) {
      expect([alpha, pq(inputs, alpha, params.strip).epoch]).toEqual([alpha, epoch]);
    }
    for (const [s, epoch] of expected.UP) {
      expect([s, up(inputs, s, params.strip).epoch]).toEqual([s, epoch]);
    }
  });

  test.each(cases.map((c) => [c.id, c] as const))('%s: loss and progress', (_, golden) => {
    const { inputs, expected, params } = golden;
    for (const [i, want] of expected.generalizationLoss.entries()) {
      const best = Math.min(...inputs.val.slice(0, i + 1));
      // Both are a quotient less 1, each rounded once.
      expect(Math.abs(generalizationLoss(inputs.val[i]!, best) - want)).toBeLessThan(1e-12);
    }
    for (const [end, want] of expected.progress) {
      const strip = inputs.train.slice(end - params.strip, end);
      expect(Math.abs(trainingProgress(strip) / want - 1)).toBeLessThan(1e-12);
    }
  });
});

test('the hand-worked example', () => {
  const curve = {
    train: [4, 3, 2.5, 2.2, 2, 1.9, 1.8, 1.75, 1.72, 1.7, 1.69, 1.68],
    val: [5, 4, 3.5, 3.2, 3, 3.1, 3.3, 3.2, 3.6, 3.9, 3.8, 4.2],
  };
  expect([gl(curve, 3).epoch, gl(curve, 5).epoch]).toEqual([6, 7]);
  expect([pq(curve, 0.75, 3).epoch, pq(curve, 1, 3).epoch]).toEqual([9, 12]);
  expect([1, 2, 3].map((s) => up(curve, s, 3).epoch)).toEqual([9, 12, null]);
  expect(gl(curve, 3)).toMatchObject({ stop: 'GL', state: { best: 3, bestEpoch: 5 } });
});

/** Curves with few distinct values, so that ties are common; all positive. */
const curves: readonly Curve[] = Array.from({ length: 200 }, (_, i) => {
  const n = 1 + (i % 31);
  const draw = (name: string) => {
    const key = random.foldIn(random.foldIn(random.key(7), i), name);
    return Array.from(random.uniform(key, [n]).data(), (u) => 1 + Math.floor(Number(u) * 12) / 4);
  };
  return { train: draw('train'), val: draw('validation') };
});
const never = (epoch: number | null): number => epoch ?? Infinity;

describe('laws', () => {
  test('GL is >= 0, and 0 only at the running minimum', () => {
    for (const { val } of curves) {
      for (const [i, value] of val.entries()) {
        const best = Math.min(...val.slice(0, i + 1));
        const loss = generalizationLoss(value, best);
        expect(loss).toBeGreaterThanOrEqual(0);
        expect(loss === 0).toBe(value === best);
      }
    }
  });

  test('a falling validation error never stops', () => {
    for (const { train } of curves) {
      const val = train.map((_, i) => 2 ** -i);
      expect(gl({ train, val }, 1e-9).epoch).toBeNull();
      expect(pq({ train, val }, 1e-9, 2).epoch).toBeNull();
      expect(up({ train, val }, 1, 1).epoch).toBeNull();
    }
  });

  test('more alpha, s or patience never stops earlier', () => {
    const rises = (epochs: readonly (number | null)[]) =>
      epochs.every((epoch, i) => i === 0 || never(epoch) >= never(epochs[i - 1]!));
    let stopped = 0;
    for (const curve of curves) {
      const gls = [1, 20, 60, 120].map((alpha) => gl(curve, alpha).epoch);
      const pqs = [0.01, 0.1, 0.5, 1].map((alpha) => pq(curve, alpha, 3).epoch);
      const ups = [1, 2, 3].map((s) => up(curve, s, 2).epoch);
      expect([rises(gls), rises(pqs), rises(ups)]).toEqual([true, true, true]);
      stopped += Number(gls[0] !== null) + Number(pqs[0] !== null) + Number(ups[0] !== null);
    }
    expect(stopped).toBeGreaterThan(300);
  });

  test('UP is the definition by recursion', () => {
    for (const curve of curves) {
      for (const k of [1, 2, 3]) {
        const value = (t: number): number => curve.val[t - 1]!;
        const holds = (s: number, t: number): boolean =>
          t > k && value(t) > value(t - k) && (s === 1 || holds(s - 1, t - k));
        for (const s of [1, 2, 3]) {
          const ends = curve.val.map((_, i) => i + 1).filter((t) => t % k === 0);
          expect(up(curve, s, k).epoch).toBe(ends.find((t) => holds(s, t)) ?? null);
        }
      }
    }
  });

  test('the scale of the errors does not matter', () => {
    // Factors of two change no rounding.
    for (const curve of curves) {
      const scaled = { train: curve.train.map((x) => x * 64), val: curve.val.map((x) => x / 8) };
      expect(gl(scaled, 20).epoch).toBe(gl(curve, 20).epoch);
      expect(pq(scaled, 0.1, 3).epoch).toBe(pq(curve, 0.1, 3).epoch);
      expect(up(scaled, 2, 2).epoch).toBe(up(curve, 2, 2).epoch);
    }
  });

  test('PQ without progress and without loss goes on; with loss it stops', () => {
    const still = { train: [1, 1, 1, 1], val: [2, 2, 2, 2] };
    expect(pq(still, 1, 2).epoch).toBeNull();
    expect(pq({ ...still, val: [2, 2, 2, 2.1] }, 1, 2).epoch).toBe(4);
    const perfect = { train: [0, 0], val: [1, 2] };
    expect(trainingProgress(perfect.train)).toBe(0);
    expect(pq(perfect, 1, 2).epoch).toBe(2);
    // From something to nothing is progress without end.
    expect(pq({ train: [1, 0], val: [1, 9] }, 1, 2).epoch).toBeNull();
  });
});

describe('limits', () => {
  const flat = (n: number, value = 1): Curve => ({
    train: Array.from({ length: n }, () => value),
    val: Array.from({ length: n }, () => value),
  });
  const limited = (curve: Curve, limits: PrecheltLimits) => {
    const ends = [
      follow(curve, (s, e) => glUpdate(s, e, { alpha: 5, ...limits })),
      follow(curve, (s, e) => pqUpdate(s, e, { alpha: 5, ...limits })),
      follow(curve, (s, e) => upUpdate(s, e, { s: 1, ...limits })),
    ];
    expect(new Set(ends.map(({ epoch, stop }) => `${stop} ${epoch}`)).size).toBe(1);
    return [ends[0]!.stop, ends[0]!.epoch];
  };

  test('a strip without progress stops, if asked', () => {
    expect(limited(flat(9), { k: 3 })).toEqual([null, null]);
    expect(limited(flat(9), { k: 3, minProgress: 0.1 })).toEqual(['no-progress', 3]);
    const late = { ...flat(9), train: [3, 2, 1, 3, 2, 1, 1, 1, 1] };
    expect(limited(late, { k: 3, minProgress: 0.1 })).toEqual(['no-progress', 9]);
  });

  test('maxEpochs stops', () => {
    expect(limited(flat(9), { maxEpochs: 4 })).toEqual(['max-epochs', 4]);
  });

  test('NaN stops at once, or is never an improvement', () => {
    const curve = { ...flat(4), val: [2, Number.NaN, 1, 1] };
    expect(limited(curve, {})).toEqual(['non-finite', 2]);
    expect(limited(curve, { checkFinite: false })).toEqual([null, null]);
    const seen = follow({ ...curve, val: [Number.NaN, 2, 3] }, (s, e) =>
      glUpdate(s, e, { alpha: 5, checkFinite: false }),
    );
    expect(seen).toMatchObject({ epoch: 3, stop: 'GL', state: { best: 2, bestEpoch: 2 } });
    const bad = { train: [1, Infinity], val: [1, 1] };
    expect(pq(bad, 1, 2).stop).toBe('non-finite');
    expect(gl(bad, 1).stop).toBeNull();
  });

  test('never changes the state it is given', () => {
    const state = Object.freeze({ ...initialPrechelt, train: Object.freeze([1]) as number[] });
    const { state: next } = pqUpdate(state, { train: 2, validation: 3 }, { alpha: 1, k: 5 });
    expect(next).toMatchObject({ epoch: 1, best: 3, bestEpoch: 1, train: [1, 2], inStrip: 1 });
    expect(state.train).toEqual([1]);
  });
});

describe('bad input', () => {
  const one = { train: 1, validation: 1 };
  test('errors that are not positive have no ratio', () => {
    const message = /compares with the lowest validation error, which is 0, by a ratio\.\n {2}For/;
    const zero = { ...one, validation: 0 };
    expect(() => glUpdate(initialPrechelt, zero, { alpha: 1 })).toThrow(message);
    expect(() => glUpdate(initialPrechelt, zero, { alpha: 1 })).toThrow(RangeError);
    expect(() => pqUpdate(initialPrechelt, zero, { alpha: 1 })).toThrow(message);
    expect(upUpdate(initialPrechelt, zero, { s: 1 }).stop).toBeNull();
    const negative = { ...one, train: -1 };
    expect(() => pqUpdate(initialPrechelt, negative, { alpha: 1 })).toThrow(
      'prechelt: the training error is -1; progress is measured by errors >= 0.',
    );
  });

  test('progress needs training errors', () => {
    const lone = { validation: 1 };
    expect(() => pqUpdate(initialPrechelt, lone, { alpha: 1 })).toThrow(TypeError);
    expect(() => glUpdate(initialPrechelt, lone, { alpha: 1, minProgress: 0.1 })).toThrow(
      'prechelt: GL needs training errors to measure progress, got undefined.\n  Pass { train, validation }',
    );
    expect(glUpdate(initialPrechelt, lone, { alpha: 1 }).stop).toBeNull();
  });

  test.each<[string, PrecheltOptions]>([
    ['alpha must be finite and > 0, got 0', { criterion: 'GL', alpha: 0 }],
    ['alpha must be finite and > 0, got NaN', { criterion: 'PQ', alpha: Number.NaN }],
    ['k must be an integer >= 2, got 1', { criterion: 'PQ', alpha: 1, k: 1 }],
    ['k must be an integer >= 1, got 0', { criterion: 'UP', s: 1, k: 0 }],
    ['k must be an integer >= 2, got 1', { criterion: 'UP', s: 1, k: 1, minProgress: 0.1 }],
    ['s must be an integer >= 1, got 0', { criterion: 'UP', s: 0 }],
    ['minProgress must be finite and >= 0, got -1', { criterion: 'UP', s: 1, minProgress: -1 }],
    ['maxEpochs must be an integer >= 1, got 0', { criterion: 'UP', s: 1, maxEpochs: 0 }],
  ])('%s', (message, options) => {
    expect(() => prechelt(options)).toThrow(`prechelt: ${message}`);
    expect(() => prechelt(options)).toThrow(RangeError);
  });

  test('criteria and options that there are not', () => {
    const bad = (options: unknown) => () => prechelt(options as PrecheltOptions);
    expect(bad({ criterion: 'XX', alpha: 1 })).toThrow("must be 'GL', 'PQ' or 'UP', got XX.");
    expect(bad(undefined)).toThrow("must be 'GL', 'PQ' or 'UP', got undefined.");
    expect(bad({ criterion: 'UP', s: 1, alpha: 1 })).toThrow('unknown option "alpha"');
    expect(bad({ criterion: 'GL' })).toThrow('alpha must be finite and > 0, got undefined');
  });
});

describe('the callback', () => {
  test('stops by its criterion and puts the best weights back', async () => {
    const stopper = prechelt({ criterion: 'GL', alpha: 15, restoreBestWeights: true });
    const { run, model, watch } = curveRun([3, 2, 2.2, 2.4, 1], (watch) => ({
      callbacks: [watch, stopper],
    }));
    expect(await run()).toMatchObject({ stopReason: 'GL', bestEpoch: 2, restoredEpoch: 2 });
    expect(stopper.state).toMatchObject({ epoch: 4, best: 2, bestEpoch: 2 });
    expect(valuesOf(model)).toEqual(watch.after[1]);
  });

  test('restores whatever ended the training, and not unless asked', async () => {
    const go = async (restoreBestWeights: boolean) => {
      const { run, model } = curveRun([3, 2, 2.5], () => ({
        callbacks: [prechelt({ criterion: 'UP', s: 9, restoreBestWeights })],
      }));
      return [(await run()).restoredEpoch, valuesOf(model).w];
    };
    expect(await go(true)).toEqual([2, [-2]]);
    expect(await go(false)).toEqual([null, [-3]]);
  });

  test('PQ looks at the training loss; a set can take its place', async () => {
    const go = async (options: { readonly trainMonitor?: string }) => {
      const model = network();
      const stopper = prechelt({ criterion: 'PQ', alpha: 1e9, k: 9, ...options });
      const base = plan(model, { evaluateOn: { learn: small }, callbacks: [stopper] });
      return { epochs: (await fit(model, base)).epochs, errors: stopper.state.train };
    };
    const plain = await go({});
    expect(plain.errors).toEqual(plain.epochs.map(({ dataLoss }) => dataLoss));
    const other = await go({ trainMonitor: 'learn.loss' });
    expect(other.errors).toEqual(other.epochs.map((record) => record.evaluations.learn!.loss));
  });

  test('a name that there is not is an error before any step', async () => {
    const { run } = curveRun([1], () => ({
      callbacks: [prechelt({ criterion: 'GL', alpha: 5, monitor: 'test.loss' })],
    }));
    await expect(run()).rejects.toThrow("prechelt: nothing is called 'test.loss'; there is");
  });
});

test('patience stops where the hand-worked example says', () => {
  const val = [5, 4, 3.5, 3.2, 3, 3.1, 3.3];
  let state = patienceUpdate({ epoch: 0, wait: 0, best: null, bestEpoch: 0 }, val[0]!).state;
  const stops = val.slice(1).map((value) => {
    const decision = patienceUpdate(state, value, { patience: 2 });
    state = decision.state;
    return decision.stop;
  });
  expect(stops.indexOf('patience') + 2).toBe(7);
});
