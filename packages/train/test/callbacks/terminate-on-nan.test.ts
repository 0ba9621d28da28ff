import { describe, expect, test } from '@jest/globals';
import { parameter, sqrt, type Tensor, tensor } from '@tikhonov/core';
import { sgd } from '@tikhonov/optim';
import {
  type Callback,
  earlyStopping,
  type FitOptions,
  fit,
  NonFiniteError,
  terminateOnNaN,
} from '@tikhonov/train';
import { oneRow } from '../helpers.ts';

/** One number that explodes. */
function exploding(callbacks: readonly Callback[], more: Partial<FitOptions> = {}) {
  const w = parameter(tensor([1]), { name: 'w' });
  const model = { namedCells: () => ({ w }), forward: (x: Tensor) => x.mul(w) };
  const options: FitOptions = {
    train: oneRow(),
    epochs: 50,
    optimizer: sgd({ w }, { lr: 1e8 }),
    loss: (output) => output.mul(output).sum(),
    callbacks,
    ...more,
  };
  return { w, run: () => fit(model, options) };
}

describe.each([false, true])('terminateOnNaN (compiled: %s)', (compiled) => {
  test('ends the training with a reason and the first tensor that went bad', async () => {
    const { w, run } = exploding([terminateOnNaN()], { compiled });
    const history = await run();
    expect(history).toMatchObject({
      stopReason: 'non-finite',
      nonFinite: { tensor: 'loss', value: Infinity },
    });
    expect(history.nonFinite!.step).toBe(history.epochs.length + 1);
    expect(Number.isFinite(w.read().item())).toBe(true);
  });
});

describe('terminateOnNaN', () => {
  test('names the update if the loss is finite and its gradient is not', async () => {
    const { w, run } = exploding([terminateOnNaN()], { loss: (output) => sqrt(output).sum() });
    w.write(tensor([0]));
    expect((await run()).nonFinite).toMatchObject({ step: 1, tensor: 'update of w' });
  });

  test('others still end their turn: the best weights are put back', async () => {
    const stopper = earlyStopping({ patience: 99, restoreBestWeights: true });
    const { run } = exploding([terminateOnNaN(), stopper], { validation: oneRow() });
    const history = await run();
    expect([history.stopReason, history.restoredEpoch]).toEqual(['non-finite', 1]);
  });

  test('without it, or if it says no, the training throws', async () => {
    await expect(exploding([]).run()).rejects.toBeInstanceOf(NonFiniteError);
    const reports: unknown[] = [];
    const witness: Callback = {
      onNonFinite(report) {
        reports.push(report.tensor);
        return false;
      },
    };
    await expect(exploding([witness]).run()).rejects.toBeInstanceOf(NonFiniteError);
    expect(reports).toEqual(['loss']);
  });

  test('other errors stay errors', async () => {
    const broken: Callback = {
      onEpochEnd() {
        throw new Error('disk full');
      },
    };
    await expect(exploding([terminateOnNaN(), broken]).run()).rejects.toThrow('disk full');
  });

  test('what a callback throws when it is asked does not keep others from ending', async () => {
    const ended: string[] = [];
    const broken: Callback = {
      async onNonFinite() {
        throw new Error('no answer');
      },
      onTrainEnd() {
        ended.push('yes');
      },
    };
    await expect(exploding([broken, terminateOnNaN()]).run()).rejects.toThrow('no answer');
    expect(ended).toEqual(['yes']);
  });
});
