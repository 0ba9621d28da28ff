import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, Dataset } from '@tikhonov/data';
import { ema, sgd } from '@tikhonov/optim';
import {
  averageWeights,
  type Callback,
  type CheckpointStore,
  csvLogger,
  earlyStopping,
  type FitOptions,
  fit,
  history,
  modelCheckpoint,
  reduceLROnPlateau,
  saveSafetensors,
  terminateOnNaN,
  writeFileAtomically,
} from '@tikhonov/train';
import { curveRun } from '../callbacks/curve.ts';
import { inFolder } from '../callbacks/folder.ts';
import { network, plan, small, valuesOf } from '../helpers.ts';

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

/** A training whose validation loss follows a curve, in epochs of one step. */
const resumed = (
  to: CheckpointStore | string,
  more: Partial<FitOptions> = {},
  curve: readonly number[] = [3, 2, 4, 5, 6, 7],
) => curveRun(curve, () => ({ compiled: false, checkpoint: { to }, ...more }));

/** Ends the process, as it were. */
const dying = (epoch: number): Callback => ({
  onEpochEnd(now) {
    if (now === epoch) throw new Error('killed');
  },
});

const quiet: Callback = { onEpochBegin: () => {} };

const stopper = (patience: number): Callback =>
  earlyStopping({ patience, restoreBestWeights: true });

describe('a checkpoint that is refused', () => {
  test('by a callback leaves model, optimizer and callbacks as they were', async () => {
    const to = memory();
    await resumed(to, { callbacks: [stopper(9), reduceLROnPlateau()], epochs: 2 }).run();
    const average: Callback[] = [];
    const other = resumed(to, { callbacks: average });
    average.push(stopper(9), averageWeights(ema({ w: other.w })));
    await expect(other.run()).rejects.toThrow(
      'averageWeights: the saved state is not of this callback',
    );
    expect(other.w.read().item()).toBe(0);
    const first = resumed(to, { callbacks: [stopper(9), history()] });
    first.optimizer.lr = 0.25;
    await expect(first.run()).rejects.toThrow('history: the saved state is not');
    // Early stopping had taken weights over, and puts back what it has in the end.
    expect([first.w.read().item(), first.optimizer.lr.read().item()]).toEqual([0, 0.25]);
  });

  test('by an optimizer, half way, leaves what it has', async () => {
    const to = memory();
    await resumed(to, { epochs: 2 }).run();
    const { w } = resumed(to);
    const inner = sgd({ w }, { lr: 0.25 });
    const optimizer = {
      minimize: (f: () => Tensor) => inner.minimize(f),
      stateDict: () => inner.stateDict(),
      loadStateDict(state: Readonly<Record<string, Tensor>>) {
        inner.loadStateDict(state);
        throw new Error('not mine');
      },
    };
    await expect(resumed(to, { optimizer }).run()).rejects.toThrow('not mine');
    expect(inner.lr.read().item()).toBe(0.25);
  });

  test('for other data, of the same shape, in a data set or a loader', async () => {
    const model = network();
    const y = small.y.data();
    [y[3], y[4]] = [(y[3]! + 1) % 10, y[4]!];
    const other = small.with({ y: tensor(y as Int32Array, { dtype: 'int32' }) });
    const x = small.x.data();
    x[100] = -x[100]! - 1;
    const moved = small.with({ x: tensor(x, { shape: small.x.shape }) });
    const weighted = small.with({ sampleWeight: tensor(Array<number>(small.size).fill(2)) });
    const options = { compiled: false, epochs: 1 };
    const store = memory();
    await fit(model, plan(model, { ...options, checkpoint: { to: store } }));
    for (const train of [other, moved, weighted]) {
      await expect(
        fit(model, plan(model, { ...options, train, checkpoint: { to: store } })),
      ).rejects.toThrow(
        /is of another training\.\n {2}data: "[0-9a-f]{8}" then, "[0-9a-f]{8}" now/,
      );
    }
    const loaded = memory();
    const loaderOf = (set: Dataset): DataLoader<never> =>
      new DataLoader(set, { batchSize: 32 }) as DataLoader<never>;
    const rest = { ...options, checkpoint: { to: loaded } };
    await fit(model, plan(model, { ...rest, train: loaderOf(small) }));
    await expect(fit(model, plan(model, { ...rest, train: loaderOf(moved) }))).rejects.toThrow(
      'data: "',
    );
    // The same rows elsewhere are the same data.
    const copy = new Dataset({ x: tensor(small.x.data(), { shape: small.x.shape }), y: small.y });
    const again = plan(model, { ...options, train: copy, metrics: {}, checkpoint: { to: store } });
    expect((await fit(model, again)).stopReason).toBe('completed');
  });

  test('because it is damaged, or no checkpoint, is named with what to do', () =>
    inFolder(async ({ path }) => {
      const to = `${path}/run.checkpoint`;
      await resumed(to, { epochs: 1 }).run();
      const whole = readFileSync(to);
      const damaged = Uint8Array.from(whole);
      damaged[damaged.length - 1]! ^= 1;
      const cases: readonly [Uint8Array, string][] = [
        [damaged, 'the checksum is wrong.'],
        [whole.subarray(0, whole.length - 1), 'the tensors take'],
        [new Uint8Array(2), '2 bytes are too few for a header.'],
        [new TextEncoder().encode('epoch,loss\n1,2\n'), 'the header would'],
        [saveSafetensors({ w: tensor([1]) }), 'this is no checkpoint.'],
      ];
      for (const [bytes, problem] of cases) {
        writeFileSync(to, bytes);
        const running = resumed(to).run();
        await expect(running).rejects.toThrow(
          `fit: the checkpoint '${to}' cannot be read: ${problem}`,
        );
        await expect(running).rejects.toThrow('or resume: false to begin anew.');
      }
    }));
});

