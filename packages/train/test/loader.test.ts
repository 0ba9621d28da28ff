import { describe, expect, test } from '@jest/globals';
import { less, random, slice, sum, type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, type DataLoaderOptions, Dataset, type LoadedBatch } from '@tikhonov/data';
import { crossEntropy, Linear } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  type BatchLogs,
  type CheckpointStore,
  type FitOptions,
  fit,
  type History,
  type Loss,
  type PendingItem,
  type TrainItem,
} from '@tikhonov/train';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

/** Rows of three columns whose label is the sign of their sum. */
function rows(n: number, seed = 1): Dataset {
  const x = random.normal(random.key(seed), [n, 3], { dtype: 'float64' });
  const y = tensor(Int32Array.from(sum(x, { axis: 1 }).data(), (v) => Number(v > 0)));
  return new Dataset({ x, y, classes: 2 });
}

const network = (): Linear => new Linear(3, 2, { seed: 1, dtype: 'float64' });

interface Ran {
  readonly history: History;
  readonly state: Record<string, number[]>;
  readonly sizes: readonly number[];
}

/** A training from the same start. */
async function run(train: FitOptions['train'], more: Partial<FitOptions> = {}): Promise<Ran> {
  const model = network();
  const optimizer = adam(model, { lr: 0.05 });
  const sizes: number[] = [];
  const callback = {
    onBatchEnd: (_step: number, logs: BatchLogs) => {
      sizes.push(logs.size);
    },
  };
  const history = await fit(model, {
    ...{ train, epochs: 3, optimizer, loss: crossEntropy, callbacks: [callback] },
    ...more,
  });
  const state = { ...model.stateDict(), ...optimizer.stateDict() };
  const numbers = Object.entries(state).map(([name, x]) => [name, Array.from(x.data())]);
  return { history, state: Object.fromEntries(numbers), sizes };
}

function expectClose(a: Ran, b: Ran): void {
  const losses = ({ history }: Ran) => history.epochs.map(({ dataLoss }) => dataLoss);
  const all = ({ state }: Ran) => Object.values(state).flat();
  expect(losses(a).length).toBeGreaterThan(0);
  // Adam divides by moments: float64 roundings of 1e-16 stay far below.
  for (const [i, loss] of losses(a).entries()) expect(loss).toBeCloseTo(losses(b)[i]!, 12);
  for (const [i, value] of all(a).entries()) expect(value).toBeCloseTo(all(b)[i]!, 11);
}

const set = rows(22);
const later = <T>(value: T, ms = 0): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), ms));

