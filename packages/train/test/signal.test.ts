import { describe, expect, test } from '@jest/globals';
import { DataLoader, type LoadedBatch } from '@tikhonov/data';
import { crossEntropy } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { type Callback, type CheckpointStore, type FitOptions, fit } from '@tikhonov/train';
import { held, network, small, valuesOf } from './helpers.ts';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

function memory(): CheckpointStore & { readonly files: Uint8Array[] } {
  const files: Uint8Array[] = [];
  return {
    files,
    load: async () => files.at(-1) ?? null,
    save: async (bytes) => {
      files.push(bytes.slice());
    },
  };
}

const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Counts what happens, and how often it ends. */
function observer(more: Callback = {}) {
  const seen = { begun: 0, steps: 0, epochs: 0, ended: 0 };
  const callback: Callback = {
    onTrainBegin: () => void seen.begun++,
    onBatchEnd: () => void seen.steps++,
    onEpochEnd: () => void seen.epochs++,
    onTrainEnd: () => void seen.ended++,
  };
  return { seen, callbacks: Object.keys(more).length === 0 ? [callback] : [callback, more] };
}

/** A training of three epochs with three steps each. */
async function run(more: Partial<FitOptions>) {
  const model = network();
  const optimizer = adam(model, { lr: 0.01 });
  const history = await fit(model, {
    ...{ train: small, validation: held, epochs: 3, optimizer, loss: crossEntropy, seed: 1 },
    ...more,
  });
  return { history, values: valuesOf(model), optimizer: optimizer.stateDict() };
}

const batches = (map?: (batch: LoadedBatch) => LoadedBatch | Promise<LoadedBatch>) =>
  new DataLoader(small, { batchSize: 32, seed: 4, ...(map === undefined ? {} : { map }) });

