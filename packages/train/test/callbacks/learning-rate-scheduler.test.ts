import { describe, expect, test } from '@jest/globals';
import { sgd } from '@tikhonov/optim';
import { fit, learningRateScheduler } from '@tikhonov/train';
import { network, plan } from '../helpers.ts';
import { curveRun } from './curve.ts';

describe.each([false, true])('learningRateScheduler (compiled: %s)', (compiled) => {
  test('sets the rate of every epoch before its steps', async () => {
    const seen: [number, number][] = [];
    const schedule = learningRateScheduler((epoch, lr) => {
      seen.push([epoch, lr]);
      return epoch === 1 ? lr : lr / 2;
    });
    const { run, watch, optimizer } = curveRun([1, 1, 1], (watch) => ({
      callbacks: [watch, schedule],
      compiled,
    }));
    await run();
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 0.5],
    ]);
    expect(watch.after.map(({ w }) => w![0])).toEqual([-1, -1.5, -1.75]);
    expect(optimizer.lr.read().item()).toBe(0.25);
  });
});

describe('learningRateScheduler', () => {
  const failure = async (schedule: (epoch: number, lr: number) => number) => {
    const { run } = curveRun([1, 1], () => ({ callbacks: [learningRateScheduler(schedule)] }));
    return run().then(
      () => '',
      (error: unknown) => String(error),
    );
  };

  test('the schedule may be async', async () => {
    const callbacks = [learningRateScheduler(async (_epoch, lr) => lr / 4)];
    const { run, optimizer } = curveRun([1], () => ({ callbacks }));
    await run();
    expect(optimizer.lr.read().item()).toBe(0.25);
  });

  test('what is no rate is an error', async () => {
    expect(await failure((epoch) => 1 - epoch)).toBe(
      'RangeError: learningRateScheduler: the rate must be finite and >= 0, got -1 in epoch 2.',
    );
    expect(await failure(() => Number.NaN)).toMatch(/^RangeError: .* got NaN in epoch 1/);
    expect(await failure((() => undefined) as never)).toMatch(
      /^TypeError: learningRateScheduler: the schedule must return a number, it returned undefined in epoch 1\.\n {2}Return/,
    );
    expect(() => learningRateScheduler(0.1 as never)).toThrow(TypeError);
  });

  test('a rate that has a schedule already is an error', async () => {
    const model = network();
    const optimizer = sgd(model, { lr: (count) => count.astype('float64') });
    const callbacks = [learningRateScheduler((_epoch, lr) => lr)];
    await expect(fit(model, plan(model, { optimizer, callbacks }))).rejects.toThrow(
      "learningRateScheduler: the optimizer's lr is a schedule",
    );
  });
});
