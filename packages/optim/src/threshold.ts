import { astype, Cell, greater, lessEqual, logicalAnd, stopGradient, Tensor } from '@tikhonov/core';
import { asTensor, check } from '@tikhonov/core/engine';
import { requirePlain } from './plain.ts';
import { type Bound, positive, requireNumber, requireScalar, type Scalar } from './scalars.ts';

/** Bounds that may be infinite, which bound nothing. */
export const aboveZero: Bound = { test: (x) => x > 0, says: '> 0' };

/** Checks what is known of a bound when it is given: a number's value, a cell's shape. */
export function requireThreshold(
  name: string,
  what: string,
  value: Scalar,
  bound: Bound = positive,
): void {
  if (value instanceof Tensor || value instanceof Cell) requireScalar(name, what, value);
  else {
    requirePlain(name, what, value);
    requireNumber(name, what, value, bound);
  }
}

/**
 * The present value of a bound, as a constant: the number itself, or float64 `[]`.
 *
 * @throws RangeError if a cell or tensor holds a value out of range
 */
export function thresholdOf(
  name: string,
  what: string,
  value: Scalar,
  bound: Bound = positive,
): number | Tensor {
  if (typeof value === 'number') return value;
  const exact = astype(stopGradient(asTensor(value)), 'float64');
  const largest = bound.test(Infinity) ? Infinity : Number.MAX_VALUE;
  check(
    logicalAnd(greater(exact, 0), lessEqual(exact, largest)),
    () =>
      new RangeError(`${name}: ${what} must be ${bound.says}, its cell holds ${String(exact)}.`),
  );
  return exact;
}
