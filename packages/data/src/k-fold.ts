import { random, type Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';
import { labelsOf } from './split.ts';
import { keyOf, requireCount, type Seeded } from './validate.ts';

/** Options of `kFold`. */
export interface KFoldOptions extends Seeded {
  /** Number of folds, >= 2. @defaultValue 5, as scikit-learn */
  readonly folds?: number;
  /** Whether rows are dealt out at random, or in their order. @defaultValue true */
  readonly shuffle?: boolean;
  /** Whether every fold gets its share of every class. @defaultValue true if there are classes */
  readonly stratify?: boolean;
}

const known: OptionNames<KFoldOptions> = {
  folds: true,
  shuffle: 'boolean',
  stratify: 'boolean',
  seed: true,
  key: true,
};

/** One of the divisions of a cross-validation. */
export interface Fold {
  /** Rows to fit on, int32. */
  readonly trainIndex: Tensor;
  /** Rows to measure on, int32. */
  readonly validationIndex: Tensor;
  /** The data set at `trainIndex`; copied when it is read, so that folds cost no memory. */
  readonly train: Dataset;
  /** The data set at `validationIndex`; copied when it is read. */
  readonly validation: Dataset;
}

/**
 * The folds of a cross-validation: every row is in the validation part of exactly one fold, and in the
 * training part of the others. The validation parts' sizes differ by at most 1, and so do, if they are
 * stratified, the numbers of rows of each class in them. Without shuffling, plain folds are consecutive
 * rows, as scikit-learn's `KFold`. Standardise within a fold, on its training part.
 *
 * @returns `folds` divisions
 * @throws RangeError unless `folds` is an integer in [2, size], or if every class has fewer rows than that
 * @throws TypeError if it is to stratify without classes
 * @see Kohavi, "A study of cross-validation and bootstrap for accuracy estimation and model selection",
 * IJCAI (1995), for stratified folds
 * @example
 * ```ts
 * const folds = data.kFold(data.moons({ n: 20 }), { folds: 5, seed: 1 });
 * folds.map(({ train, validation }) => [train.size, validation.size])[0]; // => [16, 4]
 * folds[0]!.validation.y.sum().item(); // => 2
 * ```
 */
export function kFold(dataset: Dataset, options: KFoldOptions = {}): Fold[] {
  requireOptions('kFold', options, known);
  const { folds = 5, shuffle = true } = options;
  const n = dataset.size;
  requireCount('kFold', 'folds', folds, n);
  if (folds < 2) {
    throw new RangeError('kFold: folds must be at least 2, got 1.\n  For one division, use split.');
  }
  const labels = labelsOf('kFold', dataset, options.stratify);
  const key = keyOf('kFold', options, 'k-fold');
  const order = shuffle
    ? Array.from(random.permutation(key, n).data())
    : Array.from({ length: n }, (_, i) => i);
  const foldOf = new Int32Array(n);
  if (labels === null) {
    order.forEach((row, i) => {
      foldOf[row] = blockOf(i, n, folds);
    });
  } else {
    requireMembers(labels, folds);
    // Dealt out like cards, class after class: neither classes nor folds get more than one too many.
    const byClass = [...order].sort((a, b) => labels[a]! - labels[b]!);
    byClass.forEach((row, i) => {
      foldOf[row] = i % folds;
    });
  }
  const rowsWhere = (test: (fold: number) => boolean): Tensor =>
    tensor(Int32Array.from(order.filter((row) => test(foldOf[row]!))));
  return Array.from({ length: folds }, (_, fold) => {
    const trainIndex = rowsWhere((f) => f !== fold);
    const validationIndex = rowsWhere((f) => f === fold);
    return {
      trainIndex,
      validationIndex,
      get train() {
        return dataset.take(trainIndex);
      },
      get validation() {
        return dataset.take(validationIndex);
      },
    };
  });
}

/** Which of the blocks of consecutive places a place is in; the first `n % blocks` have one more. */
function blockOf(place: number, n: number, blocks: number): number {
  const small = Math.floor(n / blocks);
  const inLarge = (n % blocks) * (small + 1);
  return place < inLarge
    ? Math.floor(place / (small + 1))
    : (n % blocks) + Math.floor((place - inLarge) / small);
}

function requireMembers(labels: ArrayLike<number>, folds: number): void {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  if (most >= folds) return;
  throw new RangeError(
    `kFold: no class has rows for ${folds} folds, the largest has ${most}.\n  Use fewer folds, or stratify: false.`,
  );
}
