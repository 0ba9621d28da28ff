import { prefetch } from '@tikhonov/data';
import type { StepRows } from './train-item.ts';

/** One pass over batches, each when it is asked for. */
export interface BatchReader {
  /** The next one, null at the end; a promise only if it has to be waited for. */
  next(): StepRows | null | Promise<StepRows | null>;
  /** Lets go of a pass, finished or not, without waiting for what is on its way. */
  close(): void;
}

/** Where the items of a pass come from: they may be promises. */
export type Items = Iterable<unknown> | AsyncIterable<unknown>;

/** How items are read. */
export interface ReaderOptions {
  /** An item as rows. */
  readonly rowsOf: (item: unknown) => StepRows;
  /** Items asked for ahead of the one in use, where they have to be waited for. */
  readonly ahead: number;
}

/**
 * Reads a pass. Without promises it never waits: a step of some microseconds must not stand behind the
 * event loop. From the first promise on, the rest of the pass is prefetched.
 */
export function batchReader(items: Items, { rowsOf, ahead }: ReaderOptions): BatchReader {
  const plain = Symbol.iterator in items ? items[Symbol.iterator]() : null;
  let awaited =
    Symbol.iterator in items ? null : prefetch(items, { size: ahead })[Symbol.asyncIterator]();
  let isDone = false;
  const nextAwaited = async (source: AsyncIterator<unknown>): Promise<StepRows | null> => {
    const { done, value } = await source.next();
    if (done === true) isDone = true;
    return done === true ? null : rowsOf(value);
  };
  return {
    next() {
      if (awaited === null) {
        const { done, value } = plain!.next();
        if (done === true) isDone = true;
        if (done === true) return null;
        if (!isThenable(value)) return rowsOf(value);
        awaited = prefetch(startingWith(value, plain!), { size: ahead });
      }
      return nextAwaited(awaited);
    },
    close() {
      if (isDone) return;
      isDone = true;
      if (awaited === null) plain!.return?.();
      // It may wait for an item that takes long, or that failed with nobody to hear of it.
      else void awaited.return?.(undefined)?.catch(() => {});
    },
  };
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';

/** What an iterator has yet to give, behind an item that was taken. */
function* startingWith(
  first: unknown,
  rest: Iterator<unknown>,
): Generator<unknown, void, undefined> {
  try {
    yield first;
    for (let item = rest.next(); item.done !== true; item = rest.next()) yield item.value;
  } finally {
    rest.return?.();
  }
}
