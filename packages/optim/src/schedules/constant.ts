import { add, mul } from '@tikhonov/core';
import type { Schedule } from '../optimizer.ts';
import { exact, requireRate } from './arguments.ts';

/**
 * The same rate at every step, for sequences.
 *
 * @param lr  >= 0
 * @throws RangeError unless the rate is finite and >= 0
 * @example
 * ```ts
 * optim.constant(0.1)(tensor(7, { dtype: 'int32' })).item(); // => 0.1
 * ```
 */
export function constant(lr: number): Schedule {
  requireRate('constant', 'lr', lr);
  // Of the count, so that it is a float64 scalar wherever the count lives.
  return (count) => add(mul(exact(count), 0), lr);
}
