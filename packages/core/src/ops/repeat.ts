import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, axisList, normalizeAxis } from '../axes.ts';
import { tensor } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { concat } from '../primitives/concat.ts';
import { indexSelect } from '../primitives/gather-scatter.ts';
import { flatten, reshape } from '../primitives/reshape.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { split } from './split.ts';

/**
 * The whole tensor repeated `reps[k]` times along axis `k`, as NumPy's `tile`: the shorter of shape and
 * `reps` is extended by 1s in front.
 *
 * @throws RangeError for repetitions that are not integers >= 0
 * @example
 * ```ts
 * tile(tensor([1, 2]), 2).toArray(); // => [1, 2, 1, 2]
 * tile(tensor([1, 2]), [2, 1]).toArray(); // => [[1, 2], [1, 2]]
 * ```
 */
export function tile(x: TensorLike, reps: number | readonly number[]): Tensor {
  const source = asTensor(x, 'tile');
  const given = integerList('tile', 'repetitions', reps, 0);
  const rank = Math.max(source.rank, given.length);
  const extended = (list: readonly number[]): number[] => [
    ...new Array<number>(rank - list.length).fill(1),
    ...list,
  ];
  const [sizes, times] = [extended(source.shape), extended(given)];
  // [n, m] -> [1, n, 1, m] -> [a, n, b, m] -> [a n, b m]
  const open = reshape(
    source,
    sizes.flatMap((n) => [1, n]),
  );
  const repeated = broadcastTo(
    open,
    sizes.flatMap((n, k) => [times[k]!, n]),
  );
  return reshape(
    repeated,
    sizes.map((n, k) => n * times[k]!),
  );
}

/**
 * Every element repeated in place along one axis, as PyTorch's `repeat_interleave` and NumPy's `repeat`.
 *
 * @param repeats  one number for all, or one for each position of the axis
 * @param options  `axis` @defaultValue none: the tensor is flattened first
 * @throws RangeError for repetitions that are not integers >= 0; ShapeError for another number of them
 * @example
 * ```ts
 * repeatInterleave(tensor([1, 2]), 2).toArray(); // => [1, 1, 2, 2]
 * repeatInterleave(tensor([[1, 2], [3, 4]]), [0, 2], { axis: 0 }).toArray(); // => [[3, 4], [3, 4]]
 * ```
 */
export function repeatInterleave(
  x: TensorLike,
  repeats: number | readonly number[],
  options: { readonly axis?: number } = {},
): Tensor {
  requireOptions('repeatInterleave', options, { axis: true });
  const given = asTensor(x, 'repeatInterleave');
  const source = options.axis === undefined ? flatten(given) : given;
  const axis = normalizeAxis('repeatInterleave', options.axis ?? 0, source.shape);
  const n = source.shape[axis]!;
  const counts = integerList('repeatInterleave', 'repetitions', repeats, 0);
  if (typeof repeats === 'number') {
    const before = source.shape.slice(0, axis);
    const after = source.shape.slice(axis + 1);
    const open = reshape(source, [...before, n, 1, ...after]);
    const repeated = broadcastTo(open, [...before, n, repeats, ...after]);
    return reshape(repeated, [...before, n * repeats, ...after]);
  }
  if (counts.length !== n) {
    throw new ShapeError(
      `repeatInterleave: ${counts.length} repetitions for axis ${axis} of ${showShape(source.shape)}, which has ${n} positions.`,
    );
  }
  const positions = counts.flatMap((times, k) => new Array<number>(times).fill(k));
  return indexSelect(source, tensor(positions, { dtype: 'int32' }), { axis });
}

/**
 * The elements moved by `shift` positions along `axis`; what leaves one end enters at the other.
 *
 * @param shift  an integer, or one for each axis of a list
 * @param options  `axis` @defaultValue none: the tensor is rolled as if flattened
 * @throws RangeError for shifts that are not integers; ShapeError for another number of them than axes
 * @example
 * ```ts
 * roll(tensor([1, 2, 3]), 1).toArray(); // => [3, 1, 2]
 * roll(tensor([[1, 2], [3, 4]]), [1, 1], { axis: [0, 1] }).toArray(); // => [[4, 3], [2, 1]]
 * ```
 */
export function roll(
  x: TensorLike,
  shift: number | readonly number[],
  options: { readonly axis?: AxisLike } = {},
): Tensor {
  requireOptions('roll', options, { axis: true });
  const source = asTensor(x, 'roll');
  const shifts = integerList('roll', 'shifts', shift);
  if (options.axis === undefined) {
    const total = shifts.reduce((sum, by) => sum + by, 0);
    return reshape(rolled(flatten(source), total, 0), source.shape);
  }
  const axes = axisList(options.axis);
  // One shift serves all axes, as in NumPy.
  const each = typeof shift === 'number' ? axes.map(() => shift) : shifts;
  if (each.length !== axes.length) {
    throw new ShapeError(`roll: ${each.length} shifts for ${axes.length} axes. Give one for each.`);
  }
  return axes.reduce<Tensor>(
    (y, axis, k) => rolled(y, each[k]!, normalizeAxis('roll', axis, source.shape)),
    source,
  );
}

function rolled(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axis]!;
  const by = n === 0 ? 0 : ((shift % n) + n) % n;
  if (by === 0) return x;
  const [head, tail] = split(x, [n - by, by], { axis }) as [Tensor, Tensor];
  return concat([tail, head], { axis });
}
