import { random, type Tensor } from '@tikhonov/core';
import type { DataLoader, Dataset } from '@tikhonov/data';
import { type BatchReader, batchReader, type Items } from './batch-reader.ts';
import { kindOf } from './kinds.ts';
import { minibatches } from './minibatches.ts';
import type { PlainData } from './persistence/plain-data.ts';
import { rowsOfItem, type TrainItem } from './train-item.ts';

/** An item, or a promise of one. */
export type PendingItem = TrainItem | PromiseLike<TrainItem>;

/**
 * The batches of an epoch, made for every epoch anew. A training that is resumed in mid-epoch walks past
 * those that it had, so the same epoch and key must give the same batches.
 *
 * @param epoch  from 1
 * @param key  the epoch's own, for random draws
 */
export type BatchFactory = (
  epoch: number,
  key: Tensor,
) => Iterable<PendingItem> | AsyncIterable<TrainItem>;

/** Where the batches of a training come from. Epochs are those of the training, from 1. */
export interface TrainSource {
  /** Rows per batch; null where that is not known. */
  readonly batchSize: number | null;
  /** Batches per epoch; null where that is not known. */
  readonly length: number | null;
  /** The rows, where batches are plain rows of a data set. */
  readonly dataset?: Dataset;
  /** The rows that batches are made from, changed or not, if they are known. */
  readonly examples?: Dataset;
  /** By which a checkpoint knows its own source. */
  readonly layout: Readonly<Record<string, PlainData>>;
  /** One epoch, behind its first `skipped` batches. */
  open(epoch: number, skipped: number): BatchReader;
  /** Says how far the training is. */
  moveTo(epoch: number, batch: number): void;
  /** What it has to know to go on from there, for checkpoints. */
  stateDict(): Record<string, Tensor>;
  /** Takes back a state, and the epoch that the training goes on with. */
  loadStateDict(state: Readonly<Record<string, Tensor>>, epoch: number): void;
}

/** How rows of a data set are made into batches. */
export interface DatasetSourceOptions {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly key: Tensor;
}

const stateless: Pick<TrainSource, 'moveTo' | 'stateDict' | 'loadStateDict'> = {
  moveTo: () => {},
  stateDict: () => ({}),
  loadStateDict: () => {},
};

/** Batches of a data set, in an order that follows from the key and the epoch. */
export function datasetSource(dataset: Dataset, options: DatasetSourceOptions): TrainSource {
  const { batchSize, shuffle, dropLast, key } = options;
  const batches = minibatches(dataset, { batchSize, dropLast });
  const orders = random.foldIn(key, 'shuffle');
  return {
    ...stateless,
    dataset,
    examples: dataset,
    batchSize,
    length: batches.length,
    layout: { batchSize, shuffle, dropLast, rows: dataset.size },
    open(epoch, skipped) {
      const pass = batches.pass(shuffle ? random.foldIn(orders, epoch) : null, skipped);
      const walk = pass[Symbol.iterator]();
      return { next: () => walk.next().value ?? null, close: () => walk.return?.() };
    },
  };
}

/** The batches of a loader, from the epoch on that it is at now, when so many of the training lie behind. */
export function loaderSource(loader: DataLoader<unknown>, behind: number = 0): TrainSource {
  const { dataset, length, batchSize } = loader;
  const [, , shuffle, dropLast, pad] = loader.stateDict().layout!.data();
  /** The loader's epoch before the first one of the training. */
  let before = loader.epoch - 1 - behind;
  const rules = {
    origin: "the loader's map",
    padded: loader.pad && dataset.size % batchSize !== 0,
    weighted: dataset.sampleWeight !== undefined,
  };
  const rowsOf = (item: unknown) => rowsOfItem(item, rules);
  return {
    examples: dataset,
    batchSize,
    length,
    layout: {
      ...{ train: 'a DataLoader', batchSize, rows: dataset.size },
      ...{ shuffle: shuffle === 1, dropLast: dropLast === 1, pad: pad === 1 },
    },
    open: (epoch, skipped) =>
      batchReader(loader.pass(before + epoch, skipped), { rowsOf, ahead: loader.prefetch }),
    moveTo(epoch, batch) {
      const isOver = batch === length;
      loader.seek(before + epoch + (isOver ? 1 : 0), isOver ? 0 : batch);
    },
    stateDict: () => loader.stateDict(),
    loadStateDict(state, epoch) {
      loader.loadStateDict(state);
      before = loader.epoch - epoch;
    },
  };
}

/** The batches that a function gives. */
export function factorySource(factory: BatchFactory, key: Tensor): TrainSource {
  const keys = random.foldIn(key, 'batches');
  const rules = { origin: 'train', padded: false, weighted: false };
  const rowsOf = (item: unknown) => rowsOfItem(item, rules);
  return {
    ...stateless,
    batchSize: null,
    length: null,
    layout: { train: 'a function' },
    open(epoch, skipped) {
      const items = requireItems(factory(epoch, random.foldIn(keys, epoch)));
      return batchReader(skipped === 0 ? items : without(items, skipped), { rowsOf, ahead: 2 });
    },
  };
}

function requireItems(items: unknown): Items {
  const isObject = typeof items === 'object' && items !== null;
  if (isObject && (Symbol.iterator in items || Symbol.asyncIterator in items)) {
    return items as Items;
  }
  throw new TypeError(
    `fit: train, as a function, must return an iterable of batches, it returned ${kindOf(items)}.\n` +
      '  Make it a generator: train: function* (epoch, key) { yield { x, y }; }.',
  );
}

const without = (items: Items, count: number): Items =>
  Symbol.iterator in items ? withoutFirst(items, count) : withoutFirstAwaited(items, count);

function* withoutFirst(
  items: Iterable<unknown>,
  count: number,
): Generator<unknown, void, undefined> {
  let place = 0;
  for (const item of items) if (++place > count) yield item;
}

async function* withoutFirstAwaited(
  items: AsyncIterable<unknown>,
  count: number,
): AsyncGenerator<unknown, void, undefined> {
  let place = 0;
  for await (const item of items) if (++place > count) yield item;
}
