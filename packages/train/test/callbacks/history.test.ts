import { describe, expect, test } from '@jest/globals';
import { type Callback, fit, type HistoryOptions, history } from '@tikhonov/train';
import { network, plan } from '../helpers.ts';
import { curveRun } from './curve.ts';

describe('history', () => {
  test('has the values of the records by name, one per epoch', async () => {
    const model = network();
    const recorder = history();
    const { epochs } = await fit(model, plan(model, { callbacks: [recorder] }));
    expect(recorder.epoch).toEqual([1, 2, 3]);
    expect(Object.keys(recorder.history)).toEqual([
      ...['dataLoss', 'penalty', 'loss', 'validation.loss', 'validation.accuracy', 'lr'],
    ]);
    expect(recorder.history['validation.accuracy']).toEqual(
      epochs.map((record) => record.evaluations.validation!.accuracy),
    );
    expect(recorder.history.loss).toEqual(epochs.map((r) => r.dataLoss + r.penalty));
    expect(recorder.history.lr).toEqual([0.01, 0.01, 0.01]);
    expect(recorder.batches).toEqual({ step: [], dataLoss: [], penalty: [] });
  });

  test('has the losses of all steps if asked', async () => {
    const model = network();
    const recorder = history({ batches: true });
    const { epochs } = await fit(model, plan(model, { callbacks: [recorder], epochs: 2 }));
    expect(recorder.batches.step).toEqual([1, 2, 3, 4, 5, 6]);
    const first = recorder.batches.dataLoss.slice(0, 3);
    // 96 rows in three batches: the mean of the means.
    expect(first.reduce((sum, loss) => sum + loss, 0) / 3).toBeCloseTo(epochs[0]!.dataLoss, 12);
  });

  test('is NaN where an epoch was not evaluated, and knows the evaluation of the last one', async () => {
    const recorder = history();
    const stop: Callback = {
      onEpochEnd: (epoch, _record, control) => (epoch === 3 ? control.stop('enough') : undefined),
    };
    const { run } = curveRun([4, 3, 2, 1], () => ({
      callbacks: [recorder, stop],
      evaluateEvery: 2,
    }));
    await run();
    expect(recorder.history['validation.loss']).toEqual([Number.NaN, 3, 2]);
  });

  test('begins anew with every training', async () => {
    const recorder = history({ batches: true });
    for (const epochs of [3, 1]) {
      const { run } = curveRun([4, 3, 2], () => ({ callbacks: [recorder], epochs }));
      await run();
    }
    expect(recorder.epoch).toEqual([1]);
    expect(recorder.history['validation.loss']).toEqual([4]);
    expect(recorder.batches.step).toEqual([1]);
  });

  test('options that there are not', () => {
    expect(() => history({ steps: true } as HistoryOptions)).toThrow('unknown option "steps"');
    expect(() => history({ batches: 1 as never })).toThrow('batches must be true or false');
  });
});
