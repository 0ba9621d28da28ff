import { random, select, stack, sub, type Tensor, type TensorLike } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { drawnOr, imageSizes, requireSize } from './given.ts';
import { windowsOf } from './window.ts';

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** Zeros put around every image first, an integer >= 0. @defaultValue 0 */
  readonly padding?: number;
  /** `[height, width]` of the crop. @defaultValue that of the images */
  readonly size?: readonly [number, number];
  /** What to draw with. */
  readonly key?: Tensor;
  /** The first row and column of each crop within the padded image, int32 `[n, 2]`, in place of a key. */
  readonly offsets?: Tensor;
}

const known: OptionNames<RandomCropOptions> = {
  padding: true,
  size: true,
  key: true,
  offsets: true,
};

/**
 * A random part of every image, padded with zeros before: uniform among all that lie within. For training
 * only; a padding of 4 is usual for images of 32 x 32.
 *
 * @param x  `[n, channels, height, width]`, of any dtype but bool
 * @returns `[n, channels, ...size]`
 * @throws ShapeError unless `x` is a batch of images; RangeError for a bad padding, or a size beyond the
 *   padded image; TypeError for both or neither of `key` and `offsets`
 * @see He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition" (2016), section 4.2
 * @example
 * ```ts
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const offsets = tensor([[0, 1]], { dtype: 'int32' });
 * data.randomCrop(x, { size: [2, 1], offsets }).toArray(); // => [[[[2], [4]]]]
 * data.randomCrop(x, { padding: 4, key: random.key(0) }).shape; // => [1, 1, 2, 2]
 * ```
 */
export function randomCrop(x: TensorLike, options: RandomCropOptions): Tensor {
  const name = 'randomCrop';
  requireOptions(name, options, known);
  const images = asTensor(x, name);
  const { n, ...sizes } = imageSizes(name, images);
  const { padding = 0, size = [sizes.height, sizes.width] } = options;
  requireSize(name, 'padding', padding, 0);
  const [height, width] = size;
  requireSize(name, 'size[0]', height, 1);
  requireSize(name, 'size[1]', width, 1);
  const [down, right] = [sizes.height + 2 * padding - height, sizes.width + 2 * padding - width];
  if (down < 0 || right < 0) {
    const padded = [sizes.height + 2 * padding, sizes.width + 2 * padding];
    throw new RangeError(
      `${name}: size ${showShape(size)} does not fit into the padded image ${showShape(padded)}.\n  Take a smaller crop, or more padding.`,
    );
  }
  const given = { key: options.key, given: options.offsets };
  const offsets = drawnOr(name, 'offsets', given, { shape: [n, 2], dtype: 'int32' }, (key) =>
    stack(
      [
        random.randint(random.foldIn(key, 'rows'), [n], 0, down + 1),
        random.randint(random.foldIn(key, 'columns'), [n], 0, right + 1),
      ],
      { axis: 1 },
    ),
  );
  const start = (axis: 0 | 1): Tensor => sub(select(offsets, axis, { axis: 1 }), padding);
  return windowsOf(name, images, { top: start(0), left: start(1), height, width });
}
