import { describe, expect, test } from '@jest/globals';
import { Cell, indexSelect, parameter, type Tensor, tensor } from '@tikhonov/core';
import { sgd } from '@tikhonov/optim';
import {
  type EarlyStoppingOptions,
  earlyStopping,
  type FitOptions,
  finalRecord,
  fit,
  type Loss,
} from '@tikhonov/train';
import { network, oneRow, plan, recorder, valuesOf } from './helpers.ts';

/** A model of one number that moves by 1 per epoch; the validation loss follows the curve. */
function onCurve(curve: readonly number[], stopping: EarlyStoppingOptions, more = {}) {
  const w = parameter(tensor([0]));
  const passes = new Cell(tensor(0));
  const model = {
    namedCells: () => ({ w, passes }),
    forward: (x: Tensor, context: { training?: boolean } = {}) => {
      if (context.training === true) passes.write(passes.read().add(1));
      return x.mul(w);
    },
  };
  const values = tensor(curve, { dtype: 'float64' });
  const evaluationLoss: Loss = () =>
    indexSelect(values, passes.read().sub(1).astype('int32').reshape([1])).sum();
  const stopper = earlyStopping(stopping);
  const watch = recorder(model);
  const options: FitOptions = {
    train: oneRow(),
    validation: oneRow(),
    epochs: curve.length,
    optimizer: sgd({ w }, { lr: 1 }),
    loss: (output) => output.sum(),
    evaluationLoss,
    callbacks: [watch, stopper],
    ...more,
  };
  return { model, stopper, after: watch.after, run: () => fit(model, options) };
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
    const strict = onCurve(curve, { patience: 2, restoreBestWeights: true });
    expect(await strict.run()).toMatchObject({ stopReason: 'non-finite', restoredEpoch: 1 });
    const lenient = onCurve(curve, { patience: 2, checkFinite: false });
    const history = await lenient.run();
    expect(history).toMatchObject({ stopReason: 'patience', bestEpoch: 3 });
    expect(history.epochs).toHaveLength(5);
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
