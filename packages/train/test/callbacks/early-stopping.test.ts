import { describe, expect, test } from '@jest/globals';
import { type EarlyStoppingOptions, earlyStopping, finalRecord, fit } from '@tikhonov/train';
import { network, plan, recorder, valuesOf } from '../helpers.ts';
import { curveRun } from './curve.ts';

/** Early stopping on a validation loss that follows the curve. */
function onCurve(curve: readonly number[], stopping: EarlyStoppingOptions, more = {}) {
  const stopper = earlyStopping(stopping);
  const { model, run, watch } = curveRun(curve, (watch) => ({
    callbacks: [watch, stopper],
    ...more,
  }));
  return { model, stopper, after: watch.after, run };
}

/** The epochs at which it wants to stop when the monitored value takes these values. */
function seen(options: EarlyStoppingOptions, values: readonly number[]) {
  const stops: number[] = [];
  const stopper = earlyStopping(options);
  const name = options.monitor ?? 'validation.loss';
  for (const [i, value] of values.entries()) {
    const evaluations = { validation: { loss: 0, [name.slice('validation.'.length)]: value } };
    const record = { epoch: i + 1, steps: i + 1, dataLoss: value, penalty: 0, evaluations };
    const control = {
      stopReason: null,
      stop: () => stops.push(i + 1),
      markBest: () => undefined,
      markRestored: () => undefined,
      markReplaced: () => undefined,
    };
    stopper.onEpochEnd!(i + 1, record, control);
  }
  return { stops };
}

