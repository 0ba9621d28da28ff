import { broadcastShapes, type Shape } from '@tikhonov/array';
import { type TensorLike, tensorList } from '../as-tensor.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { reshape } from '../primitives/reshape.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { swapaxes } from './axis-order.ts';

/**
 * All tensors repeated to their common shape by NumPy's broadcasting rule; nothing is copied.
 *
 * @throws ShapeError if there is none
 * @example
 * ```ts
 * broadcastTensors([zeros([3, 1]), zeros([2])]).map((x) => x.shape); // => [[3, 2], [3, 2]]
 * ```
 */
export function broadcastTensors(tensors: readonly TensorLike[]): Tensor[] {
  const list = tensorList('broadcastTensors', tensors);
  const shape = list.reduce<Shape | undefined>(
    (joint, x) => (joint === undefined ? joint : broadcastShapes(joint, x.shape)),
    [],
  );
  if (shape === undefined) {
    throw new ShapeError(
      `broadcastTensors: shapes ${list.map((x) => showShape(x.shape)).join(', ')} do not broadcast.`,
    );
  }
  return list.map((x) => broadcastTo(x, shape));
}

/**
 * The coordinates of a grid from those of its axes, one tensor per axis; nothing is copied.
 * `[n], [m], ... -> k x [n, m, ...]`.
 *
 * @param vectors  coordinates along each axis (scalars count as one)
 * @param options  `indexing` `'ij'` orders the axes as given (as PyTorch), `'xy'` exchanges the first two
 * (as NumPy by default) @defaultValue 'ij'
 * @throws ShapeError above rank 1; RangeError for another `indexing`
 * @example
 * ```ts
 * const [rows, columns] = meshgrid([arange(2), arange(3)]);
 * rows.toArray(); // => [[0, 0, 0], [1, 1, 1]]
 * columns.toArray(); // => [[0, 1, 2], [0, 1, 2]]
 * ```
 */
export function meshgrid(
  vectors: readonly TensorLike[],
  options: { readonly indexing?: 'ij' | 'xy' } = {},
): Tensor[] {
  requireOptions('meshgrid', options, { indexing: true });
  const { indexing = 'ij' } = options;
  if (indexing !== 'ij' && indexing !== 'xy') {
    throw new RangeError(`meshgrid: indexing must be 'ij' or 'xy', got ${String(indexing)}.`);
  }
  const list = tensorList('meshgrid', vectors);
  const wrong = list.find((x) => x.rank > 1);
  if (wrong !== undefined) {
    throw new ShapeError(`meshgrid: needs vectors, got shape ${showShape(wrong.shape)}.`);
  }
  const sizes = list.map((x) => x.size);
  const grids = list.map((x, k) =>
    broadcastTo(
      reshape(
        x,
        sizes.map((n, axis) => (axis === k ? n : 1)),
      ),
      sizes,
    ),
  );
  return indexing === 'xy' && list.length > 1 ? grids.map((x) => swapaxes(x, 0, 1)) : grids;
}