describe('callbacks of a resumed training', () => {
  test('that remember nothing may come and go', async () => {
    const to = memory();
    await resumed(to, { epochs: 2, callbacks: [terminateOnNaN(), stopper(9)] }).run();
    const more = { progress: true, callbacks: [terminateOnNaN(), stopper(9), quiet] };
    const { epochs } = await resumed(to, { epochs: 4, ...more }).run();
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  });

  test('that stopped it are asked again if they are made in another way, or epochs are added', async () => {
    const to = memory();
    const stopped = await resumed(to, { callbacks: [stopper(2)] }).run();
    expect([stopped.stopReason, stopped.epochs.length]).toEqual(['patience', 4]);
    const same = resumed(to, { callbacks: [stopper(2)] });
    expect(await same.run()).toEqual(stopped);
    expect(same.w.read().item()).toBe(-2);
    const patient = resumed(to, { callbacks: [stopper(3)] });
    const longer = await patient.run();
    expect([longer.stopReason, longer.epochs.length]).toEqual(['patience', 5]);
    const uninterrupted = resumed(memory(), { callbacks: [stopper(3)] });
    expect(await uninterrupted.run()).toEqual(longer);
    expect(patient.w.read().item()).toBe(uninterrupted.w.read().item());
    const more = await resumed(
      to,
      { callbacks: [stopper(3)], epochs: 7 },
      [3, 2, 4, 5, 6, 1, 9],
    ).run();
    expect([more.stopReason, more.epochs.length]).toEqual(['completed', 7]);
  });

  test('a training that has more epochs than asked for is returned as it is', async () => {
    const to = memory();
    const done = await resumed(to, { epochs: 4 }).run();
    expect(await resumed(to, { epochs: 1 }).run()).toEqual(done);
  });
});

describe('before the first step', () => {
  const nowhere = (path: string) =>
    `'${path}/nope/x' cannot be written: there is no folder '${path}/nope'.\n  Create`;

  test('folders that do not exist are noticed', () =>
    inFolder(async ({ path }) => {
      const to = `${path}/nope/x`;
      const attempts: Partial<FitOptions>[] = [
        { checkpoint: { to } },
        { checkpoint: { to, resume: false } },
        { callbacks: [csvLogger(to)] },
        { callbacks: [modelCheckpoint({ to, everyEpochs: 3 })] },
      ];
      for (const attempt of attempts) {
        const { run, w } = curveRun([1, 2, 3], () => attempt);
        await expect(run()).rejects.toThrow(nowhere(path));
        expect(w.read().item()).toBe(0);
      }
      const template = curveRun([1], () => ({
        callbacks: [modelCheckpoint({ to: `${path}/nope/{epoch:02d}.st` })],
      }));
      await expect(template.run()).rejects.toThrow(`there is no folder '${path}/nope'`);
      expect(template.w.read().item()).toBe(0);
      await expect(writeFileAtomically(to, new Uint8Array(1))).rejects.toThrow(nowhere(path));
      mkdirSync(to, { recursive: true });
      await expect(resumed(to).run()).rejects.toThrow(`fit: checkpoint.to: '${to}' is a folder.`);
    }));

  test('a store that does not save ends the training', async () => {
    const save = async (): Promise<void> => {
      throw new Error('no space left');
    };
    const { run, w } = resumed({ load: async () => null, save });
    await expect(run()).rejects.toThrow('no space left');
    expect(w.read().item()).toBe(0);
  });

  test('a log that is added to remembers where this training begins', () =>
    inFolder(async ({ path, files }) => {
      const log = (): Callback => csvLogger(`${path}/log`, { append: true });
      await curveRun([9], () => ({ callbacks: [log()] })).run();
      const options = { epochs: 4, checkpoint: { to: `${path}/run`, everyEpochs: 4 } };
      const dies = resumed('', { ...options, callbacks: [log(), dying(3)] });
      await expect(dies.run()).rejects.toThrow('killed');
      await resumed('', { ...options, callbacks: [log()] }).run();
      const epochs = files()
        .log!.trim()
        .split('\n')
        .map((row) => row.split(',')[0]);
      expect(epochs).toEqual(['epoch', '1', '1', '2', '3', '4']);
    }));
});

test('the rate of a checkpoint wins over that of the script', async () => {
  const to = memory();
  await resumed(to, { epochs: 1 }).run();
  const again = resumed(to, { epochs: 2 });
  again.optimizer.lr = 0.5;
  await again.run();
  expect([again.optimizer.lr.read().item(), again.w.read().item()]).toEqual([1, -2]);
  expect(valuesOf(again.model).w).toEqual([-2]);
});
