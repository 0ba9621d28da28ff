import {
  astype,
  Cell,
  type DType,
  DTypeError,
  full,
  greater,
  greaterEqual,
  isFloating,
  less,
  logicalAnd,
  mul,
  ShapeError,
  Tensor,
  where,
} from '@tikhonov/core';
import { asTensor, check, showShape } from '@tikhonov/core/engine';

/**
 * How much a penalty weighs: a finite number >= 0, or a floating scalar or cell, which may change
 * while a recorded step runs and through which derivatives flow.
 */
export type Strength = number | Tensor | Cell;

/**
 * The strength as the operations take it.
 *
 * @param name  of the function and its option, for messages
 * @param bound  `positive` excludes 0, `finite` allows negative ones
 * @throws RangeError if it is negative, not finite, or 0 where it must be positive; ShapeError or
 *   DTypeError if a tensor is not a floating scalar
 */
export function requireStrength(
  name: string,
  strength: Strength,
  bound: 'non-negative' | 'positive' | 'finite' = 'non-negative',
): number | Tensor {
  const wanted = `${name} must be finite${{ 'non-negative': ' and >= 0', positive: ' and > 0', finite: '' }[bound]}`;
  if (typeof strength === 'number') {
    const fits = bound === 'positive' ? strength > 0 : bound === 'finite' || strength >= 0;
    if (!fits || !Number.isFinite(strength)) throw new RangeError(`${wanted}, got ${strength}.`);
    return strength;
  }
  if (!(strength instanceof Tensor || strength instanceof Cell)) {
    const kind = strength === null ? 'null' : typeof strength;
    throw new TypeError(
      `${name} must be a number, a scalar Tensor or a Cell, got ${kind}.\n  Pass one, such as { ${name.split(': ').at(-1)}: 1e-3 }.`,
    );
  }
  const value = asTensor(strength);
  if (value.rank !== 0) {
    throw new ShapeError(
      `${name} must be a scalar, got shape ${showShape(value.shape)}.\n  Call the penalty once per strength and add the results.`,
    );
  }
  if (!isFloating(value.dtype)) {
    throw new DTypeError(
      `${name} must be floating, got ${value.dtype}. Cast with astype('float32').`,
    );
  }
  const least = bound === 'finite' ? -Infinity : 0;
  const atLeast = bound === 'non-negative' ? greaterEqual(value, least) : greater(value, least);
  check(
    logicalAnd(atLeast, less(value, Infinity)),
    () => new RangeError(`${wanted}, got ${String(value)}.`),
  );
  return value;
}

/** A strength in another dtype; numbers take it by themselves. */
export const inDType = (strength: number | Tensor, dtype: DType): number | Tensor =>
  typeof strength === 'number' ? strength : astype(strength, dtype);

/**
 * The tensor itself, or zeros where the strength is 0. What is computed from the result and then
 * multiplied by the strength has value 0 and gradient 0 even for infinite weights, where 0 * Infinity
 * would be NaN; and the parameters stay connected to the loss.
 */
export function gated(strength: number | Tensor, x: Tensor): Tensor {
  if (typeof strength === 'number')
    return strength > 0 ? x : where(full([], 0, { dtype: 'bool' }), x, 0);
  return where(greater(strength, 0), x, 0);
}

/** `strength * value`, with the strength rounded to the value's dtype. */
export const scaled = (strength: number | Tensor, value: Tensor): Tensor =>
  mul(value, inDType(strength, value.dtype));
