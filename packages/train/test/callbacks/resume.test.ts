import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type MLP, mlp } from '@tikhonov/nn';
import { adam, ema, type Optimizer } from '@tikhonov/optim';
import {
  averageWeights,
  type Callback,
  type CheckpointStore,
  csvLogger,
  earlyStopping,
  fit,
  history,
  learningRateScheduler,
  type Model,
  modelCheckpoint,
  prechelt,
  reduceLROnPlateau,
} from '@tikhonov/train';
import { held, plan, small, valuesOf } from '../helpers.ts';
import { type Folder, inFolder } from './folder.ts';

/** A callback in one run, and what else it shows in the end. */
interface Subject {
  readonly callback: Callback;
  readonly shows?: () => unknown;
}

interface Setting {
  readonly folder: Folder;
  readonly model: MLP;
}

const subjects: Readonly<Record<string, (setting: Setting) => Subject>> = {
  earlyStopping() {
    // What falls is watched as if it should rise: the first epoch stays the best.
    const options = { monitor: 'dataLoss', mode: 'max', patience: 2 } as const;
    const callback = earlyStopping({ ...options, restoreBestWeights: true });
    return { callback, shows: () => callback.state };
  },
  'earlyStopping to a baseline': () => {
    const options = { baseline: 1e-9, patience: 3, minDelta: 0.1, restoreBestWeights: true };
    const callback = earlyStopping(options);
    return { callback, shows: () => callback.state };
  },
  'prechelt GL': () => {
    const callback = prechelt({ criterion: 'GL', alpha: 15, restoreBestWeights: true });
    return { callback, shows: () => callback.state };
  },
  'prechelt PQ': () => {
    const callback = prechelt({ criterion: 'PQ', alpha: 50, k: 3, minProgress: 1e-6 });
    return { callback, shows: () => callback.state };
  },
  'prechelt UP': () => {
    const callback = prechelt({ criterion: 'UP', s: 1, k: 2, restoreBestWeights: true });
    return { callback, shows: () => callback.state };
  },
  reduceLROnPlateau() {
    const callback = reduceLROnPlateau({ patience: 1, cooldown: 1, minDelta: 0.3, factor: 0.5 });
    return { callback, shows: () => callback.state };
  },
  learningRateScheduler: () => ({ callback: learningRateScheduler((e, lr) => (lr * e) / (e + 1)) }),
  modelCheckpoint({ folder }) {
    const to = `${folder.path}/{epoch}`;
    const callback = modelCheckpoint({ to, monitor: 'dataLoss', saveBestOnly: true });
    return { callback, shows: () => ({ files: folder.files(), best: callback.state.best }) };
  },
  'modelCheckpoint of an early best': ({ folder }) => {
    const callback = modelCheckpoint({ to: `${folder.path}/{epoch}`, saveBestOnly: true });
    return { callback, shows: () => ({ files: folder.files(), best: callback.state.best }) };
  },
  csvLogger: ({ folder }) => ({
    callback: csvLogger(`${folder.path}/log.csv`),
    shows: folder.files,
  }),
  'csvLogger that appends': ({ folder }) => ({
    callback: csvLogger(`${folder.path}/log.csv`, { append: true }),
    shows: folder.files,
  }),
  'csvLogger behind the rows of others': ({ folder }) => {
    const path = `${folder.path}/log.csv`;
    const header = 'epoch,steps,lr,dataLoss,penalty,loss,validation.loss,validation.accuracy\n';
    if (!existsSync(path)) writeFileSync(path, `${header}1,2,3,4,5,6,7,8\n`);
    return { callback: csvLogger(path, { append: true }), shows: folder.files };
  },
  history() {
    const callback = history({ batches: true });
    return { callback, shows: () => [callback.epoch, callback.history, callback.batches] };
  },
  averageWeights({ model }) {
    const average = ema(model, { decay: 0.8 });
    return {
      callback: averageWeights(average),
      shows: () => Object.values(average.values()).map((x) => x.toArray()),
    };
  },
};

/** A place that outlives a training. */
function memory(): CheckpointStore {
  let file: Uint8Array | null = null;
  return {
    load: async () => file,
    async save(bytes) {
      file = bytes.slice();
    },
  };
}

