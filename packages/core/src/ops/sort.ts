import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { argsort, type SortOptions } from '../primitives/argsort.ts';
import { gather } from '../primitives/gather-scatter.ts';
import { slice } from '../primitives/slice-pad.ts';
import type { Tensor } from '../tensor.ts';

/** Sorted elements with where they came from. */
export interface Sorted {
  readonly values: Tensor;
  /** int32, along the sorted axis. */
  readonly indices: Tensor;
}

/**
 * The elements in order along one axis, with their positions. Stable, also when descending; NaN counts
 * as the largest. Gradients flow through the values. `[...s] -> 2 x [...s]`.
 *
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * const { values, indices } = sort(tensor([3, 1, 2]), { descending: true });
 * values.toArray(); // => [3, 2, 1]
 * indices.toArray(); // => [0, 2, 1]
 * ```
 */
export function sort(x: TensorLike, options: SortOptions = {}): Sorted {
  requireOptions('sort', options, { axis: true, descending: 'boolean' });
  const source = asTensor(x, 'sort');
  const axis = normalizeAxis('sort', options.axis ?? -1, source.shape);
  const indices = argsort(source, { ...options, axis });
  return { values: gather(source, indices, { axis }), indices };
}

/**
 * The `k` largest (or smallest) elements along one axis, in order, with their positions; of equals the
 * first come first. NaN counts as the largest. Gradients flow through the values.
 *
 * @param k  in `[0, size of the axis]`
 * @param options  `axis` @defaultValue -1; `largest` @defaultValue true
 * @throws RangeError for a `k` out of range; ShapeError for an axis out of range
 * @example
 * ```ts
 * topk(tensor([3, 1, 2]), 2).values.toArray(); // => [3, 2]
 * topk(tensor([3, 1, 2]), 2, { largest: false }).indices.toArray(); // => [1, 2]
 * ```
 */
export function topk(
  x: TensorLike,
  k: number,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): Sorted {
  requireOptions('topk', options, { axis: true, largest: 'boolean' });
  const source = asTensor(x, 'topk');
  const axis = normalizeAxis('topk', options.axis ?? -1, source.shape);
  if (!Number.isInteger(k) || k < 0 || k > source.shape[axis]!) {
    throw new RangeError(
      `topk: k must be an integer in [0, ${source.shape[axis]}], the size of axis ${axis} of ${showShape(source.shape)}; got ${k}.`,
    );
  }
  const order = argsort(source, { axis, descending: options.largest !== false });
  const indices = slice(
    order,
    order.shape.map((_, i) => (i === axis ? { stop: k } : null)),
  );
  return { values: gather(source, indices, { axis }), indices };
}
