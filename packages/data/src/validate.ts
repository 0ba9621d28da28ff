import { random, Tensor } from '@tikhonov/core';

/** Throws unless `value` is an integer in `[1, most]`. */
export function requireCount(
  where: string,
  name: string,
  value: number,
  most: number = Infinity,
): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  const range = most === Infinity ? 'an integer >= 1' : `an integer in [1, ${most}]`;
  const hint = value > most ? `\n  There are only ${most} rows.` : '';
  throw new RangeError(`${where}: ${name} must be ${range}, got ${value}.${hint}`);
}

/** A TypeError unless the value is a tensor. */
export function requireTensor(where: string, name: string, value: unknown): void {
  if (value instanceof Tensor) return;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  throw new TypeError(
    `${where}: ${name} must be a Tensor, got ${kind}.\n  Make one with tensor(...), or fromNdarray(...) of an ndarray.`,
  );
}

/** Where the randomness of a function comes from. */
export interface Seeded {
  /** Integer in [0, 2^53). @defaultValue 0 */
  readonly seed?: number;
  /** A key from `random.key`, instead of a seed. */
  readonly key?: Tensor;
}

/** The key itself, or one of the seed and the purpose: equal seeds do not tie two purposes. */
export function keyOf(where: string, options: Seeded, purpose: string): Tensor {
  if (options.key === undefined) return random.foldIn(random.key(options.seed ?? 0), purpose);
  if (options.seed !== undefined) {
    throw new TypeError(`${where}: got both a seed and a key.\n  Give one of them.`);
  }
  return options.key;
}
