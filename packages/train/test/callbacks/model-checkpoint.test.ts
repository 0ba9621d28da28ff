import { describe, expect, test } from '@jest/globals';
import { BatchNorm1d, Linear, mse, Sequential } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import {
  fit,
  loadSafetensors,
  loadSafetensorsFile,
  type ModelCheckpointOptions,
  modelCheckpoint,
} from '@tikhonov/train';
import { small, valuesOf } from '../helpers.ts';
import { curveRun } from './curve.ts';
import { inFolder } from './folder.ts';

/** Which epochs of a curve are saved, by the texts in their headers. */
async function savedOn(curve: readonly number[], options: Partial<ModelCheckpointOptions>) {
  const saved: string[] = [];
  const to = {
    save: async (bytes: Uint8Array) => {
      saved.push(loadSafetensors(bytes).metadata.epoch!);
    },
  };
  const checkpoint = modelCheckpoint({ to, ...options });
  await curveRun(curve, () => ({ callbacks: [checkpoint] })).run();
  return { saved: saved.map(Number), state: checkpoint.state };
}

describe('modelCheckpoint', () => {
  test('saves the model of every epoch under a path with its values', () =>
    inFolder(async ({ path, files }) => {
      const { run, watch } = curveRun([3, 1.23456, 2], (watch) => ({
        callbacks: [
          watch,
          modelCheckpoint({ to: `${path}/m-{epoch:03d}-{validation.loss:.2f}-{steps}` }),
        ],
      }));
      await run();
      const names = ['m-001-3.00-1', 'm-002-1.23-2', 'm-003-2.00-3'];
      expect(Object.keys(files())).toEqual(names);
      for (const [i, name] of names.entries()) {
        const { tensors, metadata } = await loadSafetensorsFile(`${path}/${name}`);
        expect(Array.from(tensors.w!.data())).toEqual(watch.after[i]!.w);
        expect(metadata).toMatchObject({ epoch: String(i + 1), steps: String(i + 1) });
      }
      const { metadata } = await loadSafetensorsFile(`${path}/m-002-1.23-2`);
      expect(metadata['validation.loss']).toBe('1.23456');
    }));

  test('parameters and running state load into a model as they were', () =>
    inFolder(async ({ path }) => {
      const build = (seed: number) =>
        new Sequential(new Linear(64, 1, { seed }), new BatchNorm1d(1));
      const model = build(0);
      await fit(model, {
        train: { x: small.x, y: small.y.astype('float32').reshape([small.size, 1]) },
        epochs: 2,
        optimizer: sgd(model, { lr: 0.1 }),
        loss: mse,
        callbacks: [modelCheckpoint({ to: `${path}/model.safetensors` })],
      });
      const other = build(1);
      const { tensors } = await loadSafetensorsFile(`${path}/model.safetensors`);
      expect(other.loadStateDict(tensors)).toEqual({ missing: [], unexpected: [] });
      expect(valuesOf(other)).toEqual(valuesOf(model));
    }));

  test('one path is replaced, and nothing else is left in the folder', () =>
    inFolder(async ({ path, files }) => {
      const checkpoint = modelCheckpoint({ to: `${path}/model` });
      await curveRun([3, 2, 1], () => ({ callbacks: [checkpoint] })).run();
      expect(Object.keys(files())).toEqual(['model']);
      expect(checkpoint.state).toEqual({
        ...{ best: null, savedEpoch: 3, savedPath: `${path}/model` },
      });
    }));

  test('every so many epochs', async () => {
    expect((await savedOn([1, 1, 1, 1, 1], { everyEpochs: 2 })).saved).toEqual([2, 4]);
  });

  test('only what is better than all before: no ties, no NaN', async () => {
    const best = { saveBestOnly: true };
    const curve = [3, 3, Number.NaN, 2, 2.5, 1];
    const error = { ...best, monitor: 'validation.error' };
    expect(await savedOn(curve, error)).toMatchObject({ saved: [1, 4, 6], state: { best: 1 } });
    expect((await savedOn([Number.NaN, 3], error)).saved).toEqual([2]);
    expect((await savedOn([1, 2, 1, 3], { ...best, mode: 'max' })).saved).toEqual([1, 2, 4]);
    expect((await savedOn([1, 2, 3, 2.5], { ...best, everyEpochs: 2 })).saved).toEqual([2]);
  });

  test('only what beats a threshold', async () => {
    const options = { saveBestOnly: true, initialValueThreshold: 2 };
    expect((await savedOn([3, 2, 1.5, 1.75], options)).saved).toEqual([3]);
  });

  test('epochs that lack a value which is needed are passed over', () =>
    inFolder(async ({ path, files }) => {
      const run = (to: string, options = {}) =>
        curveRun([4, 3, 2, 1], () => ({
          callbacks: [modelCheckpoint({ to, ...options })],
          evaluateEvery: 2,
        })).run();
      await run(`${path}/{epoch}-{validation.loss}`);
      expect(Object.keys(files())).toEqual(['2-3', '4-1']);
      await run(`${path}/best-{epoch}`, { saveBestOnly: true });
      expect(Object.keys(files()).slice(2)).toEqual(['best-2', 'best-4']);
    }));

  test('formats as in Python', () =>
    inFolder(async ({ path, files }) => {
      const to = `${path}/{epoch:d},{epoch:3d},{epoch:03d},{validation.loss:.0f},{validation.loss:06.2f}`;
      await curveRun([2.75], () => ({ callbacks: [modelCheckpoint({ to })] })).run();
      expect(Object.keys(files())).toEqual(['1,  1,001,3,002.75']);
    }));

  test('what cannot be saved ends the training with its error', () =>
    inFolder(async ({ path }) => {
      const callbacks = [modelCheckpoint({ to: `${path}/none/model` })];
      await expect(curveRun([1], () => ({ callbacks })).run()).rejects.toThrow(
        'there is no folder',
      );
    }));

  test('bad options', async () => {
    const bad = (options: object) => () => modelCheckpoint(options as ModelCheckpointOptions);
    expect(bad({})).toThrow('`to` must be a path, or a store with save, got undefined.\n  For');
    expect(bad({ to: '' })).toThrow(TypeError);
    expect(bad({ to: 'm', everyEpochs: 0 })).toThrow('everyEpochs must be an integer >= 1, got 0');
    expect(bad({ to: 'm-{epoch:x}' })).toThrow("'{epoch:x}' in the path has an unknown format.");
    expect(bad({ to: 'm', initialValueThreshold: 1 })).toThrow('is for saveBestOnly, which is off');
    expect(bad({ to: 'm', saveBestOnly: true, initialValueThreshold: Number.NaN })).toThrow(
      RangeError,
    );
    expect(bad({ to: 'm', saveBestOnly: true, monitor: 'validation.margin' })).toThrow('Give mode');
    expect(bad({ filepath: 'm' })).toThrow('unknown option "filepath"');
    const failing = (options: ModelCheckpointOptions) =>
      curveRun([1], () => ({ callbacks: [modelCheckpoint(options)] })).run();
    await expect(failing({ to: 'm-{test.loss}' })).rejects.toThrow(
      "modelCheckpoint: nothing is called 'test.loss', as the path says; there is epoch, steps, dataLoss",
    );
    const monitor = 'test.loss';
    await expect(failing({ to: 'm', monitor, saveBestOnly: true })).rejects.toThrow(
      "modelCheckpoint: nothing is called 'test.loss'; there is",
    );
  });
});
