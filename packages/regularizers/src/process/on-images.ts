import { reshape, type Tensor } from '@tikhonov/core';
import type { PlanScope } from '../method.ts';

/**
 * `[channels, height, width]` of the task's rows.
 *
 * @throws TypeError if they are no images
 */
export function imageShapeOf(id: string, { task }: PlanScope): readonly [number, number, number] {
  if (task.imageShape !== null) return task.imageShape;
  throw new TypeError(
    `${id}: the rows of this data are no images.\n  Choose a data set of images, or leave the method out.`,
  );
}

/** A change of images as one of rows of pixels, which is how plans hold them. */
export function onImages(
  id: string,
  scope: PlanScope,
): (rows: Tensor, change: (images: Tensor) => Tensor) => Tensor {
  const shape = imageShapeOf(id, scope);
  return (rows, change) => reshape(change(reshape(rows, [rows.shape[0]!, ...shape])), rows.shape);
}