describe('earlyStopping', () => {
  test('stops after `patience` epochs and restores parameters and state of the best, exactly', async () => {
    const { model, run, after, stopper } = onCurve([3, 1, 2, 4, 0], {
      patience: 2,
      restoreBestWeights: true,
    });
    const history = await run();
    expect(history).toMatchObject({ stopReason: 'patience', bestEpoch: 2, restoredEpoch: 2 });
    expect(history.epochs).toHaveLength(4);
    expect(valuesOf(model)).toEqual(after[1]);
    expect(finalRecord(history)!.evaluations.validation).toEqual({ loss: 1 });
    expect(stopper.state).toMatchObject({ best: 1, bestEpoch: 2, wait: 2 });
  });

  test('keeps the last weights unless asked to restore', async () => {
    const { model, run, after } = onCurve([3, 1, 2, 4, 0], { patience: 2 });
    const history = await run();
    expect(history.restoredEpoch).toBeNull();
    expect(valuesOf(model)).toEqual(after[3]);
    expect(finalRecord(history)!.epoch).toBe(4);
  });

  test('restores when the epochs run out before the patience does', async () => {
    const { model, run, after } = onCurve([2, 1, 3], { patience: 9, restoreBestWeights: true });
    expect(await run()).toMatchObject({ stopReason: 'completed', restoredEpoch: 2 });
    expect(valuesOf(model)).toEqual(after[1]);
  });

  test('restores a real network bit for bit', async () => {
    const model = network(0.2);
    const watch = recorder(model);
    const stopper = earlyStopping({
      ...{ monitor: 'validation.accuracy', mode: 'max', patience: 3, restoreBestWeights: true },
    });
    const options = plan(model, { epochs: 12, callbacks: [watch, stopper] });
    const history = await fit(model, options);
    expect(valuesOf(model)).toEqual(watch.after[history.bestEpoch! - 1]);
    const accuracies = history.epochs.map((record) => record.evaluations.validation!.accuracy!);
    expect(accuracies.indexOf(Math.max(...accuracies)) + 1).toBe(history.bestEpoch);
  });

  test('restores the best weights on abort', async () => {
    const abort = new AbortController();
    const last = { onEpochEnd: (epoch: number) => (epoch === 3 ? abort.abort() : undefined) };
    const run = onCurve([2, 1, 3, 0, 0], { patience: 9, restoreBestWeights: true });
    const stopper = earlyStopping({ patience: 9, restoreBestWeights: true });
    const again = onCurve(
      [2, 1, 3, 0, 0],
      {},
      { callbacks: [stopper, last], signal: abort.signal },
    );
    expect(await again.run()).toMatchObject({ stopReason: 'aborted', restoredEpoch: 2 });
    await run.run();
    expect(valuesOf(again.model)).toEqual({ w: [-2], passes: [2] });
  });

  test('restores the best weights when a callback throws', async () => {
    const stopper = earlyStopping({ patience: 9, restoreBestWeights: true });
    const broken = {
      onEpochEnd: (epoch: number) => {
        if (epoch === 3) throw new Error('disk full');
      },
    };
    const { model, run } = onCurve([2, 1, 3, 0], {}, { callbacks: [stopper, broken] });
    await expect(run()).rejects.toThrow('disk full');
    expect(valuesOf(model)).toEqual({ w: [-2], passes: [2] });
  });

  test('a baseline that is never reached stops, and restores without a crash', async () => {
    const { run, model, after } = onCurve([9, 8, 9, 9], {
      ...{ baseline: 1, patience: 3, restoreBestWeights: true },
    });
    expect(await run()).toMatchObject({ stopReason: 'patience', bestEpoch: 2, restoredEpoch: 2 });
    expect(valuesOf(model)).toEqual(after[1]);
  });

  test('NaN stops at once with its own reason, or is passed over', async () => {
    const curve = [2, Number.NaN, 1, 3, 3];
    const monitor = 'validation.error';
    const strict = onCurve(curve, { monitor, patience: 2, restoreBestWeights: true });
    expect(await strict.run()).toMatchObject({ stopReason: 'non-finite', restoredEpoch: 1 });
    const lenient = onCurve(curve, { monitor, patience: 2, checkFinite: false });
    const history = await lenient.run();
    expect(history).toMatchObject({ stopReason: 'patience', bestEpoch: 3 });
    expect(history.epochs).toHaveLength(5);
  });

  test('by itself it knows that high accuracies and low losses are good, and asks where it does not', () => {
    const modes = (monitor: string) => () => earlyStopping({ monitor });
    for (const name of ['accuracy', 'top5', 'topKAccuracy', 'f1', 'r2', 'logLikelihood']) {
      const { stops } = seen({ monitor: `validation.${name}` }, [1, 2, 3, 2]);
      expect([name, stops]).toEqual([name, [4]]);
    }
    for (const name of ['loss', 'negativeLogLikelihood', 'nll', 'ece', 'squaredError', 'mse']) {
      const { stops } = seen({ monitor: `validation.${name}` }, [3, 2, 1, 2]);
      expect([name, stops]).toEqual([name, [4]]);
    }
    expect(seen({ monitor: 'dataLoss' }, [3, 2, 1, 2]).stops).toEqual([4]);
    expect(modes('validation.margin')).toThrow(
      "earlyStopping: 'validation.margin' does not say whether low or high values are good.\n  Give mode: 'min' or 'max'.",
    );
    expect(modes('validation.recent')).toThrow(TypeError);
    expect(seen({ monitor: 'validation.margin', mode: 'max' }, [1, 2, 1]).stops).toEqual([3]);
    expect(() => earlyStopping({ mode: 'high' as 'max' })).toThrow(
      "earlyStopping: mode must be 'auto', 'min' or 'max', got 'high'.",
    );
  });

  test('epochs without an evaluation do not count', async () => {
    const { run } = onCurve([1, 9, 9, 9, 9, 9], { patience: 1 }, { evaluateEvery: 2 });
    const history = await run();
    expect([history.stopReason, history.epochs.length]).toEqual(['patience', 4]);
  });

  test('an unknown name is an error that lists what there is, before any step', async () => {
    const model = network();
    const before = valuesOf(model);
    const callbacks = [earlyStopping({ monitor: 'test.loss' })];
    await expect(fit(model, plan(model, { callbacks }))).rejects.toThrow(
      "earlyStopping: nothing is called 'test.loss'; there is dataLoss, penalty, loss, validation.loss, validation.accuracy.",
    );
    expect(valuesOf(model)).toEqual(before);
    expect(() => earlyStopping({ patience: -1 })).toThrow(RangeError);
  });
});

test('of two that put weights back, the best epoch is that of the weights that are held', async () => {
  const stoppers = [
    earlyStopping({ patience: 9, restoreBestWeights: true }),
    earlyStopping({ monitor: 'dataLoss', mode: 'max', patience: 9, restoreBestWeights: true }),
  ];
  const { run, w } = curveRun([1, 0, 1], () => ({ callbacks: stoppers }));
  expect(await run()).toMatchObject({ bestEpoch: 1, restoredEpoch: 1 });
  expect(w.read().item()).toBe(-1);
});
