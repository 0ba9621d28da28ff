import { showValue } from '@tikhonov/core/engine';

/** Unless all of them are integers from a least one on, or Infinity: a RangeError, or a TypeError. */
export function requireCounts(
  where: string,
  least: number,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(counts)) {
    if ((Number.isInteger(count) || count === Infinity) && count >= least) continue;
    throw bad(`${where}: ${name} must be an integer >= ${least}`, count);
  }
}

/** A RangeError, or a TypeError, unless the number is finite and >= 0. */
export function requireNonNegative(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw bad(`${where}: ${name} must be finite and >= 0`, value);
}

/** The error for an option that is another number than it must be, or none. */
export function bad(text: string, value: unknown, hint: string = ''): RangeError | TypeError {
  const message = `${text}, got ${showValue(value)}.${hint === '' ? '' : `\n  ${hint}`}`;
  return typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}
