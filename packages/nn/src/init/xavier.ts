import { type DType, type Shape, type Tensor, zeros } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { fans } from '../initializers.ts';

/** Options of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Factor for what the nonlinearity loses; see `calculateGain`. @defaultValue 1 */
  readonly gain?: number;
}

const known: OptionNames<XavierOptions> = { dtype: true, gain: true };

function checkGain(name: string, gain: number): void {
  if (!(gain >= 0 && Number.isFinite(gain))) {
    throw new RangeError(`${name}: gain must be finite and >= 0, got ${gain}.`);
  }
}

/**
 * `U(-a, a)` with `a = gain * sqrt(6 / (fanIn + fanOut))`; keeps the variance of activations and
 * gradients in linear and tanh networks. `gain` 1 by default; PyTorch suggests 5/3 for tanh.
 *
 * @see Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
 * AISTATS 2010
 * @example
 * ```ts
 * nn.init.xavierUniform(random.key(0), [10, 784]).shape; // => [10, 784]
 * ```
 */
export function xavierUniform(key: Tensor, shape: Shape, options: XavierOptions = {}): Tensor {
  requireOptions('xavierUniform', options, known);
  const { gain = 1, dtype = 'float32' } = options;
  checkGain('xavierUniform', gain);
  const { fanIn, fanOut } = fans(shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  // A unit without inputs has nothing to draw for; PyTorch, too, uses 0 then.
  if (!(bound > 0 && Number.isFinite(bound))) return zeros(shape, { dtype });
  return random.uniform(key, shape, { min: -bound, max: bound, dtype });
}

/**
 * `N(0, s^2)` with `s = gain * sqrt(2 / (fanIn + fanOut))`, `gain` 1 by default.
 *
 * @see Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
 * AISTATS 2010
 * @example
 * ```ts
 * nn.init.xavierNormal(random.key(0), [10, 784], { gain: 5 / 3 }).shape; // => [10, 784]
 * ```
 */
export function xavierNormal(key: Tensor, shape: Shape, options: XavierOptions = {}): Tensor {
  requireOptions('xavierNormal', options, known);
  const { gain = 1, dtype = 'float32' } = options;
  checkGain('xavierNormal', gain);
  const { fanIn, fanOut } = fans(shape);
  const std = gain * Math.sqrt(2 / (fanIn + fanOut));
  if (!(std > 0 && Number.isFinite(std))) return zeros(shape, { dtype });
  return random.normal(key, shape, { std, dtype });
}
