/** Shapes that do not fit together. The message names the operation and the shapes seen. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Element types that do not fit the operation. Casts are explicit: see `astype`. */
export class DTypeError extends Error {
  override readonly name = 'DTypeError';
}

/** Something a trace cannot do, such as reading a tensor's values. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/** A derivative asked through an operation that has none. */
export class NoDerivativeError extends Error {
  override readonly name = 'NoDerivativeError';
}

/** `[2, 3]` for messages. */
export const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Anything that was passed for an option, for messages: text in quotes, lists as `[1, [2, null]]`. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** The kind of what was passed instead of something, for messages. */
export const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : hasAval(value)
        ? 'a tensor or cell'
        : typeof value;

/** Whether the value has a shape and a dtype, as tensors and cells have (nothing here imports them). */
export const hasAval = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'shape' in value && 'dtype' in value;

/** Throws unless `f` is a function. */
export function requireFunction(name: string, f: unknown): void {
  if (typeof f !== 'function') throw new TypeError(`${name}: needs a function, got ${kindOf(f)}.`);
}
