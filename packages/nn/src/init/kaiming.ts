import { type DType, type Shape, type Tensor, zeros } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { fans } from '../initializers.ts';
import { calculateGain, type Nonlinearity } from './calculate-gain.ts';

/** Options of `kaimingUniform` and `kaimingNormal`; names and defaults are PyTorch's. */
export interface KaimingOptions {
  /** Slope of the leaky ReLU behind the layer. @defaultValue 0, a ReLU */
  readonly a?: number;
  /** `'fanIn'` keeps the variance on the way forward, `'fanOut'` backward. @defaultValue 'fanIn' */
  readonly mode?: 'fanIn' | 'fanOut';
  /** @defaultValue 'leakyRelu' */
  readonly nonlinearity?: Nonlinearity;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

const known: OptionNames<KaimingOptions> = { a: true, mode: true, nonlinearity: true, dtype: true };

/** `gain / sqrt(fan)`; 0 where there is no input to weight. */
function deviation(name: string, shape: Shape, options: KaimingOptions): number {
  requireOptions(name, options, known);
  const { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' } = options;
  if (mode !== 'fanIn' && mode !== 'fanOut') {
    throw new TypeError(`${name}: mode must be 'fanIn' or 'fanOut', got "${String(mode)}".`);
  }
  const { fanIn, fanOut } = fans(shape);
  const fan = mode === 'fanIn' ? fanIn : fanOut;
  return fan === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

/**
 * `U(-b, b)` with `b = gain sqrt(3 / fan)`.
 *
 * @param shape  `[out, in, ...kernel]`
 * @throws ShapeError for fewer than two axes; TypeError for an unknown mode or nonlinearity
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 * @example
 * ```ts
 * const w = nn.init.kaimingUniform(random.key(0), [50, 6]);
 * w.max().item() <= 1; // => true
 * ```
 */
export function kaimingUniform(key: Tensor, shape: Shape, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * deviation('kaimingUniform', shape, options);
  const { dtype = 'float32' } = options;
  if (bound === 0) return zeros(shape, { dtype });
  return random.uniform(key, shape, { min: -bound, max: bound, dtype });
}

/**
 * `N(0, s^2)` with `s = gain / sqrt(fan)`.
 *
 * @param shape  `[out, in, ...kernel]`
 * @throws ShapeError for fewer than two axes; TypeError for an unknown mode or nonlinearity
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 * @example
 * ```ts
 * nn.init.kaimingNormal(random.key(0), [8, 3, 5, 5], { mode: 'fanOut' }).shape; // => [8, 3, 5, 5]
 * ```
 */
export function kaimingNormal(key: Tensor, shape: Shape, options: KaimingOptions = {}): Tensor {
  const std = deviation('kaimingNormal', shape, options);
  return random.normal(key, shape, { std, dtype: options.dtype ?? 'float32' });
}
