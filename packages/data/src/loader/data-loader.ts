import { Cell, random, type Tensor, tensor } from '@tikhonov/core';
import { Dataset, type DatasetFields } from '../dataset.ts';
import { keyOf } from '../validate.ts';
import { type DataLoaderOptions, type LoadedBatch, layoutOf } from './loader-options.ts';
import { type LoaderState, requireState } from './loader-state.ts';
import { prefetch } from './prefetch.ts';
import { type Examples, examplesOf, stretches } from './rows.ts';

/**
 * Walks through a data set in batches, epoch after epoch, and knows its place: a loop goes from there to
 * the end of the epoch. Every batch follows from the key, the epoch and the batch's number, so a
 * loader that is set to a saved place, in the middle of an epoch too, goes on bit for bit as the first
 * one would have.
 *
 * The place moves on when a batch is given out, and to the next epoch when a loop comes to its end. A loop
 * that is left early stays where it is, and the next one gives the rest of the epoch; `seek` goes
 * elsewhere. Epochs count from 0. The order of epoch `e` is that of
 * `batches(dataset, { key: random.foldIn(key, e) })`.
 *
 * @example
 * ```ts
 * const loader = new data.DataLoader(data.moons({ n: 10 }), { batchSize: 4, seed: 7, pad: true });
 * loader.length; // => 3
 * [...loader].map((batch) => [batch.x.shape[0], batch.size]); // => [[4, 4], [4, 4], [4, 2]]
 * loader.epoch; // => 1
 * const noisy = new data.DataLoader(data.moons({ n: 10 }), {
 *   seed: 7,
 *   map: ({ x, y }, key) => ({ x: add(x, random.normal(key, x.shape, { std: 0.1 })), y }),
 * });
 * const [batch] = noisy;
 * batch!.x.shape; // => [10, 2]
 * ```
 */
