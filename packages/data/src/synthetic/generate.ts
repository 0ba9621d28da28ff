import { type DType, DTypeError, isFloating, random, type Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, showValue } from '@tikhonov/core/engine';
import { Dataset } from '../dataset.ts';
import { keyOf, requireCount, type Seeded } from '../validate.ts';

/** What every synthetic set takes. */
export interface SyntheticOptions extends Seeded {
  /** Number of rows. @defaultValue 100, as scikit-learn */
  readonly n?: number;
  /** Whether the rows come in a random order, or one class after the other. @defaultValue true */
  readonly shuffle?: boolean;
  /** `float32` or `float64`. @defaultValue 'float32' */
  readonly dtype?: DType;
}

/** What those sets take whose points lie on a curve or in a region. */
export interface NoisyOptions extends SyntheticOptions {
  /** Standard deviation of the normal noise that is added, >= 0. @defaultValue 0 */
  readonly noise?: number;
}

/** The options of `NoisyOptions`. */
export const noisyNames: OptionNames<NoisyOptions> = {
  n: true,
  noise: true,
  shuffle: true,
  dtype: true,
  seed: true,
  key: true,
};

/** The checked options, and where the draws come from. */
export interface Plan {
  readonly name: string;
  readonly n: number;
  readonly noise: number;
  readonly dtype: DType;
  /** Normal draws in float64, for one purpose. */
  normal(purpose: string, count: number): ArrayLike<number>;
  /** Draws in [0, 1) in float64, for one purpose. */
  uniform(purpose: string, count: number): ArrayLike<number>;
  /** The finished rows in their order. */
  finish(x: Float64Array, y: Float64Array | Int32Array, classes?: number): Dataset;
}

/** Checks what the sets have in common. `least` is the smallest number of rows. */
export function planOf(name: string, options: NoisyOptions, least: number): Plan {
  const { n = 100, noise = 0, shuffle = true, dtype = 'float32' } = options;
  requireCount(name, 'n', n);
  if (n < least) {
    throw new RangeError(`${name}: n must be at least ${least}, one row per group, got ${n}.`);
  }
  requireSpread(name, 'noise', noise);
  if (typeof shuffle !== 'boolean') {
    throw new TypeError(`${name}: shuffle must be true or false, got ${showValue(shuffle)}.`);
  }
  if (!isFloating(dtype)) {
    throw new DTypeError(`${name}: dtype must be float32 or float64, got ${showValue(dtype)}.`);
  }
  const key = keyOf(name, options, name);
  const draws = (
    draw: typeof random.normal | typeof random.uniform,
    purpose: string,
    count: number,
  ): ArrayLike<number> => draw(random.foldIn(key, purpose), [count], { dtype: 'float64' }).data();
  return {
    name,
    n,
    noise,
    dtype,
    normal: (purpose, count) => draws(random.normal, purpose, count),
    uniform: (purpose, count) => draws(random.uniform, purpose, count),
    finish(x, y, classes) {
      const rows = [n, x.length / n];
      const dataset = new Dataset({
        x: tensor(x, { shape: rows, dtype }),
        y: y instanceof Int32Array ? tensor(y) : tensor(y, { shape: [n, 1], dtype }),
        classes,
        name,
      });
      return shuffle ? dataset.take(orderOf(key, n)) : dataset;
    },
  };
}

const orderOf = (key: Tensor, n: number): Tensor =>
  random.permutation(random.foldIn(key, 'order'), n);

/** Points of the plane with their classes, `point(label, i, size)` being the i-th of its class. */
export function labelled(
  plan: Plan,
  sizes: readonly number[],
  point: (label: number, i: number, size: number) => readonly number[],
): Dataset {
  const rows = sizes.flatMap((size, label) =>
    Array.from({ length: size }, (_, i) => point(label, i, size)),
  );
  const labels = sizes.flatMap((size, label) => Array<number>(size).fill(label));
  const x = Float64Array.from(rows.flat());
  addNoise(plan, x);
  return plan.finish(x, Int32Array.from(labels), sizes.length);
}

/** Adds the plan's noise in place; without noise nothing is drawn. */
export function addNoise(plan: Plan, values: Float64Array): void {
  if (plan.noise === 0) return;
  const z = plan.normal('noise', values.length);
  for (let i = 0; i < values.length; i++) values[i]! += plan.noise * z[i]!;
}

/** `n` rows in `groups` groups whose sizes differ by at most 1; the first ones are larger. */
export const evenSizes = (n: number, groups: number): number[] =>
  Array.from({ length: groups }, (_, k) => Math.floor(n / groups) + (k < n % groups ? 1 : 0));

/** A RangeError unless the value is finite and >= 0. */
export function requireSpread(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new RangeError(
    `${where}: ${name} must be a finite number >= 0, got ${showValue(value)}.\n  It is a standard deviation.`,
  );
}

/** A RangeError unless the value is finite. */
export function requireFiniteNumber(where: string, name: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new RangeError(`${where}: ${name} must be a finite number, got ${showValue(value)}.`);
}
