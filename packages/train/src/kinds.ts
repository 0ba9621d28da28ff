import { Tensor } from '@tikhonov/core';
import { showValue } from '@tikhonov/core/engine';

/** What a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Tensor) return 'a Tensor';
  if (value instanceof Promise) return 'a Promise';
  return typeof value;
}

/** What to do about a result of the wrong kind; nothing where there is nothing to add. */
export const hintFor = (value: unknown): string =>
  value instanceof Promise
    ? '\n  It must not be async: a step computes its values at once. Wait in callbacks instead.'
    : '';

/** A TypeError with a hint unless the value is a function. */
export function requireFunction(name: string, value: unknown, hint: string): void {
  if (typeof value === 'function') return;
  throw new TypeError(`${name} must be a function, got ${kindOf(value)}.\n  ${hint}`);
}

/** Unless all of them are integers from a least one on: a RangeError, or a TypeError for what is no number. */
export function requireIntegers(
  where: string,
  least: number,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && (value as number) >= least) continue;
    const text = `${where}: ${name} must be an integer >= ${least}, got ${showValue(value)}.`;
    throw typeof value === 'number' ? new RangeError(text) : new TypeError(text);
  }
}

/** A TypeError unless the value is an array. */
export function requireArray(name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new TypeError(
    `${name} must be an array, got ${kindOf(value)}.\n  Put it in brackets: [ ].`,
  );
}
