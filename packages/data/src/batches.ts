import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Dataset, type DatasetFields } from './dataset.ts';
import { examplesOf, stretches } from './loader/rows.ts';
import { requireCount } from './validate.ts';

/** Options of `batches`. */
export interface BatchesOptions {
  /** Rows per batch. @defaultValue 32 */
  readonly batchSize?: number;
  /** Key of the order; fold the epoch in: `random.foldIn(key, epoch)`. */
  readonly key?: Tensor;
  /** Whether the order is random, which needs a key. @defaultValue true if there is a key */
  readonly shuffle?: boolean;
  /** Whether a last batch with fewer rows is left out. @defaultValue false */
  readonly dropLast?: boolean;
}

const known: OptionNames<BatchesOptions> = {
  batchSize: true,
  key: true,
  shuffle: true,
  dropLast: true,
};

/** Some rows. */
export interface Batch {
  /** `[b, ...]` */
  readonly x: Tensor;
  /** `[b]` or `[b, ...]` */
  readonly y: Tensor;
  /** `[b]`, 0 for rows that fill a padded batch; only if the data set has weights. */
  readonly sampleWeight?: Tensor;
  /** Number of rows, `b` (those that fill a padded batch do not count). */
  readonly size: number;
}

/** Batches that can be walked through any number of times, always in the same order. */
export interface Batches extends Iterable<Batch> {
  /** Number of batches. */
  readonly length: number;
}

/**
 * One pass over the rows in batches, each row once. The order is `random.permutation` of the key; the
 * caller folds the epoch's number into it.
 *
 * @param examples  a data set, or inputs and targets `{ x, y }`
 * @throws RangeError unless `batchSize` is an integer >= 1, or if `dropLast` leaves no batch
 * @throws TypeError if `shuffle` is asked for without a key
 * @example
 * ```ts
 * const digits = data.loadDigits();
 * const key = random.key(0);
 * const sizes = [...data.batches(digits, { batchSize: 500, key: random.foldIn(key, 1) })].map((b) => b.size);
 * sizes; // => [500, 500, 500, 297]
 * ```
 */
export function batches(examples: Dataset | DatasetFields, options: BatchesOptions = {}): Batches {
  requireOptions('batches', options, known);
  const dataset = examples instanceof Dataset ? examples : new Dataset(examples);
  const { batchSize = 32, key, dropLast = false } = options;
  requireCount('batches', 'batchSize', batchSize);
  const n = dataset.size;
  if (dropLast && n < batchSize) {
    throw new RangeError(
      `batches: no batch of ${batchSize} can be made of ${n} rows.\n` +
        '  Lower batchSize, or keep the last batch with dropLast: false.',
    );
  }
  const shuffled = options.shuffle ?? key !== undefined;
  if (shuffled && key === undefined) {
    throw new TypeError(
      'batches: a shuffled pass needs a key.\n' +
        '  Pass { key: random.foldIn(key, epoch) }, or shuffle: false.',
    );
  }
  const length = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
  const route = { batchSize, length, start: 0, key: shuffled ? (key ?? null) : null, pad: false };
  const rows = examplesOf(dataset);
  return {
    length,
    *[Symbol.iterator]() {
      for (const { index: _, ...batch } of stretches(rows, route)) yield batch;
    },
  };
}
