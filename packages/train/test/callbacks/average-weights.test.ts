import { describe, expect, test } from '@jest/globals';
import { random, slice } from '@tikhonov/core';
import { BatchNorm1d, crossEntropy, Linear, Sequential, updateBatchNorm } from '@tikhonov/nn';
import { ema, type ParameterAverage, sgd, swa } from '@tikhonov/optim';
import {
  type AverageWeightsOptions,
  averageWeights,
  type Callback,
  earlyStopping,
  finalRecord,
  fit,
} from '@tikhonov/train';
import { curveRun } from './curve.ts';

// The parameter is -1, -2, -3, -4 after the epochs, of one step each.
const curve = [1, 1, 1, 1];

/** The parameter at the end, and the average. */
async function averaged(
  make: (target: Parameters<typeof swa>[0]) => ParameterAverage,
  options: AverageWeightsOptions,
  { compiled = false, others = [] as readonly Callback[] } = {},
) {
  const callbacks: Callback[] = [];
  const { w, run } = curveRun(curve, () => ({ compiled, callbacks }));
  const average = make({ w });
  callbacks.push(averageWeights(average, options), ...others);
  await run().catch(() => null);
  return [w.read().item(), average.values().w!.item()];
}

const half = (target: Parameters<typeof swa>[0]): ParameterAverage => ema(target, { decay: 0.5 });

describe.each([false, true])('averageWeights (compiled: %s)', (compiled) => {
  test('takes in every step and leaves the model with the average', async () => {
    // 0 -> -0.5 -> -1.25 -> -2.125 -> -3.0625
    expect(await averaged(half, {}, { compiled })).toEqual([-3.0625, -3.0625]);
  });

  test('takes in every epoch from one on', async () => {
    const options = { every: 'epoch', startFromEpoch: 2 } as const;
    expect(await averaged(swa, options, { compiled })).toEqual([-3.5, -3.5]);
  });
});

describe('averageWeights', () => {
  test('takes in the last share of the epochs', async () => {
    const last = { every: 'epoch', startFromShare: 0.6 } as const;
    expect(await averaged(swa, last)).toEqual([-3.5, -3.5]);
  });

  test('only copies, if something else takes the weights in', async () => {
    expect(await averaged(swa, { every: 'never' })).toEqual([-4, -4]);
  });

  test('leaves the weights alone if asked to', async () => {
    expect(await averaged(half, { copyAtEnd: false })).toEqual([-4, -3.0625]);
  });

  test('an average that took nothing in changes nothing', async () => {
    expect(await averaged(swa, { startFromEpoch: 9 })).toEqual([-4, -4]);
    // That of an ema still holds the weights of the beginning.
    expect(await averaged(half, { startFromEpoch: 4 })).toEqual([-4, 0]);
    expect(await averaged(half, { every: 'epoch', startFromShare: 0.9 })).toEqual([-2, -2]);
  });

  test('one of another training is not put in place of what was trained since', async () => {
    const callbacks: Callback[] = [];
    const { w, run } = curveRun(curve, () => ({ callbacks }));
    const average = swa({ w });
    callbacks.push(averageWeights(average, { startFromEpoch: 9 }));
    average.update();
    await run();
    expect([w.read().item(), average.values().w!.item()]).toEqual([-4, 0]);
  });

  test('the history says that the weights are those of no epoch, unless they were put back', async () => {
    const callbacks: Callback[] = [];
    const make = () => {
      const { w, run } = curveRun([1, 0, 1], () => ({ callbacks }));
      const averaging = averageWeights(half({ w }));
      const stopping = earlyStopping({ patience: 9, restoreBestWeights: true });
      return { w, run, averaging, stopping };
    };
    const first = make();
    callbacks.splice(0, 9, first.stopping, first.averaging);
    const averages = await first.run();
    expect(averages).toMatchObject({ weightsReplaced: true, restoredEpoch: null, bestEpoch: 2 });
    expect(finalRecord(averages)).toBeUndefined();
    expect(first.w.read().item()).toBe(-2.125);
    const second = make();
    callbacks.splice(0, 9, second.averaging, second.stopping);
    const restored = await second.run();
    expect(restored).toMatchObject({ restoredEpoch: 2 });
    expect(restored.weightsReplaced).toBeUndefined();
    expect(finalRecord(restored)?.epoch).toBe(2);
    expect(second.w.read().item()).toBe(-2);
  });

  test('copies when an error ends the training', async () => {
    const broken: Callback = {
      onEpochEnd(epoch) {
        if (epoch === 2) throw new Error('disk full');
      },
    };
    expect(await averaged(swa, {}, { others: [broken] })).toEqual([-1.5, -1.5]);
  });

  test('checks its arguments', () => {
    const { w } = curveRun(curve);
    expect(() => averageWeights(w as never)).toThrow(
      'averageWeights: average.update must be a function, got undefined.\n  Pass an average',
    );
    const bad = (options: object) => () => averageWeights(swa({ w }), options);
    expect(bad({ every: 'batch' })).toThrow(
      "every must be 'step', 'epoch' or 'never', got 'batch'.",
    );
    expect(bad({ startFromEpoch: -1 })).toThrow(RangeError);
    expect(bad({ startFromShare: 1 })).toThrow('startFromShare must be in [0, 1), got 1.');
    expect(bad({ startFromShare: 0.5, startFromEpoch: 2 })).toThrow('Give one.');
    expect(bad({ decay: 0.9 })).toThrow('unknown option "decay"');
  });
});

test('running statistics of batch norms are those of the averages', async () => {
  const x = random.normal(random.key(0), [8, 2], { dtype: 'float64' });
  const y = random.randint(random.key(1), [8], 0, 2);
  const model = new Sequential(
    new Linear(2, 3, { seed: 0, dtype: 'float64' }),
    new BatchNorm1d(3, { dtype: 'float64' }),
    new Linear(3, 2, { seed: 1, dtype: 'float64' }),
  );
  await fit(model, {
    train: { x, y },
    epochs: 3,
    batchSize: 4,
    optimizer: sgd(model, { lr: 0.5 }),
    loss: crossEntropy,
    callbacks: [averageWeights(swa(model))],
    metrics: {},
  });
  const got = model.stateDict()['1.running_mean']!.data();
  const inputs = [0, 4].map((start) => slice(x, [{ start, stop: start + 4 }]));
  updateBatchNorm(model, inputs);
  expect(Array.from(got)).toEqual(Array.from(model.stateDict()['1.running_mean']!.data()));
});
