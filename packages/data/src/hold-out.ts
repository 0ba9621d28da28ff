import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';
import { split } from './split.ts';
import type { Seeded } from './validate.ts';

/** Options of `holdOut`. */
export interface HoldOutOptions extends Seeded {
  /** Share of the rows in `validation`, in (0, 1). @defaultValue 0.1 */
  readonly validation?: number;
  /** Share of the rows in `test`, in (0, 1). @defaultValue 0.2 */
  readonly test?: number;
  /** Whether every part gets its share of every class. @defaultValue true if there are classes */
  readonly stratify?: boolean;
}

const known: OptionNames<HoldOutOptions> = {
  validation: true,
  test: true,
  stratify: 'boolean',
  seed: true,
  key: true,
};

/** What is fitted, what decides between fits, and what is looked at once. */
export interface TrainValidationTest {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/**
 * Divides a data set at random into a training, a validation and a test part, with every row in one of
 * them. The test part depends on the seed and on its own share alone, so it stays the same while the
 * validation share is tried out. For other parts, see `split`.
 *
 * @returns `train` with the rest, `validation` and `test` with their shares, rounded
 * @throws RangeError for a share outside (0, 1), or if a part would be empty
 * @throws TypeError if it is to stratify without classes
 * @example
 * ```ts
 * const { train, validation, test } = data.holdOut(data.moons({ n: 200 }), { test: 0.25, seed: 1 });
 * [train.size, validation.size, test.size]; // => [130, 20, 50]
 * ```
 */
export function holdOut(dataset: Dataset, options: HoldOutOptions = {}): TrainValidationTest {
  requireOptions('holdOut', options, known);
  const { validation = 0.1, test = 0.2, ...rest } = options;
  for (const [name, share] of Object.entries({ validation, test })) {
    if (!(share > 0 && share < 1)) {
      throw new RangeError(
        `holdOut: ${name} must be in (0, 1), got ${share}.\n  It is a share of the rows; split takes sizes.`,
      );
    }
  }
  const n = dataset.size;
  const sizes = { test: Math.round(n * test), validation: Math.round(n * validation) };
  const train = n - sizes.test - sizes.validation;
  if (Math.min(train, sizes.test, sizes.validation) < 1) {
    throw new RangeError(
      `holdOut: of ${n} rows, ${train} would be for training, ${sizes.validation} for validation and ${sizes.test} for the test.\n` +
        '  Every part needs one; choose other shares.',
    );
  }
  // The first part is cut first, whatever the others are.
  return split(dataset, {
    sizes: { test: sizes.test, validation: sizes.validation, train },
    ...rest,
  });
}
