import { kindOf } from '@tikhonov/core/engine';

/** A TypeError for what is an object, such as the options that a number stands in front of. */
export function requirePlain(name: string, what: string, value: unknown): void {
  if (!(value instanceof Object)) return;
  throw new TypeError(
    `${name}: ${what} must be a number, got ${kindOf(value)}.\n  Pass the number itself, such as 1.`,
  );
}
