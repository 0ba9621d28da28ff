import {
  astype,
  Cell,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  stopGradient,
  Tensor,
  tensor,
} from '@tikhonov/core';
import { asTensor, check } from '@tikhonov/core/engine';
import { type Bound, belowOne, requireNumber, requireScalar, type Scalar } from './scalars.ts';

/** Bounds of a share, for numbers and for what cells hold. */
export interface ShareBound extends Bound {
  readonly holds: (x: Tensor) => Tensor;
}

/** What may stay of an average: not all of it. */
export const stays: ShareBound = {
  ...belowOne,
  holds: (x) => logicalAnd(greaterEqual(x, 0), less(x, 1)),
};

/** What may be gone of a way: some of it. */
export const follows: ShareBound = {
  test: (x) => x > 0 && x <= 1,
  says: 'in (0, 1]',
  holds: (x) => logicalAnd(greater(x, 0), lessEqual(x, 1)),
};

/** Checks what is known of a share when it is given: a number's value, a cell's shape. */
export function requireShare(name: string, what: string, value: Scalar, bound: ShareBound): void {
  if (value instanceof Tensor || value instanceof Cell) requireScalar(name, what, value);
  else requireNumber(name, what, value, bound);
}

/**
 * The present value of a share in float64, as a constant.
 *
 * @throws RangeError if a cell or tensor holds a value out of range
 */
export function share64(name: string, what: string, value: Scalar, bound: ShareBound): Tensor {
  if (typeof value === 'number') return tensor(value, { dtype: 'float64' });
  const exact = astype(stopGradient(asTensor(value)), 'float64');
  check(
    bound.holds(exact),
    () =>
      new RangeError(`${name}: ${what} must be ${bound.says}, its cell holds ${String(exact)}.`),
  );
  return exact;
}