describe.each(modes)('fit with a DataLoader (%s)', (_name, compiled) => {
  test('trains on its batches, as on those of the data set', async () => {
    const loader = new DataLoader(set, { batchSize: 4 });
    const plain = await run(set, { batchSize: 4, shuffle: false, compiled });
    const loaded = await run(loader, { compiled });
    expect(loaded).toEqual(plain);
    expect(loaded.sizes.slice(0, 6)).toEqual([4, 4, 4, 4, 4, 2]);
    expect([loader.epoch, loader.batch]).toEqual([3, 0]);
  });

  test('a padded batch weighs its filling 0', async () => {
    const options = { batchSize: 8, seed: 5 };
    const short = await run(new DataLoader(set, options), { compiled });
    const padded = await run(new DataLoader(set, { ...options, pad: true }), { compiled });
    expectClose(padded, short);
    expect(padded.sizes).toEqual(short.sizes);
    expect(padded.sizes.slice(0, 3)).toEqual([8, 8, 6]);
  });

  test('weights of rows and padding go together', async () => {
    const weighted = set.with({ sampleWeight: random.uniform(random.key(2), [22]) });
    const options = { batchSize: 8, seed: 5 };
    const short = await run(new DataLoader(weighted, options), { compiled });
    const padded = await run(new DataLoader(weighted, { ...options, pad: true }), { compiled });
    expectClose(padded, short);
    const unweighted = await run(new DataLoader(set, options), { compiled });
    expect(short.history.epochs[0]!.dataLoss).not.toBe(unweighted.history.epochs[0]!.dataLoss);
  });

  test('map sees every batch with its own key, and may be async', async () => {
    const keys: string[] = [];
    const noisy = (batch: LoadedBatch, key: Tensor) => {
      keys.push(String(key.toArray()));
      return { ...batch, x: batch.x.add(random.normal(key, batch.x.shape, { dtype: 'float64' })) };
    };
    const options = { batchSize: 8, seed: 5, pad: true };
    const plain = await run(new DataLoader(set, { ...options, map: noisy }), { compiled });
    expect(new Set(keys).size).toBe(9);
    const slow = new DataLoader(set, {
      ...options,
      map: (batch, key) => later(noisy(batch, key), batch.size % 3),
    });
    expect(await run(slow, { compiled })).toEqual(plain);
    const mixed = new DataLoader<PendingItem>(set, {
      ...options,
      map: (batch, key) => (keys.length % 2 === 0 ? noisy(batch, key) : later(noisy(batch, key))),
    });
    expect(await run(mixed, { compiled })).toEqual(plain);
  });

  test('asks for batches while others are trained on', async () => {
    const events: string[] = [];
    const map = async (batch: LoadedBatch): Promise<LoadedBatch> => {
      events.push('asked');
      return batch;
    };
    const loader = new DataLoader(rows(20), { batchSize: 4, map, prefetch: 2 });
    const callbacks = [
      {
        onBatchEnd() {
          events.push('trained');
        },
      },
    ];
    await run(loader, { compiled, epochs: 1, callbacks });
    expect(events).toEqual([
      ...['asked', 'asked', 'asked', 'trained', 'asked', 'trained', 'asked', 'trained'],
      ...['trained', 'trained'],
    ]);
  });

  test('starts with the epoch that the loader is at, from its beginning', async () => {
    const options = { batchSize: 8, seed: 5 };
    const whole: number[][] = [];
    const record = (into: number[][]) => (batch: LoadedBatch) => {
      into.push(batch.index.toArray());
      return batch;
    };
    await run(new DataLoader(set, { ...options, map: record(whole) }), { compiled, epochs: 3 });
    const seen: number[][] = [];
    const ahead = new DataLoader(set, { ...options, map: record(seen) });
    ahead.seek(1, 2);
    await run(ahead, { compiled, epochs: 2 });
    expect(seen).toEqual(whole.slice(3));
    expect([ahead.epoch, ahead.batch]).toEqual([3, 0]);
  });

  test('the loader stands where the training is', async () => {
    const loader = new DataLoader(set, { batchSize: 8, seed: 5 });
    const places: number[][] = [];
    const callbacks = [
      {
        onBatchEnd() {
          places.push([loader.epoch, loader.batch]);
        },
      },
    ];
    await run(loader, { compiled, epochs: 2, callbacks });
    expect(places).toEqual([
      ...[
        [0, 1],
        [0, 2],
        [1, 0],
      ],
      ...[
        [1, 1],
        [1, 2],
        [2, 0],
      ],
    ]);
  });

  test('an error of map ends the training in its place, sync or async', async () => {
    let made = 0;
    const failing = (batch: LoadedBatch): LoadedBatch => {
      made += 1;
      if (made === 3) throw new Error('no such file');
      return batch;
    };
    await expect(
      run(new DataLoader(set, { batchSize: 8, map: failing }), { compiled }),
    ).rejects.toThrow('no such file');
    made = 0;
    const loader = new DataLoader(set, { batchSize: 8, map: async (batch) => failing(batch) });
    await expect(run(loader, { compiled })).rejects.toThrow('no such file');
    expect([loader.epoch, loader.batch]).toEqual([0, 2]);
  });
});

