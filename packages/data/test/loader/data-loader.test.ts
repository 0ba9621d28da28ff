import { describe, expect, test } from '@jest/globals';
import { add, random, type Tensor, tensor, zeros } from '@tikhonov/core';
import {
  batches,
  DataLoader,
  type DataLoaderOptions,
  Dataset,
  type LoadedBatch,
  moons,
} from '@tikhonov/data';
import fc from 'fast-check';
import { countedRows, rowsOf, sorted } from '../helpers.ts';

const settings = { seed: 29, numRuns: 60 };
const layouts = fc.record({
  n: fc.integer({ min: 1, max: 23 }),
  batchSize: fc.integer({ min: 1, max: 9 }),
  shuffle: fc.boolean(),
  ending: fc.constantFrom('ragged', 'pad', 'dropLast'),
  seed: fc.nat(1000),
});
type Layout = typeof layouts extends fc.Arbitrary<infer T> ? T : never;

function loaderOf(layout: Layout): DataLoader {
  const { n, shuffle, ending, seed } = layout;
  const dropLast = ending === 'dropLast';
  const batchSize = dropLast ? Math.min(n, layout.batchSize) : layout.batchSize;
  return new DataLoader(countedRows([n]), {
    batchSize,
    shuffle,
    dropLast,
    pad: ending === 'pad',
    seed,
  });
}

const realRows = ({ x, mask }: LoadedBatch): number[] => {
  const counts = mask.data();
  return Array.from(x.data()).filter((_, i) => counts[i] !== 0);
};
const shown = (batch: LoadedBatch): string =>
  JSON.stringify([batch.x, batch.y, batch.mask, batch.index].map((t) => t.toArray()));

describe('an epoch', () => {
  test('has every row once, or all but the rest that is dropped', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const loader = loaderOf(layout);
        const epoch = [...loader];
        expect(epoch.length).toBe(loader.length);
        const rows = epoch.flatMap(realRows);
        expect(new Set(rows).size).toBe(rows.length);
        const whole = layout.ending === 'dropLast' ? loader.length * loader.batchSize : layout.n;
        expect(rows.length).toBe(whole);
        expect(rows.every((row) => row >= 0 && row < layout.n)).toBe(true);
        if (!layout.shuffle) expect(rows).toEqual(sorted(rows));
      }),
      settings,
    );
  });

  test('has equal shapes if it is padded, filled from the start of the epoch', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const loader = loaderOf({ ...layout, ending: 'pad' });
        const { batchSize } = loader;
        const epoch = [...loader];
        const order = epoch.flatMap(realRows);
        epoch.forEach((batch, i) => {
          const rows = Array.from(
            { length: batchSize },
            (_, j) => order[(i * batchSize + j) % layout.n],
          );
          expect(batch.x.shape).toEqual([batchSize, 1]);
          expect(rowsOf(batch)).toEqual(rows);
          expect(Array.from(batch.index.data())).toEqual(rows);
          expect([batch.y.shape, batch.mask.shape]).toEqual([[batchSize], [batchSize]]);
          expect(batch.mask.data().filter((v) => v !== 0).length).toBe(batch.size);
        });
      }),
      settings,
    );
  });

  test('has the order of `batches` with the epoch folded into the key', () => {
    const set = countedRows([11, 6]);
    const key = random.key(5);
    const loader = new DataLoader(set, { batchSize: 4, key });
    for (const epoch of [0, 1, 2]) {
      const plain = [...batches(set, { batchSize: 4, key: random.foldIn(key, epoch) })];
      const loaded = [...loader];
      expect(loaded.map(rowsOf)).toEqual(plain.map(rowsOf));
      expect(loaded.map(({ y }) => y.toArray())).toEqual(plain.map(({ y }) => y.toArray()));
    }
    expect(loader.epoch).toBe(3);
    const orders = [0, 1].map((epoch) => [...loader.pass(epoch)].flatMap(rowsOf));
    expect(orders[0]).not.toEqual(orders[1]);
  });

  test('keeps images, targets of any shape and dtype, and views', () => {
    const x = random.normal(random.key(0), [6, 5, 8], { dtype: 'float64' });
    const y = random.normal(random.key(1), [6, 2]);
    const set = new Dataset({ x: x.permute([0, 2, 1]), y });
    const [batch] = new DataLoader(set, { batchSize: 4, seed: 2 });
    const rows = Array.from(batch!.index.data());
    expect([batch!.x.shape, batch!.x.dtype, batch!.y.shape]).toEqual([
      [4, 8, 5],
      'float64',
      [4, 2],
    ]);
    expect(batch!.x.toArray()).toEqual(set.take(rows).x.toArray());
    expect(batch!.y.toArray()).toEqual(set.take(rows).y.toArray());
  });
});