class Killed extends Error {}

/** Dies at the end of a step, or of an epoch, when the other callbacks have had their turn. */
const killer = (at: { readonly step?: number; readonly epoch?: number }): Callback => ({
  onBatchEnd(step) {
    if (step === at.step) throw new Killed();
  },
  onEpochEnd(epoch) {
    if (epoch === at.epoch) throw new Killed();
  },
});

const net = (): MLP => mlp([64, 4, 10], { seed: 0, dropout: 0.2 });

/** Four epochs of three steps, with state in the model, the optimizer and the callback. */
async function run(
  make: (setting: Setting) => Subject,
  folder: Folder,
  {
    store,
    at = {},
    compiled = false,
  }: {
    readonly store?: CheckpointStore;
    readonly at?: Parameters<typeof killer>[0];
    readonly compiled?: boolean;
  },
) {
  const model = net();
  const optimizer: Optimizer = adam(model, { lr: 0.03 });
  const { callback, shows } = make({ folder, model });
  const result = await fit(
    model,
    plan(model, {
      ...{ train: small.subset(24), validation: held.subset(10), batchSize: 8 },
      ...{ epochs: 4, optimizer, compiled, callbacks: [callback, killer(at)] },
      ...(store === undefined ? {} : { checkpoint: { to: store, everySteps: 2 } }),
    }),
  );
  const rate = optimizer.lr.read().item();
  return { result, values: valuesOf(model as Model), rate, shown: shows?.() };
}

const eager = new Map<string, ReturnType<typeof run>>();

/** A training that nothing interrupts. */
function whole(name: string, compiled = false): ReturnType<typeof run> {
  const known = compiled ? undefined : eager.get(name);
  const result = known ?? inFolder((folder) => run(subjects[name]!, folder, { compiled }));
  if (!compiled) eager.set(name, result);
  return result;
}

describe.each(Object.keys(subjects))('%s', (name) => {
  test('a training that was killed ends bit for bit as the one that was not', async () => {
    const want = await whole(name);
    // In the middle of epoch 2; behind the ends of epochs of which the last checkpoint knows nothing.
    const first = name.startsWith('csvLogger') ? [{ epoch: 1 }] : [];
    for (const at of [{ step: 5 }, { epoch: 3 }, ...first]) {
      await inFolder(async (folder) => {
        const store = memory();
        await expect(run(subjects[name]!, folder, { store, at })).rejects.toThrow(Killed);
        expect(await run(subjects[name]!, folder, { store })).toEqual(want);
      });
    }
  });

  test('a state of another callback is refused', () =>
    inFolder(async (folder) => {
      const { callback } = subjects[name]!({ folder, model: net() });
      if (callback.loadStateDict === undefined) return;
      expect(() => callback.loadStateDict!({ other: 1 })).toThrow(/not of this callback|missing/);
    }));
});

test.each(['reduceLROnPlateau', 'averageWeights', 'csvLogger'])('%s, compiled', async (name) => {
  const want = await whole(name, true);
  await inFolder(async (folder) => {
    const store = memory();
    const at = { epoch: 2 };
    await expect(run(subjects[name]!, folder, { store, at, compiled: true })).rejects.toThrow(
      Killed,
    );
    expect(await run(subjects[name]!, folder, { store, compiled: true })).toEqual(want);
  });
});

test('the trainings do what is to be remembered: they stop, lower rates, save', async () => {
  expect((await whole('earlyStopping')).result.stopReason).toBe('patience');
  expect((await whole('prechelt GL')).result).toMatchObject({ stopReason: 'GL', restoredEpoch: 1 });
  expect((await whole('prechelt UP')).result.stopReason).toBe('UP');
  expect((await whole('reduceLROnPlateau')).rate).toBeLessThan(0.03);
  const saved = (await whole('modelCheckpoint')).shown as { readonly files: object };
  expect(Object.keys(saved.files).length).toBeGreaterThan(1);
  const early = (await whole('modelCheckpoint of an early best')).shown as typeof saved;
  expect(Object.keys(early.files)).toEqual(['1']);
});
