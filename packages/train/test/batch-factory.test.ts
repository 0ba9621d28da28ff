import { describe, expect, test } from '@jest/globals';
import { random, type Tensor } from '@tikhonov/core';
import { batches } from '@tikhonov/data';
import { crossEntropy } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  type BatchFactory,
  type Callback,
  type CheckpointStore,
  type FitOptions,
  fit,
  type TrainContext,
} from '@tikhonov/train';
import { network, small, valuesOf } from './helpers.ts';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

async function run(train: FitOptions['train'], more: Partial<FitOptions> = {}) {
  const model = network();
  const optimizer = adam(model, { lr: 0.01 });
  const history = await fit(model, {
    ...{ train, epochs: 3, optimizer, loss: crossEntropy, seed: 1 },
    ...more,
  });
  return { history, values: valuesOf(model), optimizer: optimizer.stateDict() };
}

/** The batches of `small`, in an order of the key. */
const shuffled = (key: Tensor) => batches(small, { batchSize: 40, key });

const plain: BatchFactory = function* (_epoch, key) {
  for (const { x, y } of shuffled(key)) yield { x, y };
};

const slow: BatchFactory = async function* (_epoch, key) {
  for (const { x, y } of shuffled(key)) {
    await new Promise((resolve) => setTimeout(resolve));
    yield { x, y };
  }
};

describe.each(modes)('fit with a function of batches (%s)', (_name, compiled) => {
  test('gives it the epoch and a key of its own', async () => {
    const epochs: number[] = [];
    const keys = new Set<string>();
    const contexts: TrainContext[] = [];
    const callbacks: Callback[] = [
      {
        onTrainBegin(context) {
          contexts.push(context);
        },
      },
    ];
    const train: BatchFactory = (epoch, key) => {
      epochs.push(epoch);
      keys.add(String(key.toArray()));
      return plain(epoch, key);
    };
    const { history } = await run(train, { compiled, callbacks });
    expect(epochs).toEqual([1, 2, 3]);
    expect(keys.size).toBe(3);
    expect(history.epochs.map(({ steps }) => steps)).toEqual([3, 6, 9]);
    expect(contexts).toMatchObject([{ batchSize: null, stepsPerEpoch: null }]);
  });

  test('takes iterables, promises in them and asynchronous ones alike', async () => {
    const expected = await run(plain, { compiled });
    expect(await run(slow, { compiled })).toEqual(expected);
    const pending: BatchFactory = (_epoch, key) =>
      [...shuffled(key)].map(({ x, y }) => Promise.resolve({ x, y }));
    expect(await run(pending, { compiled })).toEqual(expected);
  });

  test.each([
    ['plain', plain],
    ['asynchronous', slow],
  ])('resumes %s ones in mid-epoch, bit for bit', async (_kind, train) => {
    const whole = await run(train, { compiled });
    for (const diesAt of compiled ? [4] : [2, 4, 5]) {
      const files: Uint8Array[] = [];
      const to: CheckpointStore = {
        load: async () => files.at(-1) ?? null,
        save: async (bytes) => void files.push(bytes.slice()),
      };
      const checkpoint = { to, everySteps: 1 };
      const killer = {
        onBatchEnd(step: number) {
          if (step === diesAt) throw new Error('killed');
        },
      };
      const killed = run(train, { compiled, checkpoint, callbacks: [killer] });
      await expect(killed).rejects.toThrow('killed');
      expect(await run(train, { compiled, checkpoint, callbacks: [] })).toEqual(whole);
    }
  });

  test('closes a pass that is cut short', async () => {
    const closed: string[] = [];
    const endless: BatchFactory = function* () {
      try {
        for (;;) yield { x: small.x, y: small.y };
      } finally {
        closed.push('plain');
      }
    };
    const endlessAndSlow: BatchFactory = async function* () {
      try {
        for (;;) yield { x: small.x, y: small.y };
      } finally {
        closed.push('asynchronous');
      }
    };
    for (const train of [endless, endlessAndSlow]) {
      const control = new AbortController();
      const stopper: Callback = {
        onBatchEnd(step) {
          if (step === 2) control.abort();
        },
      };
      const options = { compiled, signal: control.signal, callbacks: [stopper] };
      expect((await run(train, options)).history.stopReason).toBe('aborted');
    }
    // Nobody waits for an asynchronous one to close.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(closed).toEqual(['plain', 'asynchronous']);
  });
});

describe('what a function of batches may not do', () => {
  test('give no batches, or the same generator again', async () => {
    await expect(run(() => [])).rejects.toThrow(
      'fit: epoch 1 has no batches.\n  A generator runs once: give a function that makes one for every epoch.',
    );
    const once = plain(1, random.key(0));
    await expect(run(() => once)).rejects.toThrow('fit: epoch 2 has no batches.');
  });

  test('return something else', async () => {
    await expect(run((() => small) as never)).rejects.toThrow(
      'fit: train, as a function, must return an iterable of batches, it returned object.',
    );
    await expect(run(() => [small.x] as never)).rejects.toThrow(
      'fit: train must give { x, y } for every batch, it gave a Tensor.',
    );
  });

  test('stand beside options for batches', async () => {
    await expect(run(plain, { batchSize: 4 })).rejects.toThrow(
      new TypeError(
        'fit: got batchSize beside a function.\n  The function makes the batches: let it see to batchSize.',
      ),
    );
  });
});
