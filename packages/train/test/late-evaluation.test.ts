import { expect, test } from '@jest/globals';
import {
  type Callback,
  csvLogger,
  type EpochRecord,
  earlyStopping,
  modelCheckpoint,
  prechelt,
} from '@tikhonov/train';
import { curveRun } from './callbacks/curve.ts';

/** Stops behind an epoch. */
const stopAfter = (last: number): Callback => ({
  onEpochEnd: (epoch, _record, control) => {
    if (epoch === last) control.stop('enough');
  },
});

const curve = [9, 8, 7, 6, 5, 4, 3, 2];

/** A training that is evaluated after epoch 4, and stopped after epoch 6. */
const run = (callbacks: readonly Callback[]) =>
  curveRun(curve, () => ({
    callbacks: [...callbacks, stopAfter(6)],
    evaluateEvery: 4,
    compiled: false,
  }));

test('the last epoch of a training that is stopped is evaluated for callbacks, too', async () => {
  const seen: [number, EpochRecord][] = [];
  const witness: Callback = {
    onLateEvaluation: (epoch, record) => void seen.push([epoch, record]),
  };
  const { epochs } = await run([witness]).run();
  expect(seen).toEqual([[6, epochs[5]]]);
  expect(epochs[5]!.evaluations.validation!.loss).toBe(4);
  // Nothing is late in an epoch that was due.
  await curveRun(curve, () => ({ callbacks: [witness, stopAfter(4)], evaluateEvery: 4 })).run();
  expect(seen.length).toBe(1);
});

test('a log has it in its last row, and every row once', async () => {
  const texts: string[] = [];
  const times: number[] = [];
  const log = csvLogger({ write: (text: string) => void texts.push(text) });
  await run([log, { onEpochBegin: () => void times.push(texts.length) }]).run();
  const rows = texts
    .join('')
    .trim()
    .split('\n')
    .map((row) => row.split(','));
  expect(rows.map((row) => row[0])).toEqual(['epoch', '1', '2', '3', '4', '5', '6']);
  expect(rows.map((row) => row.at(-1))).toEqual(['validation.loss', '', '', '', '6', '', '4']);
  // Each row is out before the next epoch begins.
  expect(times).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a row that waits is written whatever ends the training', async () => {
  const texts: string[] = [];
  const log = csvLogger({ write: (text: string) => void texts.push(text) });
  const broken: Callback = {
    onEpochEnd(epoch) {
      if (epoch === 2) throw new Error('disk full');
    },
  };
  await expect(run([log, broken]).run()).rejects.toThrow('disk full');
  expect(texts.join('').trim().split('\n').length).toBe(3);
});

test('a row that waits is in checkpoints, and is written once by who resumes', async () => {
  const texts: string[] = [];
  const log = (): Callback => csvLogger({ write: (text: string) => void texts.push(text) });
  const files: Uint8Array[] = [];
  const to = {
    load: async () => files.at(-1) ?? null,
    save: async (bytes: Uint8Array) => void files.push(bytes.slice()),
  };
  const options = { evaluateEvery: 4, compiled: false, checkpoint: { to } };
  const dies: Callback = {
    onEpochBegin(epoch) {
      if (epoch === 3) throw new Error('killed');
    },
  };
  await expect(
    curveRun(curve, () => ({ ...options, callbacks: [dies, log()] })).run(),
  ).rejects.toThrow('killed');
  texts.splice(1);
  await curveRun(curve, () => ({ ...options, callbacks: [log()] })).run();
  const epochs = texts
    .join('')
    .trim()
    .split('\n')
    .map((row) => row.split(',')[0]);
  expect(epochs).toEqual(['epoch', '1', '2', '3', '4', '5', '6', '7', '8']);
});

test('the best weights are looked for in it', async () => {
  const saved: number[] = [];
  const save = async (): Promise<void> => void saved.push(1);
  const checkpoint = modelCheckpoint({ to: { save }, saveBestOnly: true });
  const stopper = earlyStopping({ patience: 9, restoreBestWeights: true });
  const { run: go, w } = run([checkpoint, stopper]);
  expect(await go()).toMatchObject({ bestEpoch: 6, restoredEpoch: 6 });
  expect([checkpoint.state.savedEpoch, checkpoint.state.best, saved.length]).toEqual([6, 4, 2]);
  expect(w.read().item()).toBe(-6);
  const gl = prechelt({ criterion: 'GL', alpha: 5, restoreBestWeights: true });
  expect(await run([gl]).run()).toMatchObject({ bestEpoch: 6, restoredEpoch: 6 });
  // What was seen in onEpochEnd does not count twice.
  const watching = earlyStopping({ monitor: 'dataLoss', patience: 99 });
  await run([watching]).run();
  expect(watching.state).toMatchObject({ epoch: 6, bestEpoch: 6, wait: 0 });
});
