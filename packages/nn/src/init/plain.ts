import {
  type DType,
  full,
  ones as onesOf,
  type Shape,
  type Tensor,
  zeros as zerosOf,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

/** Options of the initialisers without others. */
export interface PlainInitOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

const dtypeOnly: OptionNames<PlainInitOptions> = { dtype: true };

/**
 * `U(min, max)`, by default `U(0, 1)` as PyTorch's `uniform_`.
 *
 * @throws RangeError unless `min < max`
 * @example
 * ```ts
 * nn.init.uniform(random.key(0), [3], { min: -0.1, max: 0.1 }).shape; // => [3]
 * ```
 */
export const uniform = (
  key: Tensor,
  shape: Shape,
  options: PlainInitOptions & { readonly min?: number; readonly max?: number } = {},
): Tensor => random.uniform(key, shape, options);

/**
 * `N(mean, std^2)`, by default `N(0, 1)`.
 *
 * @throws RangeError unless mean and `std >= 0` are finite
 * @example
 * ```ts
 * nn.init.normal(random.key(0), [3], { std: 0.02 }).shape; // => [3]
 * ```
 */
export const normal = (
  key: Tensor,
  shape: Shape,
  options: PlainInitOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor => random.normal(key, shape, options);

/**
 * `N(mean, std^2)` given that it lies in `[min, max]`, by default `N(0, 1)` in [-2, 2] as PyTorch's
 * `trunc_normal_`: the bounds are values, not multiples of `std`.
 *
 * @throws RangeError unless `min < max` and `std > 0`
 * @example
 * ```ts
 * const w = nn.init.truncNormal(random.key(0), [100], { std: 0.02, min: -0.04, max: 0.04 });
 * w.max().item() <= 0.04; // => true
 * ```
 */
export const truncNormal = (
  key: Tensor,
  shape: Shape,
  options: PlainInitOptions & {
    readonly mean?: number;
    readonly std?: number;
    readonly min?: number;
    readonly max?: number;
  } = {},
): Tensor => random.truncatedNormal(key, shape, options);

/**
 * Zeros.
 *
 * @example
 * ```ts
 * nn.init.zeros(random.key(0), [2]).toArray(); // => [0, 0]
 * ```
 */
export function zeros(_key: Tensor, shape: Shape, options: PlainInitOptions = {}): Tensor {
  requireOptions('init.zeros', options, dtypeOnly);
  return zerosOf(shape, options);
}

/**
 * Ones.
 *
 * @example
 * ```ts
 * nn.init.ones(random.key(0), [2]).toArray(); // => [1, 1]
 * ```
 */
export function ones(_key: Tensor, shape: Shape, options: PlainInitOptions = {}): Tensor {
  requireOptions('init.ones', options, dtypeOnly);
  return onesOf(shape, options);
}

/**
 * Every element `value`.
 *
 * @throws RangeError unless `value` is finite
 * @example
 * ```ts
 * nn.init.constant(random.key(0), [2], { value: 0.5 }).toArray(); // => [0.5, 0.5]
 * ```
 */
export function constant(
  _key: Tensor,
  shape: Shape,
  options: PlainInitOptions & { readonly value: number },
): Tensor {
  requireOptions('init.constant', options, { dtype: true, value: true });
  const { value, dtype = 'float32' } = options;
  if (!Number.isFinite(value)) {
    throw new RangeError(`init.constant: value must be finite, got ${value}.`);
  }
  return full(shape, value, { dtype });
}
