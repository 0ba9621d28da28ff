import {
  add,
  any,
  random,
  reshape,
  select,
  stack,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { insideBox } from './box.ts';
import { drawnOr, imageSizes, requireSize } from './given.ts';

/** Options of `cutout`. */
export interface CutoutOptions {
  /** Side of the square in pixels, an integer >= 0. @defaultValue 16 (the paper, for 32 x 32 pixels of CIFAR-10) */
  readonly size?: number;
  /** Squares per image, an integer >= 1; they may overlap. @defaultValue 1 */
  readonly holes?: number;
  /** What to draw with. */
  readonly key?: Tensor;
  /** Rows and columns of the centres, int32 `[n, holes, 2]`, in place of a key. */
  readonly centres?: Tensor;
}

const known: OptionNames<CutoutOptions> = { size: true, holes: true, key: true, centres: true };

/**
 * Sets a square of every image to 0, in all channels; nothing is rescaled. The centre is a pixel drawn
 * uniformly, so that squares near the border lose a part: rows `[y - floor(size / 2), + size)`, cut off at
 * the border. For training only.
 *
 * The authors' code takes `y +- floor(size / 2)`, which is one pixel less for odd sizes.
 *
 * @param x  `[n, channels, height, width]`
 * @returns of the same shape
 * @throws ShapeError unless `x` is a batch of images; RangeError for a bad size or number of holes; TypeError
 *   for both or neither of `key` and `centres`
 * @see DeVries & Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout" (2017)
 * @example
 * ```ts
 * const centres = tensor([[[0, 1]]], { dtype: 'int32' });
 * data.cutout(ones([1, 1, 2, 3]), { size: 2, centres }).toArray(); // => [[[[0, 0, 1], [1, 1, 1]]]]
 * ```
 */
export function cutout(x: TensorLike, options: CutoutOptions): Tensor {
  const name = 'cutout';
  requireOptions(name, options, known);
  const { size = 16, holes = 1 } = options;
  requireSize(name, 'size', size, 0);
  requireSize(name, 'holes', holes, 1);
  const images = asTensor(x, name);
  const { n, height, width } = imageSizes(name, images);
  const given = { key: options.key, given: options.centres };
  const fits = { shape: [n, holes, 2], dtype: 'int32' } as const;
  const centres = drawnOr(name, 'centres', given, fits, (key) =>
    stack(
      [
        random.randint(random.foldIn(key, 'rows'), [n, holes], 0, height),
        random.randint(random.foldIn(key, 'columns'), [n, holes], 0, width),
      ],
      { axis: 2 },
    ),
  );
  const start = (axis: 0 | 1): Tensor =>
    sub(select(centres, axis, { axis: 2 }), Math.floor(size / 2));
  const [top, left] = [start(0), start(1)];
  const box = { top, left, bottom: add(top, size), right: add(left, size) };
  const hidden = any(insideBox(box, [height, width]), { axis: 1 });
  return where(reshape(hidden, [n, 1, height, width]), 0, images);
}
