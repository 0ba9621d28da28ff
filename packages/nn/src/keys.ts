import { Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import type * as random from '@tikhonov/core/random';
import { key as keyOf } from '@tikhonov/core/random';

/**
 * Where initial values are drawn from. Equal seeds (or keys) give equal weights, bit for bit: two layers
 * `new Linear(3, 3, { seed: 0 })` are twins. For layers that differ pass different seeds, keys derived
 * with `random.foldIn(key, name)`, or one `random.Generator`, which gives each layer the next key.
 */
export interface KeySource {
  /** A seed for initial values. */
  readonly seed?: number;
  /** A key for initial values, instead of a seed; of a generator, its next one. */
  readonly key?: Tensor | random.Generator;
}

/** The key of a module's initial draws; a TypeError without one, or with two. */
export function initialKey(name: string, { key, seed }: KeySource): Tensor {
  if (key !== undefined && seed !== undefined) {
    throw new TypeError(`${name}: got both key and seed.\n  Pass one of them.`);
  }
  if (key instanceof Tensor) return key;
  if (typeof key?.next === 'function') return key.next();
  if (key !== undefined) {
    throw new TypeError(
      `${name}: key must be a random key or Generator, got ${kindOf(key)}.\n  For a number pass { seed }.`,
    );
  }
  if (seed === undefined) {
    throw new TypeError(
      `${name}: initial values need a seed or a key, got neither.\n` +
        '  Pass { seed: 0 }, or { key } with a key of its own for each layer (random.foldIn(key, name)).',
    );
  }
  return keyOf(seed);
}

/** A RangeError unless the size is an integer >= 1. */
export function requireSize(name: string, what: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`${name}: ${what} must be an integer >= 1, got ${size}.`);
  }
}
