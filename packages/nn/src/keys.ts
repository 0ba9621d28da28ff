import { random, type Tensor } from '@tikhonov/core';

/** Where the initial values are drawn from. */
export interface KeySource {
  /** A seed for initial values. */
  readonly seed?: number;
  /** A key for initial values, instead of a seed. */
  readonly key?: Tensor;
}

/** The key of a module's initial draws; a TypeError without one, or with two. */
export function initialKey(name: string, source: KeySource | undefined): Tensor {
  const { key, seed } = source ?? {};
  if (key !== undefined && seed !== undefined) {
    throw new TypeError(`${name}: got both key and seed.\n  Pass one of them.`);
  }
  if (key !== undefined) return key;
  if (seed === undefined) {
    throw new TypeError(
      `${name}: initial values need a seed or a key, got neither.\n` +
        '  Pass { seed: 0 }, or { key } with a key of its own for each layer (random.foldIn(key, name)).',
    );
  }
  return random.key(seed);
}

/** A RangeError unless the size is an integer >= 1. */
export function requireSize(name: string, what: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`${name}: ${what} must be an integer >= 1, got ${size}.`);
  }
}
