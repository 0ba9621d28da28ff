import { DTypeError, isFloating, ShapeError, type Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { requireTensor } from './validate.ts';

/** Throws unless there is one name per feature. */
export function checkNames(name: string, x: Tensor, featureNames: readonly string[]): void {
  if (x.rank === 2 && x.shape[1] === featureNames.length) return;
  throw new ShapeError(
    `Dataset(${name}): ${featureNames.length} feature names for x ${showShape(x.shape)}.\n` +
      '  x must be [n, features], with one name per feature.',
  );
}

/** Throws unless rows have a finite weight >= 0 each, and one of them a positive one. */
export function checkWeights(name: string, weights: Tensor, rows: number): void {
  requireTensor(`Dataset(${name})`, 'sampleWeight', weights);
  if (!isFloating(weights.dtype)) {
    throw new DTypeError(
      `Dataset(${name}): sampleWeight must be floating, got ${weights.dtype}.\n` +
        "  Cast with astype('float32').",
    );
  }
  if (weights.rank !== 1 || weights.shape[0] !== rows) {
    throw new ShapeError(
      `Dataset(${name}): sampleWeight must be [${rows}], one weight per row, got ${showShape(weights.shape)}.\n` +
        '  Give the weights of these rows, or sampleWeight: undefined for none.',
    );
  }
  let most = rows === 0 ? 1 : 0;
  for (const weight of weights.data()) {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(
        `Dataset(${name}): sampleWeight must be finite and >= 0, got ${weight}.\n` +
          '  A weight of 0 leaves a row out.',
      );
    }
    most = Math.max(most, weight);
  }
  if (most === 0) {
    throw new RangeError(
      `Dataset(${name}): the weights of all ${rows} rows are 0, so none counts.\n` +
        '  Give at least one row a positive weight.',
    );
  }
}

/** Throws unless labels are classes. */
export function checkLabels(name: string, y: Tensor, classes: number): void {
  if (!(Number.isInteger(classes) && classes >= 1)) {
    throw new RangeError(`Dataset(${name}): classes must be an integer >= 1, got ${classes}.`);
  }
  if (y.dtype !== 'int32') {
    throw new DTypeError(
      `Dataset(${name}): class labels must be int32, got ${y.dtype}.\n` +
        "  Cast with y.astype('int32'), or leave `classes` out for other targets.",
    );
  }
  if (y.rank !== 1) {
    throw new ShapeError(
      `Dataset(${name}): class labels must have shape [n], got ${showShape(y.shape)}.`,
    );
  }
  for (const label of y.data()) {
    if (label < 0 || label >= classes) {
      throw new RangeError(
        `Dataset(${name}): label ${label} is outside [0, ${classes}).\n` +
          '  Number the classes from 0, or correct `classes`.',
      );
    }
  }
}
