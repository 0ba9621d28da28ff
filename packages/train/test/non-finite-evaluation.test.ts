import { describe, expect, test } from '@jest/globals';
import { tensor } from '@tikhonov/core';
import {
  accuracy,
  type Callback,
  earlyStopping,
  type FitOptions,
  fit,
  modelCheckpoint,
  NonFiniteError,
  terminateOnNaN,
} from '@tikhonov/train';
import { held, network, plan } from './helpers.ts';

/** The held-out rows, one value of which is not finite. */
function spoilt(value: number) {
  const x = held.x.data();
  x[5] = value;
  return held.with({ x: tensor(x, { shape: held.x.shape }) });
}

function training(value: number, more: Partial<FitOptions> = {}) {
  const model = network();
  const sets = { validation: held, evaluateOn: { test: spoilt(value) } };
  return fit(model, plan(model, { ...sets, ...more }));
}

const report = { epoch: 1, step: 3, tensor: "loss of the set 'test'", value: Number.NaN };

describe.each([true, false])('a set whose loss is not finite (compiled: %s)', (compiled) => {
  test('is an error that names it and the value', async () => {
    const error: unknown = await training(Number.NaN, { compiled }).catch((reason) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    const { message, history, report: got } = error as NonFiniteError;
    expect(message).toMatch(
      /^fit: loss of the set 'test' is not finite \(NaN\) in epoch 1, step 3\.\n {2}Lower the/,
    );
    expect(got).toEqual(report);
    expect(history).toMatchObject({ stopReason: 'non-finite', nonFinite: report });
    // The epoch was completed, and its record says the same.
    expect(history!.epochs[0]!.evaluations.test!.loss).toBeNaN();
    expect(Number.isFinite(history!.epochs[0]!.evaluations.validation!.loss)).toBe(true);
  });

  test('or the end, after callbacks have seen the epoch', async () => {
    const files: Uint8Array[] = [];
    const save = async (bytes: Uint8Array): Promise<void> => void files.push(bytes);
    for (const more of [
      { onNonFinite: 'stop' as const, callbacks: [modelCheckpoint({ to: { save } })] },
      { callbacks: [terminateOnNaN()] },
    ]) {
      const history = await training(Number.NaN, { compiled, ...more });
      expect(history).toMatchObject({ stopReason: 'non-finite', nonFinite: report });
    }
    expect(files.length).toBe(1);
  });
});

test('an infinite loss is one, too; a metric may be NaN', async () => {
  const model = network();
  const far = plan(model, {
    epochs: 1,
    evaluationLoss: (output) => output.sum().mul(0).add(Infinity),
  });
  await expect(fit(model, far)).rejects.toThrow(
    "loss of the set 'validation' is not finite (Infin",
  );
  const metrics = { ratio: () => tensor(Number.NaN) };
  const history = await fit(model, plan(model, { epochs: 1, metrics }));
  expect([history.stopReason, history.nonFinite]).toEqual(['completed', null]);
});

test('what a callback makes of it comes first', async () => {
  const enough: Callback = { onEpochEnd: (_epoch, _record, control) => control.stop('enough') };
  const stopped = await training(Number.NaN, { callbacks: [enough] });
  expect([stopped.stopReason, stopped.nonFinite]).toEqual(['enough', null]);
  const watching = earlyStopping({ monitor: 'test.loss' });
  const watched = await training(Number.NaN, { callbacks: [watching] });
  expect(watched).toMatchObject({ stopReason: 'non-finite', nonFinite: report });
});

test('accuracy counts a row with a logit of NaN as wrong', () => {
  const logits = tensor([
    [NaN, NaN, NaN],
    [NaN, 1, 0],
    [2, 1, NaN],
    [0, 1, 0],
  ]);
  const labels = tensor([0, 0, 0, 1], { dtype: 'int32' });
  expect(accuracy(logits, labels).item()).toBe(0.25);
});