describe('the place', () => {
  test('resumes anywhere bit for bit: the rest of the epoch and the next ones', () => {
    fc.assert(
      fc.property(layouts, fc.nat(100), (layout, where) => {
        const first = loaderOf(layout);
        const stop = where % (2 * first.length);
        const told: string[] = [];
        let saved = first.stateDict();
        let rest: string[] = [];
        for (let epoch = 0; epoch < 3; epoch++) {
          for (const batch of first) {
            told.push(shown(batch));
            if (told.length === stop + 1) {
              saved = first.stateDict();
              rest = [];
            } else rest.push(shown(batch));
          }
        }
        // Of another seed: the key is part of the state.
        const second = loaderOf({ ...layout, seed: layout.seed + 1 });
        second.loadStateDict(saved);
        const resumed: string[] = [];
        while (second.epoch < 3) for (const batch of second) resumed.push(shown(batch));
        expect(resumed).toEqual(rest);
      }),
      settings,
    );
  });

  test('a state taken in the last batch goes on with the end of the epoch', () => {
    const loader = new DataLoader(countedRows([4]), { batchSize: 2 });
    const places: number[][] = [];
    for (const _ of loader) places.push([loader.epoch, loader.batch]);
    expect(places).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect([loader.epoch, loader.batch]).toEqual([1, 0]);
    loader.seek(0, 2);
    expect([...loader]).toEqual([]);
    expect(loader.epoch).toBe(1);
  });

  test('a loop that is left early gives the rest to the next one', () => {
    const loader = new DataLoader(countedRows([5]), { batchSize: 2 });
    for (const _ of loader) break;
    expect([...loader].flatMap(rowsOf)).toEqual([2, 3, 4]);
  });

  test('pass does not touch it, and can start anywhere', () => {
    const loader = new DataLoader(countedRows([9]), { batchSize: 2, seed: 3 });
    const whole = [...loader.pass(4)].map(shown);
    expect([...loader.pass(4, 3)].map(shown)).toEqual(whole.slice(3));
    expect([loader.epoch, loader.batch]).toEqual([0, 0]);
  });

  test('a loop that is overtaken says so', () => {
    for (const overtake of [
      (loader: DataLoader) => loader.seek(0),
      (loader: DataLoader) => loader.loadStateDict(loader.stateDict()),
      (loader: DataLoader) => void [...loader],
    ]) {
      const loader = new DataLoader(countedRows([9]), { batchSize: 2 });
      const walk = loader[Symbol.iterator]();
      walk.next();
      overtake(loader);
      expect(() => walk.next()).toThrow('DataLoader: the loop lost its place');
    }
  });

  test('refuses states and places that do not fit, and stays where it was', () => {
    const make = (options: DataLoaderOptions<LoadedBatch> = {}): DataLoader =>
      new DataLoader(countedRows([9]), { batchSize: 2, seed: 1, ...options });
    const loader = make();
    for (const _ of loader) break;
    const state = loader.stateDict();
    const before = JSON.stringify(state);
    const broken: [Record<string, Tensor>, string][] = [
      [
        make({ batchSize: 3 }).stateDict(),
        '[rows, batchSize, shuffle, dropLast, pad] = [9, 3, 1, 0, 0], this loader [9, 2, 1, 0, 0]',
      ],
      [make({ pad: true }).stateDict(), 'of another data set or other options'],
      [{ ...state, batch: tensor(6, { dtype: 'int32' }) }, 'there is no batch 6 of epoch 0'],
      [{ ...state, epoch: tensor(-1, { dtype: 'int32' }) }, 'there is no batch 1 of epoch -1'],
      [{ ...state, epoch: tensor(1) }, '"epoch" must be int32, got float32'],
      [{ ...state, key: zeros([3], { dtype: 'uint32' }) }, '"key" must be [2], got [3]'],
      [{}, '"key" must be a Tensor, got undefined'],
      [null as never, '"key" must be a Tensor'],
    ];
    for (const [bad, message] of broken) {
      expect(() => loader.loadStateDict(bad)).toThrow(message);
      expect(JSON.stringify(loader.stateDict())).toBe(before);
    }
    for (const [epoch, batch] of [
      [-1, 0],
      [0.5, 0],
      [0, 6],
      [0, -1],
      [0, Number.NaN],
    ] as const) {
      expect(() => loader.seek(epoch, batch)).toThrow(RangeError);
      expect(() => loader.pass(epoch, batch)).toThrow(RangeError);
    }
  });
});

