import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Cell, mul, random, sum, type Tensor, tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import {
  type Callback,
  type CheckpointStore,
  earlyStopping,
  type FitOptions,
  fit,
  type History,
} from '@tikhonov/train';

const set = (seed: number, n: number): Dataset => {
  const x = random.normal(random.key(seed), [n, 3]);
  const y = tensor(Int32Array.from(sum(x, { axis: 1 }).data(), (v) => Number(v > 0)));
  return new Dataset({ x, y, classes: 2 });
};

class Net extends nn.Module {
  readonly first: nn.Linear;
  readonly norm: nn.BatchNorm1d;
  readonly drop: nn.Dropout;
  readonly last: nn.Linear;

  constructor(seed: number) {
    super();
    this.first = new nn.Linear(3, 5, { seed });
    this.norm = new nn.BatchNorm1d(5);
    this.drop = new nn.Dropout({ p: 0.3 });
    this.last = new nn.Linear(5, 2, { seed: seed + 1 });
  }

  forward(x: Tensor, context?: nn.ForwardContext): Tensor {
    const hidden = this.norm.forward(this.first.forward(x), context);
    return this.last.forward(this.drop.forward(hidden, context));
  }
}

/** A place that outlives a training that is killed; keeps every file that was saved. */
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

interface Run {
  readonly history: History;
  readonly state: Record<string, unknown>;
  readonly lambda: number;
}

interface RunOptions extends Partial<FitOptions> {
  readonly seedOfModel?: number;
  /** The step at whose end the process dies. */
  readonly diesAt?: number;
  readonly stopper?: Callback;
}

class Killed extends Error {}

/** State everywhere: running statistics, dropout keys, moments, an annealed cell, early stopping. */
async function run(to: CheckpointStore | string | null, options: RunOptions = {}): Promise<Run> {
  const { seedOfModel = 1, diesAt, stopper, ...rest } = options;
  const model = new Net(seedOfModel);
  const optimizer = optim.adam(model, { lr: 0.03 });
  const lambda = new Cell(tensor(1e-3), { name: 'lambda' });
  const anneal: Callback = {
    onEpochBegin() {
      optimizer.lr = optimizer.lr.read().item() * 0.9;
      lambda.write(mul(lambda, 0.5));
    },
    onBatchEnd(step) {
      if (step === diesAt) throw new Killed();
    },
  };
  const history = await fit(model, {
    train: set(1, 22),
    validation: set(2, 10),
    epochs: 3,
    batchSize: 4,
    seed: 3,
    optimizer,
    loss: nn.crossEntropy,
    penalties: [() => mul(lambda, sum(mul(model.last.weight, model.last.weight)))],
    callbacks: [anneal, stopper ?? earlyStopping({ patience: 2, restoreBestWeights: true })],
    ...(to === null ? {} : { checkpoint: { to, everySteps: 1, cells: { lambda } } }),
    ...rest,
  });
  const state = { ...model.stateDict(), ...optimizer.stateDict() };
  return {
    history,
    state: Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x.toArray()])),
    lambda: lambda.read().item(),
  };
}

describe.each([false, true])('resume (compiled: %s)', (compiled) => {
  test('a training killed after any step ends bit for bit as the one that was not', async () => {
    const whole = await run(null, { compiled });
    expect(whole.history.epochs.length).toBeGreaterThan(2);
    for (const diesAt of compiled ? [6, 9] : [2, 5, 6, 7, 13]) {
      const store = memory();
      await expect(run(store, { compiled, diesAt })).rejects.toThrow(Killed);
      // One before the first step.
      expect(store.files.length).toBe(diesAt);
      const resumed = await run(store, { compiled, seedOfModel: 99 });
      expect(resumed).toEqual(whole);
    }
  });

  test('a training that is killed again and again comes to the same end', async () => {
    const whole = await run(null, { compiled });
    const store = memory();
    for (const [i, diesAt] of (compiled ? [3, 13] : [3, 4, 9, 12, 13]).entries()) {
      await expect(run(store, { compiled, diesAt, seedOfModel: 1 + i })).rejects.toThrow(Killed);
    }
    expect(await run(store, { compiled })).toEqual(whole);
  });
});

test('early stopping remembers how long it has waited, and the weights it keeps', async () => {
  // What falls is watched as if it should rise: the first epoch stays the best.
  const options = (): RunOptions => ({
    compiled: false,
    epochs: 9,
    stopper: earlyStopping({
      monitor: 'penalty',
      mode: 'max',
      patience: 3,
      restoreBestWeights: true,
    }),
  });
  const whole = await run(null, options());
  expect([whole.history.stopReason, whole.history.restoredEpoch]).toEqual(['patience', 1]);
  const store = memory();
  await expect(run(store, { ...options(), diesAt: 16 })).rejects.toThrow(Killed);
  expect(await run(store, { ...options(), seedOfModel: 4 })).toEqual(whole);
});

