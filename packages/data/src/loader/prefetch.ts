import { requireOptions } from '@tikhonov/core/engine';
import { requireCount } from '../validate.ts';

/** Options of `prefetch`. */
export interface PrefetchOptions {
  /** How many items are asked for ahead of the one in use, >= 1. @defaultValue 2 */
  readonly size?: number;
}

/** What can be walked through: values, promises of them, or an asynchronous source. */
export type Source<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/**
 * Asks a slow source for items before they are needed: while one is in use, up to `size` others are on
 * their way. An asynchronous source is asked for one item at a time; of an iterable of promises, `size`
 * run at once, and the items keep its order. An error arrives in its turn, after the items before it.
 * Leaving the loop early closes the source; nothing is asked for before the loop begins.
 *
 * @throws RangeError unless `size` is an integer >= 1; TypeError if the source cannot be walked through
 * @example
 * ```ts
 * const load = async (i: number) => tensor([i, i * i]);
 * const files = [1, 2, 3].map(load);
 * const sums: number[] = [];
 * for await (const x of data.prefetch(files, { size: 2 })) sums.push(x.sum().item());
 * sums; // => [2, 6, 12]
 * ```
 */
export function prefetch<T>(
  source: Source<T>,
  options: PrefetchOptions = {},
): AsyncGenerator<Awaited<T>, void, undefined> {
  requireOptions('prefetch', options, { size: true });
  const { size = 2 } = options;
  requireCount('prefetch', 'size', size);
  const isSource =
    typeof source === 'object' &&
    source !== null &&
    (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (!isSource) {
    throw new TypeError(
      `prefetch: the source must be iterable, got ${typeof source}.\n  Pass an iterable, or call the generator function.`,
    );
  }
  return ahead(source, size);
}

async function* ahead<T>(
  source: Source<T>,
  size: number,
): AsyncGenerator<Awaited<T>, void, undefined> {
  const reader =
    Symbol.asyncIterator in source ? new SequentialReader(source) : new ParallelReader(source);
  const queue: Promise<IteratorResult<Awaited<T>, unknown>>[] = [];
  const fill = (): void => {
    while (queue.length < size && !reader.isFinished) {
      const item = reader.ask();
      // Whoever takes it from the queue gets the error; one that nobody takes is no crash.
      item.catch(() => {});
      queue.push(item);
    }
  };
  try {
    fill();
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const result = await item;
      if (result.done === true) return;
      fill();
      yield result.value;
    }
  } catch (error) {
    // The first error is the one to report.
    await reader.close().catch(() => {});
    throw error;
  } finally {
    await reader.close();
  }
}

/** Asks for the next item when the one before has come, as any asynchronous iterator can bear. */
class SequentialReader<T> {
  isFinished = false;
  #isClosed = false;
  readonly #iterator: AsyncIterator<T>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: AsyncIterable<T>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  ask(): Promise<IteratorResult<Awaited<T>, unknown>> {
    const item = this.#last.then(() => this.#next());
    this.#last = item;
    return item;
  }

  async #next(): Promise<IteratorResult<Awaited<T>, unknown>> {
    if (this.isFinished) return { done: true, value: undefined };
    const result = await this.#step();
    return result.done === true ? result : { done: false, value: await result.value };
  }

  async #step(): Promise<IteratorResult<T, unknown>> {
    try {
      const result = await this.#iterator.next();
      if (result.done === true) this.isFinished = true;
      return result;
    } catch (error) {
      // An iterator that throws has ended itself.
      this.isFinished = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    const isOpen = !this.isFinished && !this.#isClosed;
    this.isFinished = true;
    this.#isClosed = true;
    if (isOpen) await this.#iterator.return?.();
  }
}

/** Takes promises from an iterable as they are asked for, so that several run at once. */
class ParallelReader<T> {
  isFinished = false;
  readonly #iterator: Iterator<T | PromiseLike<T>>;

  constructor(source: Iterable<T | PromiseLike<T>>) {
    this.#iterator = source[Symbol.iterator]();
  }

  async ask(): Promise<IteratorResult<Awaited<T>, unknown>> {
    const result = this.#take();
    return result.done === true ? result : { done: false, value: await result.value };
  }

  #take(): IteratorResult<T | PromiseLike<T>, unknown> {
    try {
      const result = this.#iterator.next();
      if (result.done === true) this.isFinished = true;
      return result;
    } catch (error) {
      this.isFinished = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.isFinished) return;
    this.isFinished = true;
    this.#iterator.return?.();
  }
}
