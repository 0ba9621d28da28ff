import { astype, type Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { requirePlain } from '../plain.ts';
import { type Bound, nonNegative, requireNumber } from '../scalars.ts';

/** A learning rate that is finite and >= 0. */
export function requireRate(name: string, what: string, value: number): void {
  requirePlain(name, what, value);
  requireNumber(name, what, value, nonNegative);
}

const steps: Bound = { test: (x) => Number.isSafeInteger(x) && x > 0, says: 'an integer > 0' };

/** A number of steps. */
export function requireSteps(name: string, what: string, value: number): void {
  requirePlain(name, what, value);
  requireNumber(name, what, value, steps);
}

const above: Bound = { test: (x) => x > 0 && Number.isFinite(x), says: 'finite and > 0' };

/** A factor that something is divided or multiplied by. */
export function requireFactor(name: string, what: string, value: number): void {
  requirePlain(name, what, value);
  requireNumber(name, what, value, above);
}

/** Steps in time order, none twice. */
export function requireMilestones(name: string, milestones: readonly number[]): void {
  const rising =
    Array.isArray(milestones) &&
    milestones.every(
      (step, i) => Number.isSafeInteger(step) && step > (i === 0 ? 0 : milestones[i - 1]!),
    );
  if (!rising) {
    throw new RangeError(
      `${name}: milestones must be integers > 0 in rising order, got ${JSON.stringify(milestones) ?? kindOf(milestones)}.`,
    );
  }
}

/** A TypeError unless something can be called as a schedule. */
export function requireSchedule(name: string, schedule: unknown): asserts schedule is Schedule {
  if (typeof schedule !== 'function') {
    throw new TypeError(
      `${name}: a schedule must be a function of the count of steps, got ${kindOf(schedule)}.\n  For a fixed rate, pass constant(rate).`,
    );
  }
}

/** The count in float64, in which rates are computed. */
export const exact = (count: Tensor): Tensor => astype(count, 'float64');
