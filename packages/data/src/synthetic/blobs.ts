import { ShapeError } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { requireCount } from '../validate.ts';
import {
  evenSizes,
  planOf,
  requireFiniteNumber,
  requireSpread,
  type SyntheticOptions,
} from './generate.ts';

/** Options of `blobs`. */
export interface BlobsOptions extends SyntheticOptions {
  /**
   * The means, one per class; or their number, and they are drawn uniformly from `[-10, 10)` in every
   * coordinate, as scikit-learn's. @defaultValue `[[-2, -2], [2, 2]]`, as the TensorFlow Playground
   */
  readonly centers?: number | readonly (readonly number[])[];
  /** Coordinates of a point, if the centers are drawn. @defaultValue 2 */
  readonly features?: number;
  /** Standard deviation in every coordinate, for all classes or for each, >= 0. @defaultValue 1 */
  readonly std?: number | readonly number[];
}

const known: OptionNames<BlobsOptions> = {
  n: true,
  centers: true,
  features: true,
  std: true,
  shuffle: true,
  dtype: true,
  seed: true,
  key: true,
};

/**
 * Normal clouds, one per class: `center + std z`. By default two of them whose best classifier, the
 * sign of `x0 + x1`, errs once in 428 points. As scikit-learn's `make_blobs` (equal sizes, the first
 * classes get the rows that remain) with other default centers; the random draws are our own.
 *
 * @param options  see `BlobsOptions`; `n` is at least the number of classes
 * @returns `x` `[n, features]`, `y` int32 `[n]`
 * @throws RangeError for a number out of range; ShapeError if the centers or deviations do not fit
 * @throws TypeError if `features` is given along with the centers; DTypeError if `dtype` is not floating
 * @example
 * ```ts
 * const { x, y } = data.blobs({ n: 3, centers: [[0, 5], [7, 1]], std: 0, shuffle: false });
 * x.toArray(); // => [[0, 5], [0, 5], [7, 1]]
 * y.toArray(); // => [0, 0, 1]
 * data.blobs({ centers: 3, features: 5, seed: 1 }).x.shape; // => [100, 5]
 * ```
 */
export function blobs(options: BlobsOptions = {}): Dataset {
  requireOptions('blobs', options, known);
  const { centers: given = defaultCenters, features = 2, std = 1 } = options;
  const classes = typeof given === 'number' ? given : checkCenters(given, options.features);
  requireCount('blobs', 'centers', classes);
  requireCount('blobs', 'features', features);
  const deviations = typeof std === 'number' ? Array<number>(classes).fill(std) : std;
  if (!Array.isArray(deviations)) {
    throw new TypeError(`blobs: std must be a number or an array, got ${kindOf(std)}.`);
  }
  if (deviations.length !== classes) {
    throw new ShapeError(
      `blobs: ${deviations.length} standard deviations for ${classes} classes.\n  Give one number, or one per class.`,
    );
  }
  for (const value of deviations) requireSpread('blobs', 'std', value);
  const plan = planOf('blobs', options, classes);
  const width = typeof given === 'number' ? features : given[0]!.length;
  const means =
    typeof given === 'number'
      ? Array.from(plan.uniform('centers', classes * width), (u) => 20 * u - 10)
      : given.flat();
  const labels = evenSizes(plan.n, classes).flatMap((size, k) => Array<number>(size).fill(k));
  const z = plan.normal('points', plan.n * width);
  const x = Float64Array.from(z, (v, i) => {
    const label = labels[Math.floor(i / width)]!;
    const mean = means[label * width + (i % width)]!;
    return deviations[label] === 0 ? mean : mean + deviations[label]! * v;
  });
  return plan.finish(x, Int32Array.from(labels), classes);
}

const defaultCenters: readonly (readonly number[])[] = [
  [-2, -2],
  [2, 2],
];

function checkCenters(
  centers: readonly (readonly number[])[],
  features: number | undefined,
): number {
  if (!Array.isArray(centers) || !centers.every(Array.isArray)) {
    throw new TypeError(
      `blobs: centers must be a number or rows of numbers, got ${kindOf(centers)}.\n  Write [[-1, 0], [1, 0]], or 2 to draw two.`,
    );
  }
  if (features !== undefined) {
    throw new TypeError(
      'blobs: got both centers and features.\n  The centers say how many coordinates there are; features is for drawn ones.',
    );
  }
  const width = centers[0]?.length ?? 0;
  if (width === 0 || centers.some((row) => row.length !== width)) {
    throw new ShapeError(
      `blobs: centers must be rows of equal length >= 1, got lengths [${centers.map((row) => row.length).join(', ')}].`,
    );
  }
  for (const value of centers.flat()) requireFiniteNumber('blobs', 'every center', value);
  return centers.length;
}
