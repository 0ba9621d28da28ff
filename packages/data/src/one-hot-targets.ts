import { type DType, DTypeError, isFloating, oneHot } from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';

/** Options of `oneHotTargets`. */
export interface OneHotTargetsOptions {
  /** `float32` or `float64`. @defaultValue that of the inputs if they are floating, otherwise 'float32' */
  readonly dtype?: DType;
}

/**
 * The data set with a row of class probabilities, all in one class, for every label: int32 `[n]` becomes
 * `[n, classes]`. For losses of probabilities (mean squares, mixed targets, distillation); the result
 * has no `classes`, since its targets are no labels.
 *
 * @throws TypeError if the data set has no classes; DTypeError if `dtype` is not floating
 * @example
 * ```ts
 * data.oneHotTargets(data.moons({ n: 2, shuffle: false })).y.toArray(); // => [[1, 0], [0, 1]]
 * ```
 */
export function oneHotTargets(dataset: Dataset, options: OneHotTargetsOptions = {}): Dataset {
  requireOptions('oneHotTargets', options, { dtype: true });
  const { dtype = isFloating(dataset.x.dtype) ? dataset.x.dtype : 'float32' } = options;
  if (dataset.classes === undefined) {
    throw new TypeError(
      `oneHotTargets: ${dataset.name} has no classes.\n  Make the Dataset with \`classes\`.`,
    );
  }
  if (!isFloating(dtype)) {
    throw new DTypeError(
      `oneHotTargets: dtype must be float32 or float64, got ${showValue(dtype)}.`,
    );
  }
  return dataset.with({ y: oneHot(dataset.y, dataset.classes, { dtype }), classes: undefined });
}