test('an aborted training says so, and goes on when it is resumed', async () => {
  const whole = await run(null, { compiled: false });
  const store = memory();
  const abort = new AbortController();
  const stop: Callback = { onBatchEnd: (step) => (step === 8 ? abort.abort() : undefined) };
  const model = new Net(1);
  const options = {
    train: set(1, 22),
    epochs: 2,
    batchSize: 4,
    seed: 3,
    loss: nn.crossEntropy,
    compiled: false,
  };
  const first = await fit(model, {
    ...options,
    optimizer: optim.adam(model, { lr: 0.03 }),
    signal: abort.signal,
    callbacks: [stop],
    checkpoint: { to: store },
  });
  expect(first.stopReason).toBe('aborted');
  const [other, again] = [new Net(1), new Net(2)];
  const plain = await fit(other, { ...options, optimizer: optim.adam(other, { lr: 0.03 }) });
  const second = await fit(again, {
    ...options,
    optimizer: optim.adam(again, { lr: 0.03 }),
    checkpoint: { to: store },
  });
  expect(second).toEqual(plain);
  expect(JSON.stringify(again.stateDict())).toBe(JSON.stringify(other.stateDict()));
  expect(whole.history.stopReason).not.toBe('aborted');
});

test('a finished training is not trained again; with more epochs it goes on', async () => {
  const store = memory();
  const done = await run(store, { compiled: false });
  const saved = store.files.length;
  expect(await run(store, { compiled: false, seedOfModel: 5 })).toEqual(done);
  expect(store.files.length).toBe(saved);
  const shorter = memory();
  await run(shorter, { compiled: false, epochs: 2 });
  expect(await run(shorter, { compiled: false })).toEqual(done);
});

test('checkpoints are taken as often as said', async () => {
  const store = memory();
  const model = new Net(1);
  await fit(model, {
    train: set(1, 22),
    epochs: 5,
    batchSize: 4,
    optimizer: optim.sgd(model, { lr: 0.01 }),
    loss: nn.crossEntropy,
    compiled: false,
    checkpoint: { to: store, everyEpochs: 2 },
  });
  // Before the first step, after epochs 2, 4 and the last one.
  expect(store.files.length).toBe(4);
});

test('a path is a file that is always whole, and what was half-written goes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resume-'));
  const path = join(folder, 'run.checkpoint');
  writeFileSync(join(folder, '.run.checkpoint.123.4.tmp'), 'half');
  const whole = await run(null, { compiled: false });
  await expect(run(path, { compiled: false, diesAt: 9 })).rejects.toThrow(Killed);
  expect(await run(path, { compiled: false, seedOfModel: 8 })).toEqual(whole);
  expect(readdirSync(folder)).toEqual(['run.checkpoint']);
  rmSync(folder, { recursive: true });
});

describe('what does not fit', () => {
  test('another training is named, and nothing changes', async () => {
    const store = memory();
    await run(store, { compiled: false, epochs: 1 });
    await expect(run(store, { batchSize: 5, seed: 4 })).rejects.toThrow(
      'fit: the checkpoint of the store is of another training.\n  batchSize: 4 then, 5 now\n  key:',
    );
    await expect(run(store, { callbacks: [] })).rejects.toThrow(
      'callbacks with a state: 1 then, 0 now',
    );
    const model = nn.mlp([3, 2], { seed: 0 });
    const before = JSON.stringify(model.stateDict());
    const training = fit(model, {
      ...{ train: set(1, 22), epochs: 1, batchSize: 4, seed: 3, loss: nn.crossEntropy },
      optimizer: optim.sgd(model, { lr: 1 }),
      callbacks: [earlyStopping({ monitor: 'dataLoss' })],
      checkpoint: { to: store },
    });
    await expect(training).rejects.toThrow(
      'the checkpoint does not fit the model; nothing was changed.',
    );
    expect(JSON.stringify(model.stateDict())).toBe(before);
  });

  test('a damaged file is an error, never a fresh start', async () => {
    const store = memory();
    store.files.push(new Uint8Array(100));
    await expect(run(store)).rejects.toThrow('cannot be read');
    expect(
      (await run(store, { compiled: false, checkpoint: { to: store, resume: false } })).history
        .epochs.length,
    ).toBeGreaterThan(0);
  });

  test('options are checked', async () => {
    const bad = (checkpoint: unknown, rest: RunOptions = {}): Promise<Run> =>
      run(null, { ...rest, checkpoint: checkpoint as never });
    await expect(bad({ to: memory(), every: 1 })).rejects.toThrow('unknown option "every"');
    await expect(bad({ to: memory(), everySteps: 0 })).rejects.toThrow(
      'checkpoint.everySteps must be an integer >= 1',
    );
    await expect(bad({ to: 3 })).rejects.toThrow('a path, or a store with load and save');
    const optimizer = { minimize: (f: () => Tensor) => f() };
    await expect(bad({ to: memory() }, { optimizer })).rejects.toThrow(
      'need an optimizer with stateDict',
    );
  });
});
