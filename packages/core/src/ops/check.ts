import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFunction } from '../errors.ts';
import { check as checked } from '../primitives/check.ts';

/**
 * Throws `error()` unless every element of `condition` is true. A requirement on data, stated as an
 * operation, so that it holds in compiled functions too: there it is looked at before any cell changes.
 *
 * @param condition  `bool`, any shape
 * @param error  makes the error; it is told the row-major position of the first false element
 * @throws DTypeError unless the condition is `bool`; TypeError unless `error` is a function
 * @example
 * ```ts
 * const rate = tensor(0.5);
 * check(less(rate, 1), () => new RangeError(`the rate must be below 1, got ${rate.item()}`));
 * ```
 */
export function check(condition: TensorLike, error: (index: number) => Error): void {
  requireFunction('check', error);
  checked(asTensor(condition, 'check'), error);
}
