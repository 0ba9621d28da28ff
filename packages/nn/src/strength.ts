import {
  astype,
  type Cell,
  type DType,
  DTypeError,
  greaterEqual,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  ShapeError,
  stopGradient,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { asTensor, check, showShape } from '@tikhonov/core/engine';

/** A strength: a number, or a 0-d tensor or cell that may change between steps. */
export type Strength = number | Tensor | Cell;

/** An interval that starts at 0, with or without its end 1. */
export interface UnitRange {
  readonly closed: boolean;
}

/**
 * A strength that lies in `[0, 1]` (or `[0, 1)`): a number is checked at once, a tensor or cell when its
 * value is known. Tensors come back as float64 constants.
 *
 * @throws RangeError naming the strength and its value; ShapeError unless a tensor has no axes
 */
export function unitStrength(
  name: string,
  what: string,
  value: Strength,
  { closed }: UnitRange,
): number | Tensor {
  const interval = closed ? '[0, 1]' : '[0, 1)';
  if (typeof value === 'number') {
    if (!(value >= 0 && (closed ? value <= 1 : value < 1))) {
      throw new RangeError(`${name}: ${what} must be in ${interval}, got ${value}.`);
    }
    return value;
  }
  const given = scalarOf(name, what, value);
  const exact = astype(stopGradient(given), 'float64');
  const below = closed ? lessEqual(exact, 1) : less(exact, 1);
  check(
    logicalAnd(greaterEqual(exact, 0), below),
    () => new RangeError(`${name}: ${what} must be in ${interval}, got ${String(given)}.`),
  );
  return exact;
}

/**
 * A width: > 0, or >= 0 if 0 is allowed, and finite. It comes back as a constant of the given dtype.
 *
 * @throws RangeError naming it and its value; ShapeError unless a tensor has no axes
 */
export function positiveStrength(
  name: string,
  what: string,
  value: Strength,
  dtype: DType,
  { orZero = false }: { readonly orZero?: boolean } = {},
): Tensor {
  const exact = typeof value === 'number' ? tensor(value, { dtype }) : scalarOf(name, what, value);
  const low = orZero ? lessEqual(0, exact) : less(0, exact);
  check(
    logicalAnd(low, less(exact, Infinity)),
    () =>
      new RangeError(
        `${name}: ${what} must be finite and ${orZero ? '>= 0' : '> 0'}, got ${String(typeof value === 'number' ? value : exact)}.`,
      ),
  );
  return astype(stopGradient(exact), dtype);
}

function scalarOf(name: string, what: string, value: Tensor | Cell): Tensor {
  const given = asTensor(value, `${name}: ${what}`);
  if (!isFloating(given.dtype)) {
    throw new DTypeError(
      `${name}: ${what} must be floating, got ${given.dtype}.\n  Cast with astype('float32').`,
    );
  }
  if (given.rank === 0) return given;
  throw new ShapeError(
    `${name}: ${what} must be a number or a tensor of shape [], got ${showShape(given.shape)}.`,
  );
}
