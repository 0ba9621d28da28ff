import { describe, expect, test } from '@jest/globals';
import { ema, type ParameterAverage, swa } from '@tikhonov/optim';
import { type AverageWeightsOptions, averageWeights, type Callback } from '@tikhonov/train';
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
    expect(bad({ every: 'batch' })).toThrow("every must be 'step', 'epoch' or 'never', got batch.");
    expect(bad({ startFromEpoch: -1 })).toThrow(RangeError);
    expect(bad({ startFromShare: 1 })).toThrow('startFromShare must be in [0, 1), got 1.');
    expect(bad({ startFromShare: 0.5, startFromEpoch: 2 })).toThrow('Give one.');
    expect(bad({ decay: 0.9 })).toThrow('unknown option "decay"');
  });
});
