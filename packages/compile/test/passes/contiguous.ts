import type { View } from '@tikhonov/core/engine';

/** The elements in row-major order. */
export function contiguous({ shape, stride, offset, data }: View): readonly number[] {
  let places = [offset];
  for (const [k, n] of shape.entries()) {
    places = places.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * stride[k]!));
  }
  return places.map((at) => data[at]!);
}