export class DataLoader<Item = LoadedBatch>
  implements Iterable<Item>, AsyncIterable<Awaited<Item>>
{
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** Number of batches in an epoch. */
  readonly length: number;
  /** Whether a short last batch is filled up to `batchSize`. */
  readonly pad: boolean;
  /** Batches that `for await` asks for ahead of the one in use. */
  readonly prefetch: number;
  readonly #rows: Examples;
  readonly #shuffle: boolean;
  readonly #dropLast: boolean;
  readonly #map: ((batch: LoadedBatch, key: Tensor) => Item) | undefined;
  readonly #key: Cell;
  readonly #epoch: Cell;
  readonly #batch: Cell;
  /** Tells the loop that may move the place from those that were overtaken. */
  #loop: object = {};

  /**
   * @param examples  a data set, or inputs and targets `{ x, y }`
   * @throws RangeError unless `batchSize` and `prefetch` are integers >= 1, or if `dropLast` leaves no batch
   * @throws TypeError for both `dropLast` and `pad`, or both a seed and a key
   */
  constructor(examples: Dataset | DatasetFields, options: DataLoaderOptions<Item> = {}) {
    this.dataset = examples instanceof Dataset ? examples : new Dataset(examples);
    const { batchSize, dropLast, pad, prefetch: size } = layoutOf(options, this.dataset.size);
    this.#rows = examplesOf(this.dataset);
    this.batchSize = batchSize;
    const count = this.dataset.size / batchSize;
    this.pad = pad;
    this.prefetch = size;
    this.length = dropLast ? Math.floor(count) : Math.ceil(count);
    this.#shuffle = options.shuffle ?? (options.seed !== undefined || options.key !== undefined);
    this.#dropLast = dropLast;
    this.#map = options.map;
    this.#key = new Cell(keyOf('DataLoader', options, 'loader'), { name: 'key' });
    this.#epoch = new Cell(tensor(0, { dtype: 'int32' }), { name: 'epoch' });
    this.#batch = new Cell(tensor(0, { dtype: 'int32' }), { name: 'batch' });
  }

  /** The epoch of the place, from 0. */
  get epoch(): number {
    return this.#epoch.read().item();
  }

  /** The batches of this epoch that were given out: the number of the next one, from 0. */
  get batch(): number {
    return this.#batch.read().item();
  }

  /**
   * Goes to a batch of an epoch; a running loop ends with an error.
   *
   * @param epoch  integer >= 0
   * @param batch  integer in `[0, length]`. @defaultValue 0
   * @throws RangeError for a place that does not exist
   */
  seek(epoch: number, batch: number = 0): void {
    this.#requirePlace('seek', epoch, batch);
    this.#loop = {};
    this.#moveTo(epoch, batch);
  }

  /**
   * The batches of one epoch from `start` on, without touching the place.
   *
   * @param epoch  integer >= 0
   * @param start  integer in `[0, length]`. @defaultValue 0
   * @throws RangeError for a place that does not exist
   * @example
   * ```ts
   * const loader = new data.DataLoader(data.moons({ n: 10 }), { batchSize: 4 });
   * [...loader.pass(0, 2)].map((batch) => batch.index.toArray()); // => [[8, 9]]
   * ```
   */
  pass(epoch: number, start: number = 0): Iterable<Item> {
    this.#requirePlace('pass', epoch, start);
    return { [Symbol.iterator]: () => this.#walk(epoch, start) };
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    const loop = this.#begin();
    const [epoch, start] = [this.epoch, this.batch];
    let place = start;
    for (const item of this.pass(epoch, start)) {
      this.#moveTo(epoch, ++place);
      yield item;
      this.#requireLoop(loop);
    }
    this.#moveTo(epoch + 1, 0);
  }

  /** As a plain loop, with promises awaited and some batches asked for ahead. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Awaited<Item>, void, undefined> {
    const loop = this.#begin();
    const [epoch, start] = [this.epoch, this.batch];
    let place = start;
    for await (const item of prefetch(this.pass(epoch, start), { size: this.prefetch })) {
      this.#requireLoop(loop);
      this.#moveTo(epoch, ++place);
      yield item;
      this.#requireLoop(loop);
    }
    this.#requireLoop(loop);
    this.#moveTo(epoch + 1, 0);
  }

  /**
   * The place and what it depends on, as tensors: `key`, `epoch`, `batch`, and `layout` (rows, batch
   * size, and whether it shuffles, drops the last batch and pads), by which another data set or other
   * options are noticed. Taken inside a loop, it continues with the batch after the one in use.
   *
   * @example
   * ```ts
   * const make = () => new data.DataLoader(data.moons({ n: 10 }), { batchSize: 2, seed: 1 });
   * const loader = make();
   * const walk = loader[Symbol.iterator]();
   * walk.next();
   * const other = make();
   * other.loadStateDict(loader.stateDict());
   * [other.epoch, other.batch]; // => [0, 1]
   * ```
   */
  stateDict(): Record<string, Tensor> {
    return {
      key: this.#key.read(),
      epoch: this.#epoch.read(),
      batch: this.#batch.read(),
      layout: this.#layout(),
    };
  }

  /**
   * Goes to a saved place and takes over its key; a running loop ends with an error. Nothing changes if
   * the state does not fit.
   *
   * @param state  as `stateDict` returned it
   * @throws TypeError, ShapeError or DTypeError if it is not such a state
   * @throws RangeError if it belongs to another data set or other options, or the place does not exist
   */
  loadStateDict(state: LoaderState): void {
    requireState(state, this.stateDict());
    const [epoch, batch] = [state.epoch!.item(), state.batch!.item()];
    this.#requirePlace('loadStateDict', epoch, batch);
    this.#loop = {};
    this.#key.write(state.key!);
    this.#moveTo(epoch, batch);
  }

  *#walk(epoch: number, start: number): Generator<Item, void, undefined> {
    const { batchSize, length } = this;
    const base = this.#key.read();
    const key = this.#shuffle ? random.foldIn(base, epoch) : null;
    const mapKey = random.foldIn(random.foldIn(base, 'map'), epoch);
    let number = start;
    for (const part of stretches(this.#rows, { batchSize, length, start, key, pad: this.pad })) {
      const mask = maskOf(part.index.size, part.size);
      const batch: LoadedBatch = { ...part, mask };
      yield this.#map === undefined
        ? (batch as Item)
        : this.#map(batch, random.foldIn(mapKey, number));
      number += 1;
    }
  }

  #layout(): Tensor {
    const { size } = this.dataset;
    const flags = [this.#shuffle, this.#dropLast, this.pad].map(Number);
    return tensor([size, this.batchSize, ...flags], { dtype: 'int32' });
  }

  #begin(): object {
    this.#loop = {};
    return this.#loop;
  }

  #requireLoop(loop: object): void {
    if (loop === this.#loop) return;
    throw new Error(
      'DataLoader: the loop lost its place, which another loop, seek or loadStateDict took over.\n' +
        '  A loader has one place. Use pass(epoch) for walks that do not depend on it.',
    );
  }

  #moveTo(epoch: number, batch: number): void {
    this.#epoch.write(epoch);
    this.#batch.write(batch);
  }

  #requirePlace(method: string, epoch: number, batch: number): void {
    const isEpoch = Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 31;
    if (isEpoch && Number.isInteger(batch) && batch >= 0 && batch <= this.length) return;
    throw new RangeError(
      `DataLoader.${method}: there is no batch ${batch} of epoch ${epoch}.\n` +
        `  Epochs are integers from 0, batches integers in [0, ${this.length}].`,
    );
  }
}

const maskOf = (count: number, size: number): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => i < size),
    { dtype: 'bool' },
  );
