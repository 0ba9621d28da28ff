import {
  add,
  arange,
  broadcastTo,
  expandDims,
  gather,
  greaterEqual,
  less,
  logicalAnd,
  mul,
  reshape,
  type Tensor,
  where,
} from '@tikhonov/core';
import { imageSizes } from './given.ts';

/** Where a window of every image begins, int32 `[n]`, and how large it is. */
export interface WindowPlaces {
  readonly top: Tensor;
  readonly left: Tensor;
  readonly height: number;
  readonly width: number;
}

/**
 * A window of each image, which may reach over the border: there it is 0. Gradients flow back to where the
 * pixels came from. `[n, c, h, w] -> [n, c, height, width]`.
 */
export function windowsOf(name: string, images: Tensor, places: WindowPlaces): Tensor {
  const { n, channels, height, width } = imageSizes(name, images);
  const rows = indices(places.top, places.height, height);
  const columns = indices(places.left, places.width, width);
  const shape = [n, 1, places.height * places.width];
  const [down, right] = [expandDims(rows.index, -1), expandDims(columns.index, -2)];
  const index = reshape(add(mul(down, width), right), shape);
  const inside = logicalAnd(expandDims(rows.inside, -1), expandDims(columns.inside, -2));
  // The pixels of an image in one row, so that one gather takes them all.
  const pixels = reshape(images, [n, channels, height * width]);
  const all = [n, channels, places.height * places.width];
  const picked = gather(pixels, broadcastTo(index, all), { axis: -1 });
  const kept = where(reshape(inside, shape), picked, 0);
  return reshape(kept, [n, channels, places.height, places.width]);
}

/** Indices `[n, count]` from `start [n]` on, 0 where they lie outside `[0, size)`. */
function indices(
  start: Tensor,
  count: number,
  size: number,
): { readonly index: Tensor; readonly inside: Tensor } {
  const place = add(expandDims(start, -1), arange(count, { dtype: 'int32' }));
  const inside = logicalAnd(greaterEqual(place, 0), less(place, size));
  return { index: where(inside, place, 0), inside };
}
