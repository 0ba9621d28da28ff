import {
  asTensor,
  astype,
  type Cell,
  check,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  ShapeError,
  showShape,
  stopGradient,
  type Tensor,
} from '@tikhonov/core';

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
  const tensor = asTensor(value);
  if (tensor.rank !== 0) {
    throw new ShapeError(
      `${name}: ${what} must be a number or a tensor of shape [], got ${showShape(tensor.shape)}.`,
    );
  }
  const exact = astype(stopGradient(tensor), 'float64');
  const below = closed ? lessEqual(exact, 1) : less(exact, 1);
  check(
    logicalAnd(greaterEqual(exact, 0), below),
    () => new RangeError(`${name}: ${what} must be in ${interval}, got ${String(tensor)}.`),
  );
  return exact;
}
