import { neg, random, select, type Tensor, type TensorLike } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { drawnOr, imageSizes, requireSize } from './given.ts';
import { windowsOf } from './window.ts';

/** Options of `randomShift`. */
export interface RandomShiftOptions {
  /** Most pixels up, down, left and right, an integer >= 0. */
  readonly pixels: number;
  /** What to draw with. */
  readonly key?: Tensor;
  /** How far each image moves down and right, int32 `[n, 2]`, in place of a key. */
  readonly shifts?: Tensor;
}

const known: OptionNames<RandomShiftOptions> = { pixels: true, key: true, shifts: true };

/**
 * Moves every image by a whole number of pixels, uniform in `-pixels .. pixels` in each direction. What comes
 * in from outside is 0, what goes out is lost. For training only. It is `randomCrop` with that padding.
 *
 * @param x  `[n, channels, height, width]`, of any dtype but bool
 * @returns of the same shape
 * @throws ShapeError unless `x` is a batch of images; RangeError for a bad number of pixels; TypeError for
 *   both or neither of `key` and `shifts`
 * @example
 * ```ts
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const shifts = tensor([[1, 0]], { dtype: 'int32' });
 * data.randomShift(x, { pixels: 1, shifts }).toArray(); // => [[[[0, 0], [1, 2]]]]
 * ```
 */
export function randomShift(x: TensorLike, options: RandomShiftOptions): Tensor {
  const name = 'randomShift';
  requireOptions(name, options, known);
  const { pixels } = options;
  requireSize(name, 'pixels', pixels, 0);
  const images = asTensor(x, name);
  const { n, height, width } = imageSizes(name, images);
  const given = { key: options.key, given: options.shifts };
  const shifts = drawnOr(name, 'shifts', given, { shape: [n, 2], dtype: 'int32' }, (key) =>
    random.randint(key, [n, 2], -pixels, pixels + 1),
  );
  const start = (axis: 0 | 1): Tensor => neg(select(shifts, axis, { axis: 1 }));
  return windowsOf(name, images, { top: start(0), left: start(1), height, width });
}