describe('map', () => {
  const noisy = (seed: number) =>
    new DataLoader(moons({ n: 20, seed: 0 }), {
      batchSize: 6,
      seed,
      map: ({ x, size }, key) => ({ noised: add(x, random.normal(key, x.shape)), key, size }),
    });

  test('gets a key of its own for every batch of every epoch', () => {
    const loader = noisy(4);
    const keys = [...loader, ...loader].map(({ key }) => key.toArray<number[]>().join());
    expect(new Set(keys).size).toBe(8);
    expect([...noisy(4).pass(0)].map(({ key }) => key.toArray<number[]>().join())).toEqual(
      keys.slice(0, 4),
    );
  });

  test('draws the same in a resumed epoch', () => {
    const whole = [...noisy(4).pass(1)].map(({ noised }) => noised.toArray());
    const rest = [...noisy(4).pass(1, 2)].map(({ noised }) => noised.toArray());
    expect(rest).toEqual(whole.slice(2));
  });
});

describe('for await', () => {
  const later = (): DataLoader<Promise<number[]>> =>
    new DataLoader(countedRows([11]), {
      batchSize: 2,
      seed: 8,
      prefetch: 3,
      map: async (batch) => {
        await Promise.resolve();
        return rowsOf(batch);
      },
    });

  test('gives what a plain loop gives, and moves the place as batches are given out', async () => {
    const want = await Promise.all([...later()]);
    const loader = later();
    const got: number[][] = [];
    for await (const rows of loader) {
      got.push(rows);
      expect(loader.batch).toBe(got.length);
    }
    expect(got).toEqual(want);
    expect([loader.epoch, loader.batch]).toEqual([1, 0]);
  });

  test('has `prefetch` batches on their way', async () => {
    let [running, most] = [0, 0];
    const loader = new DataLoader(countedRows([12]), {
      batchSize: 1,
      prefetch: 3,
      map: async (batch) => {
        most = Math.max(most, ++running);
        for (let i = 0; i < 9; i++) await Promise.resolve();
        running -= 1;
        return batch.size;
      },
    });
    for await (const _ of loader);
    expect(most).toBe(3);
  });

  test('left early, it stays after the batch in use, whatever was asked for ahead', async () => {
    const loader = later();
    const [, second, ...rest] = await Promise.all([...later()]);
    let count = 0;
    for await (const rows of loader)
      if (++count === 2) {
        expect(rows).toEqual(second);
        break;
      }
    expect(loader.batch).toBe(2);
    const others: number[][] = [];
    for await (const rows of loader) others.push(rows);
    expect(others).toEqual(rest);
  });

  test('an error leaves the place before the batch that failed', async () => {
    let isBroken = true;
    const loader = new DataLoader(countedRows([8]), {
      batchSize: 2,
      map: async (batch) => {
        if (isBroken && batch.index.toArray<number[]>().includes(4)) throw new Error('unreadable');
        return rowsOf(batch);
      },
    });
    const walk = async (): Promise<number[]> => {
      const rows: number[] = [];
      for await (const part of loader) rows.push(...part);
      return rows;
    };
    await expect(walk()).rejects.toThrow('unreadable');
    expect([loader.epoch, loader.batch]).toEqual([0, 2]);
    isBroken = false;
    expect(await walk()).toEqual([4, 5, 6, 7]);
  });
});

test('bad options are refused', () => {
  const set = countedRows([5]);
  const js = (options: object) => () =>
    new DataLoader(set, options as DataLoaderOptions<LoadedBatch>);
  expect(js({ batchSize: 0 })).toThrow('DataLoader: batchSize must be an integer >= 1, got 0');
  expect(js({ prefetch: 0 })).toThrow('DataLoader: prefetch must be an integer >= 1, got 0');
  expect(js({ dropLast: true, pad: true })).toThrow('dropLast and pad are both set');
  expect(js({ dropLast: true, batchSize: 6 })).toThrow('no batch of 6 can be made of 5 rows');
  expect(js({ seed: 1, key: random.key(1) })).toThrow('got both a seed and a key');
  expect(js({ shuffle: 1 })).toThrow('shuffle must be true or false, got 1');
  expect(js({ map: 1 })).toThrow('map must be a function');
  expect(js({ batch_size: 1 })).toThrow('unknown option "batch_size"');
  expect(() => new DataLoader({ x: [1] } as never)).toThrow('x must be a Tensor');
});
