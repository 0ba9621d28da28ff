import {
  astype,
  DTypeError,
  equal,
  floor,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  type Tensor,
  type TensorLike,
  TraceError,
  where,
} from '@tikhonov/core';
import { asTensor, check } from '@tikhonov/core/engine';

/**
 * Class labels as int32, checked to be integers in `[0, classes)`.
 *
 * @param labels  any shape; floating labels must have integer values
 * @throws RangeError naming the first bad label; DTypeError for bool
 */
export function classLabels(name: string, labels: TensorLike, classes: number, hint = ''): Tensor {
  const given = asTensor(labels, name);
  if (given.dtype === 'bool') {
    throw new DTypeError(
      `${name}: labels must be integers, got bool.\n  Cast with astype('int32').`,
    );
  }
  const inRange = logicalAnd(lessEqual(0, given), less(given, classes));
  const valid = isFloating(given.dtype) ? logicalAnd(inRange, equal(given, floor(given))) : inRange;
  check(
    valid,
    () =>
      new RangeError(
        `${name}: labels must be integers in [0, ${classes})${firstBad(given, classes)}.\n` +
          `  ${classes} classes are numbered from 0.${hint}`,
      ),
  );
  return astype(given, 'int32');
}

/** Class labels, and which of them are to be left out; those come back as 0. */
export interface ClassTargets {
  readonly indices: Tensor;
  /** `bool`, of the labels' shape; `null` if none is. */
  readonly ignored: Tensor | null;
}

/**
 * As `classLabels`, but labels of the value `ignoreIndex` may lie anywhere.
 *
 * @throws RangeError unless `ignoreIndex` is an integer
 */
export function classTargets(
  name: string,
  labels: TensorLike,
  classes: number,
  ignoreIndex: number | undefined,
): ClassTargets {
  if (ignoreIndex === undefined) {
    const hint = ' To leave a label out, pass { ignoreIndex: it }.';
    return { indices: classLabels(name, labels, classes, hint), ignored: null };
  }
  if (!Number.isInteger(ignoreIndex)) {
    throw new RangeError(`${name}: ignoreIndex must be an integer, got ${ignoreIndex}.`);
  }
  const given = asTensor(labels, name);
  const ignored = equal(given, ignoreIndex);
  return { indices: classLabels(name, where(ignored, 0, given), classes), ignored };
}

/** `, got 11 at position 3`; nothing where the values are not at hand. */
function firstBad(labels: Tensor, classes: number): string {
  try {
    const data = labels.data();
    const at = data.findIndex((y) => !(Number.isInteger(y) && y >= 0 && y < classes));
    return at < 0 ? '' : `, got ${data[at]} at position ${at}`;
  } catch (error) {
    if (error instanceof TraceError) return '';
    throw error;
  }
}
