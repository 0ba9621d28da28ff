import {
  astype,
  Cell,
  greaterEqual,
  isFloating,
  less,
  logicalAnd,
  ShapeError,
  stopGradient,
  Tensor,
  tensor,
} from '@tikhonov/core';
import { asTensor, check, kindOf, showShape, showValue } from '@tikhonov/core/engine';

/** A number, or a 0-d tensor or cell that may change between steps. */
export type Scalar = number | Cell | Tensor;

/** What a number must satisfy, and how to say so. */
export interface Bound {
  readonly test: (x: number) => boolean;
  readonly says: string;
}

/** Rates and strengths. */
export const nonNegative: Bound = {
  test: (x) => x >= 0 && Number.isFinite(x),
  says: 'finite and >= 0',
};

/** Limits that something is divided by. */
export const positive: Bound = { test: (x) => x > 0 && Number.isFinite(x), says: 'finite and > 0' };

/** Decay rates of running means. */
export const belowOne: Bound = { test: (x) => x >= 0 && x < 1, says: 'in [0, 1)' };

/** A RangeError naming the number and its value unless it is within the bound. */
export function requireNumber(name: string, what: string, value: number, bound: Bound): void {
  if (typeof value !== 'number' || !bound.test(value)) {
    throw new RangeError(`${name}: ${what} must be ${bound.says}, got ${showValue(value)}.`);
  }
}

/** Decay rates of running means, as many as there are. */
export function requireBetas(name: string, betas: readonly number[], count: number): void {
  if (betas?.length !== count) {
    throw new RangeError(`${name}: betas must be ${count} numbers, got ${showValue(betas)}.`);
  }
  for (let i = 0; i < count; i++) requireNumber(name, `betas[${i}]`, betas[i]!, belowOne);
}

/** Throws unless a tensor or cell can serve as a scalar. */
export function requireScalar(name: string, what: string, value: Tensor | Cell): void {
  if (!(value instanceof Tensor || value instanceof Cell)) {
    throw new TypeError(
      `${name}: ${what} must be a number, or a Tensor or Cell of shape [], got ${kindOf(value)}.\n  Pass one, such as { ${what}: 1e-3 }.`,
    );
  }
  if (value.shape.length !== 0 || !isFloating(value.dtype)) {
    throw new ShapeError(
      `${name}: ${what} must be a number or a floating tensor of shape [], got ${value.dtype} ${showShape(value.shape)}.\n` +
        "  Make it with tensor(value, { dtype: 'float64' }).",
    );
  }
}

/** Checks what is known of a scalar when it is given: a number's value, a cell's shape. */
export function requireStrength(name: string, what: string, value: Scalar): void {
  if (typeof value === 'number') requireNumber(name, what, value, nonNegative);
  else requireScalar(name, what, value);
}

/**
 * The present value of a strength in float64, as a constant.
 *
 * @throws RangeError if a cell or tensor holds a negative or non-finite value
 */
export function strength64(name: string, what: string, value: Scalar): Tensor {
  if (typeof value === 'number') return tensor(value, { dtype: 'float64' });
  const exact = astype(stopGradient(asTensor(value)), 'float64');
  check(
    logicalAnd(greaterEqual(exact, 0), less(exact, Infinity)),
    () =>
      new RangeError(
        `${name}: ${what} must be ${nonNegative.says}, its cell holds ${String(exact)}.`,
      ),
  );
  return exact;
}
