import { describe, expect, test } from '@jest/globals';
import { parameter, sqrt, type Tensor, tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { sgd } from '@tikhonov/optim';
import { type FitOptions, fit, NonFiniteError } from '@tikhonov/train';
import { network, oneRow, plan, small, valuesOf } from './helpers.ts';

/** What `fit` rejects with. */
const rejection = async (running: Promise<unknown>): Promise<NonFiniteError> => {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
};

describe('values that are not finite', () => {
  test('a bad input is named, and the step changes nothing', async () => {
    const x = small.x.data();
    x[64 * 40 + 3] = Number.NaN;
    const bad = new Dataset({ x: tensor(x, { shape: small.x.shape }), y: small.y });
    const model = network();
    const error = await rejection(fit(model, plan(model, { train: bad, shuffle: false })));
    expect(error.report).toEqual({ epoch: 1, step: 2, tensor: 'input x', value: Number.NaN });
    expect(error.message).toMatch(
      /^fit: input x is not finite \(NaN\) in epoch 1, step 2\.\n {2}Lower/,
    );
    expect(error.history).toMatchObject({ epochs: [], stopReason: 'non-finite' });
    const twin = network();
    await fit(twin, plan(twin, { train: small.subset(32), epochs: 1, shuffle: false }));
    expect(valuesOf(model)).toEqual(valuesOf(twin));
  });

  test("'stop' returns the history with the report", async () => {
    const w = parameter(tensor([1]));
    const model = { namedCells: () => ({ w }), forward: (x: Tensor) => x.mul(w) };
    const options: FitOptions = {
      train: oneRow(),
      epochs: 50,
      optimizer: sgd({ w }, { lr: 1e8 }),
      loss: (output) => output.mul(output).sum(),
      onNonFinite: 'stop',
    };
    const history = await fit(model, options);
    expect(history.stopReason).toBe('non-finite');
    expect(history.nonFinite).toMatchObject({ tensor: 'loss', value: Infinity });
    expect(history.epochs.every(({ dataLoss }) => Number.isFinite(dataLoss))).toBe(true);
    expect(Number.isFinite(w.read().item())).toBe(true);
  });

  test('a bad penalty is named by its place', async () => {
    const model = network();
    const penalties = [() => tensor(0), () => tensor(Infinity)];
    const error = await rejection(fit(model, plan(model, { penalties })));
    expect(error.report).toMatchObject({ tensor: 'penalties[1]', value: Infinity, step: 1 });
  });

  test('a gradient that is not finite although the loss is gets caught before the step', async () => {
    const w = parameter(tensor([0]), { name: 'w' });
    const model = { namedCells: () => ({ w }), forward: (x: Tensor) => x.mul(w) };
    const options: FitOptions = {
      train: oneRow(),
      epochs: 2,
      optimizer: sgd({ w }, { lr: 1 }),
      loss: (output) => sqrt(output).sum(),
    };
    const error = await rejection(fit(model, options));
    expect(error.report).toMatchObject({ epoch: 1, step: 1, tensor: 'update of w' });
    expect(w.read().toArray()).toEqual([0]);
  });
});

describe('abort', () => {
  test('before the first step: nothing happens, and that is not an error', async () => {
    const model = network();
    const before = valuesOf(model);
    const history = await fit(model, plan(model, { signal: AbortSignal.abort() }));
    expect(history).toMatchObject({ epochs: [], stopReason: 'aborted', bestEpoch: null });
    expect(valuesOf(model)).toEqual(before);
  });

  test('in the middle of an epoch: that epoch is not in the history', async () => {
    const abort = new AbortController();
    const model = network();
    let steps = 0;
    const callback = {
      onBatchEnd: (step: number) => {
        steps = step;
        if (step === 4) abort.abort();
      },
    };
    const options = plan(model, { signal: abort.signal, callbacks: [callback] });
    const history = await fit(model, options);
    expect([history.stopReason, history.epochs.length, steps]).toEqual(['aborted', 1, 4]);
  });

  test('from a timer: the event loop turns while training runs', async () => {
    const abort = new AbortController();
    const model = network();
    setTimeout(() => abort.abort(), 100);
    const history = await fit(model, plan(model, { epochs: 100_000, signal: abort.signal }));
    expect(history.stopReason).toBe('aborted');
  });

  test('by a callback: its reason is the stop reason', async () => {
    const model = network();
    const callback = {
      onBatchEnd: (step: number, _logs: unknown, control: { stop(reason: string): void }) => {
        if (step === 2) control.stop('budget');
      },
    };
    const history = await fit(model, plan(model, { callbacks: [callback] }));
    expect([history.stopReason, history.epochs.length]).toEqual(['budget', 0]);
  });
});