describe('one program', () => {
  /** How often the loss of a compiled training is called, which is when a program is built. */
  async function builds(train: FitOptions['train']): Promise<number> {
    let calls = 0;
    const loss: Loss = (output, y, options) => {
      calls += 1;
      return crossEntropy(output, y, options);
    };
    await run(train, { loss, compiled: true });
    return calls;
  }

  test('does for all batches of a padded loader, with and without a short one', async () => {
    const one = await builds(new DataLoader(rows(16), { batchSize: 8 }));
    expect(one).toBe(1);
    expect(await builds(new DataLoader(set, { batchSize: 8, pad: true, seed: 0 }))).toBe(1);
    expect(await builds(new DataLoader(set, { batchSize: 8, seed: 0 }))).toBe(2);
    const weighted = set.with({ sampleWeight: random.uniform(random.key(2), [22]) });
    expect(await builds(new DataLoader(weighted, { batchSize: 8, pad: true }))).toBe(1);
  });

  test('of a padded loader that never fills takes no weights', async () => {
    const loss: Loss = (output, y, options) => {
      expect(options).toBeUndefined();
      return crossEntropy(output, y);
    };
    await run(new DataLoader(rows(16), { batchSize: 8, pad: true }), { loss, compiled: false });
  });
});

/** A place that outlives a training that is killed. */
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

class Killed extends Error {}

describe.each(modes)('resume with a DataLoader (%s)', (_name, compiled) => {
  const augment = (batch: LoadedBatch, key: Tensor): TrainItem => ({
    ...batch,
    x: batch.x.add(random.normal(key, batch.x.shape, { std: 0.1, dtype: 'float64' })),
  });
  const kinds: readonly (readonly [string, () => DataLoader<PendingItem>])[] = [
    ['sync', () => new DataLoader(set, { batchSize: 4, seed: 9, map: augment })],
    [
      'async',
      () =>
        new DataLoader<PendingItem>(set, {
          ...{ batchSize: 4, seed: 9, pad: true },
          map: (batch, key) => later(augment(batch, key)),
        }),
    ],
  ];

  test.each(kinds)('of %s batches is bit-identical in mid-epoch', async (_kind, make) => {
    const first = make();
    first.seek(4);
    const whole = await run(first, { compiled });
    expect(whole.history.epochs.length).toBe(3);
    for (const diesAt of compiled ? [4] : [4, 6, 7]) {
      const to = memory();
      const killer = {
        onBatchEnd(step: number) {
          if (step === diesAt) throw new Killed();
        },
      };
      const killed = make();
      killed.seek(4);
      const checkpoint = { to, everySteps: 1 };
      await expect(run(killed, { compiled, checkpoint, callbacks: [killer] })).rejects.toThrow(
        Killed,
      );
      // Another place and another key: both come from the checkpoint.
      const fresh = new DataLoader<PendingItem>(set, {
        ...{ batchSize: 4, seed: 10, pad: _kind === 'async' },
        map: (batch, key) => (_kind === 'async' ? later(augment(batch, key)) : augment(batch, key)),
      });
      const resumed = await run(fresh, {
        compiled,
        checkpoint,
        callbacks: [{ onBatchEnd: () => {} }],
      });
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.state).toEqual(whole.state);
      expect([fresh.epoch, fresh.batch]).toEqual([7, 0]);
    }
  });

  test('of other batches is refused before anything changes', async () => {
    const to = memory();
    await run(new DataLoader(set, { batchSize: 4, seed: 9 }), { compiled, checkpoint: { to } });
    const other = new DataLoader(set, { batchSize: 5, seed: 9 });
    await expect(run(other, { compiled, checkpoint: { to } })).rejects.toThrow(
      'fit: the checkpoint of the store is of another training.\n  batchSize: 4 then, 5 now\n  Pass the same options',
    );
    expect([other.epoch, other.batch]).toEqual([0, 0]);
    const rows = { batchSize: 4, compiled, checkpoint: { to } };
    await expect(run(set, rows)).rejects.toThrow(
      'train: "a DataLoader" then, undefined now\n  pad: false then, undefined now',
    );
  });
});

