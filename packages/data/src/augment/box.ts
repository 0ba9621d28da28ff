import { arange, expandDims, greaterEqual, less, logicalAnd, type Tensor } from '@tikhonov/core';

/** Rows `[top, bottom)` and columns `[left, right)` of images, int32 `[...s]` each; any may lie outside. */
export interface Box {
  readonly top: Tensor;
  readonly bottom: Tensor;
  readonly left: Tensor;
  readonly right: Tensor;
}

/** Which pixels lie in each box. `[...s]` and a size of images make `[...s, height, width]`, bool. */
export function insideBox(box: Box, [height, width]: readonly [number, number]): Tensor {
  const rows = between(box.top, box.bottom, height);
  const columns = between(box.left, box.right, width);
  return logicalAnd(expandDims(rows, -1), expandDims(columns, -2));
}

function between(from: Tensor, to: Tensor, size: number): Tensor {
  const place = arange(size, { dtype: 'int32' });
  return logicalAnd(greaterEqual(place, expandDims(from, -1)), less(place, expandDims(to, -1)));
}