describe.each(modes)('a signal (%s)', (_name, compiled) => {
  test('that is aborted already lets no step happen', async () => {
    const to = memory();
    const { seen, callbacks } = observer();
    const signal = AbortSignal.abort(new Error('the reason stays out of the way'));
    const { history, values } = await run({ signal, callbacks, compiled, checkpoint: { to } });
    expect(history).toMatchObject({ stopReason: 'aborted', epochs: [] });
    expect(seen).toEqual({ begun: 1, steps: 0, epochs: 0, ended: 1 });
    expect(values).toEqual(valuesOf(network()));
    expect(to.files.length).toBe(1);
    const { callbacks: more } = observer();
    const resumed = await run({ compiled, callbacks: more, checkpoint: { to } });
    expect(resumed).toEqual(await run({ compiled }));
  });

  test('in a synchronous callback ends after the step', async () => {
    const control = new AbortController();
    const { seen, callbacks } = observer({
      onBatchEnd: (step) => {
        if (step === 5) control.abort();
      },
    });
    const { history } = await run({ signal: control.signal, callbacks, compiled });
    expect(history.stopReason).toBe('aborted');
    expect(history.epochs.length).toBe(1);
    expect(seen).toEqual({ begun: 1, steps: 5, epochs: 1, ended: 1 });
  });

  test('while an async callback runs lets it finish, and takes no other step', async () => {
    const to = memory();
    const control = new AbortController();
    let finished = 0;
    const slow: Callback = {
      async onBatchEnd(step) {
        if (step !== 4) return;
        setTimeout(() => control.abort(), 1);
        await tick(10);
        finished += 1;
      },
    };
    const { seen, callbacks } = observer(slow);
    const options = { callbacks, compiled, checkpoint: { to } };
    const { history } = await run({ ...options, signal: control.signal });
    expect(history.stopReason).toBe('aborted');
    expect([finished, seen.steps, seen.ended]).toEqual([1, 4, 1]);
    expect(await run(options)).toEqual(await run({ compiled }));
  });

  test('ends the wait for a batch that never comes', async () => {
    const to = memory();
    const control = new AbortController();
    let asked = 0;
    const stuck = batches((batch) => {
      asked += 1;
      if (asked !== 5) return Promise.resolve(batch);
      setTimeout(() => control.abort(), 1);
      return new Promise(() => {});
    });
    const { seen, callbacks } = observer();
    const { history } = await run({
      ...{ train: stuck, signal: control.signal, callbacks, compiled, checkpoint: { to } },
    });
    expect(history.stopReason).toBe('aborted');
    expect(seen).toEqual({ begun: 1, steps: 4, epochs: 1, ended: 1 });
    expect([stuck.epoch, stuck.batch]).toEqual([1, 1]);
    const { callbacks: more } = observer();
    const resumed = await run({ train: batches(), callbacks: more, compiled, checkpoint: { to } });
    expect(resumed).toEqual(await run({ train: batches(), compiled }));
  });

  test('forgets a batch that fails afterwards', async () => {
    const control = new AbortController();
    const failing = batches(async (batch) => {
      if (batch.index.data()[0]! < 0) return batch;
      control.abort();
      await tick(2);
      throw new Error('too late to matter');
    });
    const { history } = await run({ train: failing, signal: control.signal, compiled });
    expect(history).toMatchObject({ stopReason: 'aborted', epochs: [] });
    // An unhandled rejection would end the process.
    await tick(10);
  });

  test('in onEpochBegin or onEpochEnd ends between epochs, where a resumed one goes on', async () => {
    for (const event of ['onEpochBegin', 'onEpochEnd'] as const) {
      const to = memory();
      const control = new AbortController();
      const { seen, callbacks } = observer({
        [event]: async (epoch: number) => {
          if (epoch === 2) control.abort();
        },
      });
      const options = { compiled, callbacks, checkpoint: { to } };
      const { history } = await run({ ...options, signal: control.signal });
      expect(history.stopReason).toBe('aborted');
      expect(seen.steps).toBe(event === 'onEpochBegin' ? 3 : 6);
      expect(await run(options)).toEqual(await run({ compiled }));
    }
  });

  test('is not the only end between epochs: that of a callback stays the end', async () => {
    const to = memory();
    const stopper: Callback = {
      onEpochBegin: (epoch, control) => {
        if (epoch === 2) control.stop('enough');
      },
    };
    const first = await run({ compiled, callbacks: [stopper], checkpoint: { to } });
    expect(first.history).toMatchObject({ stopReason: 'enough', epochs: [{ epoch: 1 }] });
    expect(await run({ compiled, callbacks: [], checkpoint: { to } })).toEqual(first);
  });

  test('that nobody aborts keeps no listener', async () => {
    const control = new AbortController();
    let listeners = 0;
    const { signal } = control;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      removeEventListener.apply(signal, args);
    };
    await run({ train: batches(async (batch) => batch), signal, compiled });
    expect(listeners).toBe(0);
  });
});

test('an abort ends the wait for callbacks that never finish, and all of them end', async () => {
  const hooks = ['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const;
  const after = hooks.map(async (hook) => {
    const control = new AbortController();
    const hanging: Callback = {
      [hook]() {
        setTimeout(() => control.abort(), 1);
        return new Promise<void>(() => {});
      },
    };
    const { seen, callbacks } = observer();
    const { history } = await run({
      ...{ callbacks: [hanging, ...callbacks], signal: control.signal, compiled: false, epochs: 1 },
    });
    return [history.stopReason, seen.begun, seen.ended];
  });
  const aborted = ['aborted', 1, 1];
  expect(await Promise.all(after)).toEqual([
    ...[aborted, aborted, aborted, aborted],
    ['completed', 1, 1],
  ]);
});

test('what is no signal is refused', async () => {
  await expect(run({ signal: new AbortController() as never })).rejects.toThrow(
    'fit: signal must be an AbortSignal, got object.\n  Pass the signal of an AbortController: controller.signal.',
  );
});