describe('what a loader may not be', () => {
  const refusal = (options: DataLoaderOptions<PendingItem>): Promise<string> =>
    run(new DataLoader(set, options), { compiled: false }).then(
      () => 'nothing',
      (error: Error) => `${error.name}: ${error.message}`,
    );
  const giving = (item: (batch: LoadedBatch) => unknown): Promise<string> =>
    refusal({ batchSize: 4, map: item as (batch: LoadedBatch) => TrainItem });

  test('beside options that it has itself', async () => {
    const loader = new DataLoader(set, { batchSize: 4 });
    for (const option of [{ batchSize: 4 }, { shuffle: true }, { dropLast: false }]) {
      const name = Object.keys(option)[0]!;
      await expect(run(loader, option)).rejects.toThrow(
        new TypeError(
          `fit: got ${name} beside a DataLoader.\n  The loader makes the batches: give it ${name}.`,
        ),
      );
    }
  });

  test('of items that are no rows', async () => {
    expect(await giving(() => null)).toBe(
      "TypeError: fit: the loader's map must give { x, y } for every batch, it gave null.",
    );
    expect(await giving(({ x, y }) => [x, y])).toMatch(/it gave an array\.$/);
    expect(await giving(({ x, y }) => ({ input: x, y }))).toMatch(
      /^TypeError: .* it gave \{ input: a Tensor, y: a Tensor \}\.\n {2}What else/,
    );
    expect(await giving(({ x, y }) => ({ x, y: later(y) }))).toMatch(/y: a Promise/);
    expect(await giving(({ x, y }) => ({ x, y: slice(y, [{ start: 0, stop: 2 }]) }))).toMatch(
      /^ShapeError: fit: the loader's map gave x \[4, 3\] and y \[2\]\./,
    );
  });

  test('of masks and weights that do not fit', async () => {
    const flags = (...values: boolean[]) => tensor(values, { dtype: 'bool' });
    expect(await giving(({ x, y, size }) => ({ x, y, size: size - 1 }))).toBe(
      'RangeError: fit: a batch has size 3, but 4 of its 4 rows count.\n  Leave size out, or say with a mask which rows count.',
    );
    expect(await giving(({ x, y }) => ({ x, y, mask: tensor([1, 1, 1, 0]) }))).toMatch(
      /^DTypeError: .*mask of a batch must be bool, got float32/,
    );
    expect(await giving(({ x, y }) => ({ x, y, mask: flags(true, false) }))).toMatch(
      /^ShapeError: fit: the mask of a batch must be \[4\], one per row, got \[2\]/,
    );
    const weights = (...values: number[]) =>
      giving(({ x, y }) => ({ x, y, sampleWeight: tensor(values) }));
    expect(await weights(1, 1, -1, 1)).toMatch(/^RangeError: .*finite and >= 0, got -1/);
    expect(await weights(1, 1)).toMatch(/^ShapeError/);
    expect(await giving(({ x, y }) => ({ x, y, sampleWeight: y }))).toMatch(/^DTypeError/);
    expect(await giving(({ x, y }) => ({ x, y, sampleWeight: [1] }))).toMatch(/^TypeError/);
  });

  test('that drops the mask of filling, or the weights of its rows', async () => {
    expect(await refusal({ batchSize: 4, pad: true, map: ({ x, y }) => ({ x, y }) })).toBe(
      "TypeError: fit: the loader's map dropped the mask, but the loader fills its last batch.\n" +
        '  Keep the other fields: map: (batch, key) => ({ ...batch, x }).',
    );
    const weighted = set.with({ sampleWeight: random.uniform(random.key(2), [22]) });
    const map = ({ x, y }: LoadedBatch): TrainItem => ({ x, y });
    await expect(run(new DataLoader(weighted, { map }))).rejects.toThrow(
      "fit: the loader's map dropped the sampleWeight, but the rows have weights.",
    );
    const without = (batch: LoadedBatch): TrainItem => ({ ...batch, sampleWeight: undefined });
    await run(new DataLoader(weighted, { map: without }));
  });
});

test('a mask that map makes leaves rows out', async () => {
  const map = (batch: LoadedBatch): TrainItem => ({
    ...{ x: batch.x, y: batch.y },
    mask: less(batch.index, 11),
  });
  const masked = await run(new DataLoader(set, { batchSize: 22, map }), { compiled: false });
  const half = await run(set.subset(11), { batchSize: 22, shuffle: false, compiled: false });
  expectClose(masked, half);
  expect(masked.sizes).toEqual([11, 11, 11]);
});
