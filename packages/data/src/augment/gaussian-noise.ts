import { add, greater, mul, random, type Tensor, type TensorLike, where } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type AugmentStrength, drawnOr, requireFloating, strengthOf } from './given.ts';

/** Options of `gaussianNoise`. */
export interface GaussianNoiseOptions {
  /** Standard deviation, finite and >= 0, in the units of `x`. */
  readonly sigma: AugmentStrength;
  /** What to draw with. */
  readonly key?: Tensor;
  /** Standard normal draws of the shape and dtype of `x`, in place of a key. */
  readonly noise?: Tensor;
}

const known: OptionNames<GaussianNoiseOptions> = { sigma: true, key: true, noise: true };

/**
 * Gaussian noise, `x + sigma eps` with `eps ~ N(0, 1)` for every element. For training only. Of a linear
 * model under the squared error it is L2 regularization on average: `E (y - w (x + sigma eps))^2 =
 * (y - w x)^2 + sigma^2 ||w||^2`; of any smooth loss it adds `sigma^2 / 2` times the trace of the Hessian
 * with respect to the input, up to terms in `sigma^4`.
 *
 * @param x  floating `[...s]`
 * @returns `[...s]`; `x` itself, if `sigma` is 0
 * @throws RangeError if `sigma` is negative or not finite; TypeError for both or neither of `key` and `noise`;
 *   ShapeError or DTypeError for noise that does not fit
 * @see Bishop, "Training with Noise is Equivalent to Tikhonov Regularization" (1995)
 * @example
 * ```ts
 * const noise = tensor([1, -2]);
 * data.gaussianNoise(tensor([0, 1]), { sigma: 0.5, noise }).toArray(); // => [0.5, 0]
 * data.gaussianNoise(ones([3]), { sigma: 0.1, key: random.key(0) }).shape; // => [3]
 * ```
 */
export function gaussianNoise(x: TensorLike, options: GaussianNoiseOptions): Tensor {
  const name = 'gaussianNoise';
  requireOptions(name, options, known);
  const clean = asTensor(x, name);
  requireFloating(name, 'x', clean);
  const { shape, dtype } = clean;
  const sigma = strengthOf(name, 'sigma', options.sigma, dtype);
  const given = { key: options.key, given: options.noise };
  const noise = drawnOr(name, 'noise', given, { shape, dtype }, (key) =>
    random.normal(key, shape, { dtype }),
  );
  if (sigma === 0) return clean;
  const noisy = add(clean, mul(noise, sigma));
  return typeof sigma === 'number' ? noisy : where(greater(sigma, 0), noisy, clean);
}
