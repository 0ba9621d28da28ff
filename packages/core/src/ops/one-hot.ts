import { isFloating } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { arange, type CreateOptions, dtypeOption } from '../create.ts';
import { DTypeError } from '../errors.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { equal, less, lessEqual } from '../primitives/compare.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { expandDims } from '../primitives/reshape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Indicator rows of integer labels. `[...s] -> [...s, classes]`.
 *
 * @param labels  int32 or uint32, in `[0, classes)`
 * @throws DTypeError if they are not integers; RangeError if one is out of range
 * @example
 * ```ts
 * oneHot(tensor([1, 0], { dtype: 'int32' }), 3).toArray(); // => [[0, 1, 0], [1, 0, 0]]
 * ```
 */
export function oneHot(labels: TensorLike, classes: number, options: CreateOptions = {}): Tensor {
  const indices = asTensor(labels, 'oneHot');
  const dtype = dtypeOption('oneHot', options);
  if (isFloating(indices.dtype) || indices.dtype === 'bool') {
    throw new DTypeError(
      `oneHot: labels must be int32 or uint32, got ${indices.dtype}. Cast with astype('int32').`,
    );
  }
  if (!Number.isInteger(classes) || classes < 1) {
    throw new RangeError(`oneHot: classes must be an integer >= 1, got ${classes}.`);
  }
  check(
    logicalAnd(lessEqual(0, indices), less(indices, classes)),
    () => new RangeError(`oneHot: labels must be integers in [0, ${classes}).`),
  );
  const hot = equal(expandDims(indices, -1), arange(classes, { dtype: indices.dtype }));
  return astype(hot, dtype);
}
