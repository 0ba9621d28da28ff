import { describe, expect, test } from '@jest/globals';
import { DataLoader } from '@tikhonov/data';
import { adam } from '@tikhonov/optim';
import { type Callback, type FitOptions, fit } from '@tikhonov/train';
import { network, plan, small, valuesOf } from './helpers.ts';

/** A training with dropout in one call, and in calls of one epoch. */
async function bothWays(
  options: (model: ReturnType<typeof network>) => Partial<FitOptions>,
  epochs = 3,
) {
  const [once, often] = [network(0.5), network(0.5)];
  const whole = await fit(once, plan(once, { epochs, ...options(once) }));
  const rest = plan(often, options(often));
  const records = [];
  for (let e = 0; e < epochs; e++) {
    const history = await fit(often, { ...rest, initialEpoch: e, epochs: e + 1 });
    records.push(...history.epochs);
  }
  return { whole, records, once: valuesOf(once), often: valuesOf(often) };
}

describe.each([true, false])('initialEpoch (compiled: %s)', (compiled) => {
  test('makes a loop of calls the training of one call, to the last bit', async () => {
    const { whole, records, once, often } = await bothWays(() => ({ compiled }));
    expect(records).toEqual(whole.epochs);
    expect(often).toEqual(once);
  });
});

test('goes on with a loader, which is behind its epochs', async () => {
  const { whole, records, once, often } = await bothWays(() => ({
    train: new DataLoader(small, { batchSize: 32, seed: 3 }) as DataLoader<never>,
  }));
  expect(records).toEqual(whole.epochs);
  expect(often).toEqual(once);
});

test('a function is asked for the epoch, and masks are not repeated', async () => {
  const asked: number[] = [];
  const train = function* (epoch: number) {
    asked.push(epoch);
    yield { x: small.x, y: small.y };
  };
  const { records } = await bothWays((model) => ({
    train,
    compiled: false,
    optimizer: adam(model, { lr: 0 }),
    metrics: {},
  }));
  expect(asked).toEqual([1, 2, 3, 1, 2, 3]);
  // Nothing is learnt: what differs is the dropout.
  expect(new Set(records.map(({ dataLoss }) => dataLoss)).size).toBe(3);
});

test('callbacks count on, and a checkpoint goes on', async () => {
  const model = network();
  const seen: number[] = [];
  const witness: Callback = { onEpochBegin: (epoch) => void seen.push(epoch) };
  const files: Uint8Array[] = [];
  const to = {
    load: async () => files.at(-1) ?? null,
    save: async (bytes: Uint8Array) => void files.push(bytes.slice()),
  };
  const options = plan(model, { callbacks: [witness], checkpoint: { to } });
  await fit(model, { ...options, epochs: 2 });
  const { epochs } = await fit(model, { ...options, initialEpoch: 2, epochs: 3 });
  expect(seen).toEqual([1, 2, 3]);
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
});

test('is checked', async () => {
  const model = network();
  const call = (initialEpoch: unknown) =>
    fit(model, plan(model, { epochs: 3, initialEpoch: initialEpoch as number }));
  await expect(call(3)).rejects.toThrow(
    'fit: initialEpoch must be less than epochs, got 3 and 3.\n  epochs is the number of the last',
  );
  await expect(call(-1)).rejects.toThrow('initialEpoch must be an integer >= 0, got -1.');
  await expect(call('1')).rejects.toThrow("initialEpoch must be an integer >= 0, got '1'.");
});
