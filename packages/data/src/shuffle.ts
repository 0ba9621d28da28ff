import { random } from '@tikhonov/core';
import type { Dataset } from './dataset.ts';
import { keyOf, type Seeded } from './validate.ts';

/**
 * The rows in a random order, the same for the same seed or key.
 *
 * @param options  `seed` (default 0) or `key`
 * @throws TypeError if both are given
 * @example
 * ```ts
 * const mixed = data.shuffle(data.loadDigits(), { seed: 1 });
 * mixed.size; // => 1797
 * ```
 */
export const shuffle = (dataset: Dataset, options: Seeded = {}): Dataset =>
  dataset.take(random.permutation(keyOf('shuffle', options, 'shuffle'), dataset.size));
