import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Batch } from '../batches.ts';
import { requireCount, type Seeded } from '../validate.ts';

/** What a `DataLoader` without `map` gives. */
export interface LoadedBatch extends Batch {
  /** bool `[b]`: which rows count. False only for the rows that fill a padded last batch. */
  readonly mask: Tensor;
  /** int32 `[b]`: the rows' positions in the data set. */
  readonly index: Tensor;
}

/** Options of `DataLoader`. */
export interface DataLoaderOptions<Item> extends Seeded {
  /** Rows per batch. @defaultValue 32 */
  readonly batchSize?: number;
  /** Whether every epoch has an order of its own. @defaultValue true if a seed or key is given */
  readonly shuffle?: boolean;
  /** Whether a last batch with fewer rows is left out. @defaultValue false */
  readonly dropLast?: boolean;
  /**
   * Whether a short last batch is filled up to `batchSize`, so that all shapes are equal: with rows from
   * the start of the epoch, for which `mask` is false. `size` still counts the rows that are not filling.
   * @defaultValue false
   */
  readonly pad?: boolean;
  /**
   * What to make of every batch, such as augmentation; may return a promise (then walk with `for await`).
   * The key is the batch's own: it depends on the loader's key, the epoch and the batch's number alone.
   */
  readonly map?: (batch: LoadedBatch, key: Tensor) => Item;
  /** Batches that `for await` asks for ahead of the one in use. @defaultValue 2 */
  readonly prefetch?: number;
}

const known: OptionNames<DataLoaderOptions<unknown>> = {
  batchSize: true,
  shuffle: 'boolean',
  dropLast: 'boolean',
  pad: 'boolean',
  map: 'function',
  prefetch: true,
  seed: true,
  key: true,
};

/** The options that say how batches are cut, with their defaults. */
export type Layout = Required<
  Pick<DataLoaderOptions<unknown>, 'batchSize' | 'dropLast' | 'pad' | 'prefetch'>
>;

/** Checks the options for a data set of `n` rows. */
export function layoutOf<Item>(options: DataLoaderOptions<Item>, n: number): Layout {
  requireOptions('DataLoader', options, known);
  const { batchSize = 32, dropLast = false, pad = false, prefetch = 2 } = options;
  requireCount('DataLoader', 'batchSize', batchSize);
  requireCount('DataLoader', 'prefetch', prefetch);
  if (dropLast && pad) {
    throw new TypeError(
      'DataLoader: dropLast and pad are both set.\n  Either leave a short last batch out, or fill it.',
    );
  }
  if (dropLast && n < batchSize) {
    throw new RangeError(
      `DataLoader: no batch of ${batchSize} can be made of ${n} rows.\n` +
        '  Lower batchSize, or fill the last batch with pad: true.',
    );
  }
  return { batchSize, dropLast, pad, prefetch };
}
