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

/** `[2, 3]` for messages. */
export const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
