import { flip, random, reshape, type Tensor, type TensorLike, where } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { type AugmentStrength, drawnOr, imageSizes, strengthOf } from './given.ts';

/** Options of `randomFlip`. */
export interface RandomFlipOptions {
  /** Probability that an image is flipped. @defaultValue 0.5 */
  readonly p?: AugmentStrength;
  /** `'horizontal'` swaps left and right, `'vertical'` top and bottom. @defaultValue 'horizontal' */
  readonly direction?: 'horizontal' | 'vertical';
  /** What to draw with. */
  readonly key?: Tensor;
  /** Which images are flipped, bool `[n]`, in place of a key. */
  readonly flips?: Tensor;
}

const known: OptionNames<RandomFlipOptions> = {
  p: true,
  direction: true,
  key: true,
  flips: true,
};

/**
 * Mirrors images at random, each on its own. For training only, and only where a mirror image is of the same
 * class: not for digits.
 *
 * @param x  `[n, channels, height, width]`, of any dtype
 * @returns of the same shape
 * @throws ShapeError unless `x` is a batch of images; RangeError for a probability outside [0, 1]; TypeError
 *   for another direction, or for both or neither of `key` and `flips`
 * @example
 * ```ts
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const flips = tensor([true]);
 * data.randomFlip(x, { flips }).toArray(); // => [[[[2, 1], [4, 3]]]]
 * data.randomFlip(x, { direction: 'vertical', flips }).toArray(); // => [[[[3, 4], [1, 2]]]]
 * ```
 */
export function randomFlip(x: TensorLike, options: RandomFlipOptions): Tensor {
  const name = 'randomFlip';
  requireOptions(name, options, known);
  const images = asTensor(x, name);
  const { n } = imageSizes(name, images);
  const { direction = 'horizontal' } = options;
  if (direction !== 'horizontal' && direction !== 'vertical') {
    throw new TypeError(
      `${name}: direction must be 'horizontal' or 'vertical', got ${showValue(direction)}.`,
    );
  }
  const p = strengthOf(name, 'p', options.p ?? 0.5, 'float64', { max: 1 });
  const given = { key: options.key, given: options.flips };
  const flips = drawnOr(name, 'flips', given, { shape: [n], dtype: 'bool' }, (key) =>
    random.bernoulli(key, [n], p),
  );
  const mirrored = flip(images, direction === 'horizontal' ? -1 : -2);
  return where(reshape(flips, [n, 1, 1, 1]), mirrored, images);
}
