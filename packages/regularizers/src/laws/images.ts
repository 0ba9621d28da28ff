import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

/** Up to three small images of up to two channels, `[n, channels, height, width]`. */
export const imagesOf = (draw: CaseDraw): Tensor =>
  draw.tensor([draw.integer(1, 3), draw.integer(1, 2), draw.integer(1, 5), draw.integer(1, 5)]);

/** One pixel's image, channel, row and column. */
export type Place = readonly [image: number, channel: number, row: number, column: number];

/** What every pixel of images of a size is, one after the other. */
export function everyPixel(
  shape: readonly number[],
  pixel: (...place: Place) => number,
): Float64Array {
  const [n, channels, height, width] = shape as [number, number, number, number];
  const out = new Float64Array(n * channels * height * width);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) out[at++] = pixel(i, c, y, x);
  return out;
}

/** Reads single pixels; 0 outside. */
export function reader(images: Tensor): (...place: Place) => number {
  const [, channels, height, width] = images.shape as [number, number, number, number];
  const data = images.data();
  return (i, c, y, x) =>
    y < 0 || y >= height || x < 0 || x >= width
      ? 0
      : data[((i * channels + c) * height + y) * width + x]!;
}
