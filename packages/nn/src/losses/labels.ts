import {
  asTensor,
  astype,
  check,
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
} from '@tikhonov/core';

/**
 * Class labels as int32, checked to be integers in `[0, classes)`.
 *
 * @param labels  any shape; floating labels must have integer values
 * @throws RangeError naming the first bad label; DTypeError for bool
 */
export function classLabels(name: string, labels: TensorLike, classes: number): Tensor {
  const given = asTensor(labels);
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
          `  ${classes} classes are numbered from 0.`,
      ),
  );
  return astype(given, 'int32');
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
