import { type Tensor, tensor } from '@tikhonov/core';
import { requireSize } from './given.ts';

/** Options of `cutoutProbability`. */
export interface CutoutProbabilityOptions {
  /** @defaultValue 16, as of `cutout` */
  readonly size?: number;
  /** @defaultValue 1, as of `cutout` */
  readonly holes?: number;
}

/**
 * The probability that `cutout` hides a pixel, for each pixel of an image: the share of the centres whose square
 * reaches it, `q`, and `1 - (1 - q)^holes` with several squares. Fewer squares reach the border, so that on average
 * less than `size^2 / (height width)` is hidden.
 *
 * @param height  of an image, an integer >= 1
 * @param width  of an image, an integer >= 1
 * @returns float64 `[height, width]`
 * @throws RangeError for sizes that are no such integers
 * @example
 * ```ts
 * data.cutoutProbability(1, 4, { size: 3 }).toArray(); // => [[0.5, 0.75, 0.75, 0.5]]
 * ```
 */
export function cutoutProbability(
  height: number,
  width: number,
  { size = 16, holes = 1 }: CutoutProbabilityOptions = {},
): Tensor {
  const name = 'cutoutProbability';
  requireSize(name, 'height', height, 1);
  requireSize(name, 'width', width, 1);
  requireSize(name, 'size', size, 0);
  requireSize(name, 'holes', holes, 1);
  const [rows, columns] = [reach(height, size), reach(width, size)];
  const hidden = (share: number): number => -Math.expm1(holes * Math.log1p(-share));
  return tensor(
    rows.map((a) => columns.map((b) => hidden((a * b) / (height * width)))),
    { dtype: 'float64' },
  );
}

/** For each place, how many centres `c` there are with `c - floor(size / 2) <= place < c - floor(size / 2) + size`. */
function reach(length: number, size: number): number[] {
  const before = Math.floor(size / 2);
  return Array.from({ length }, (_, place) =>
    Math.max(0, Math.min(length - 1, place + before) - Math.max(0, place + before - size + 1) + 1),
  );
}
