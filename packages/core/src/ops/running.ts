import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { detach } from '../cell.ts';
import { arange } from '../create.ts';
import { requireOptions } from '../options.ts';
import { astype } from '../primitives/astype.ts';
import { equal, less, notEqual } from '../primitives/compare.ts';
import { concat } from '../primitives/concat.ts';
import { gather } from '../primitives/gather-scatter.ts';
import { logicalAnd, logicalOr } from '../primitives/logical.ts';
import { reshape } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';
import { logaddexp } from './logaddexp.ts';
import type { Sorted } from './sort.ts';

// All in log2(n) steps, each of which combines every position with the one `reach` before it.

/** Options of the running extremes and sums. */
export interface RunningOptions {
  /** @defaultValue 0 */
  readonly axis?: number;
}

function axisOf(name: string, x: Tensor, options: RunningOptions): number {
  requireOptions(name, options, { axis: true });
  return normalizeAxis(name, options.axis ?? 0, x.shape);
}

/** Positions `[start, stop)` along one axis. */
const part = (x: Tensor, axis: number, start: number, stop: number): Tensor =>
  slice(
    x,
    x.shape.map((_, k) => (k === axis ? { start, stop } : null)),
  );

function extremes(
  name: string,
  x: TensorLike,
  options: RunningOptions,
  beats: (later: Tensor, earlier: Tensor) => Tensor,
): Sorted {
  const source = asTensor(x, name);
  requireNumeric(name, source.dtype);
  const axis = axisOf(name, source, options);
  const n = source.shape[axis]!;
  const along = source.shape.map((_, k) => (k === axis ? n : 1));
  let indices = broadcastTo(reshape(arange(n), along), source.shape);
  let values = detach(source);
  for (let reach = 1; reach < n; reach *= 2) {
    const [later, earlier] = [part(values, axis, reach, n), part(values, axis, 0, n - reach)];
    const spoilt = logicalAnd(notEqual(later, later), equal(earlier, earlier));
    const wins = logicalOr(beats(later, earlier), spoilt);
    const joined = (all: Tensor): Tensor =>
      concat(
        [
          part(all, axis, 0, reach),
          where(wins, part(all, axis, reach, n), part(all, axis, 0, n - reach)),
        ],
        { axis },
      );
    [values, indices] = [joined(values), joined(indices)];
  }
  return { values: gather(source, indices, { axis }), indices };
}

/**
 * Largest value so far along one axis, and where it was, as int32: the first among equals. From a NaN on,
 * all are NaN. Gradients flow to the elements at the positions. `[...s] -> 2 x [...s]`.
 *
 * @param options  `axis` @defaultValue 0
 * @throws DTypeError for bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * const { values, indices } = cummax(tensor([1, 3, 2, 3, 5]));
 * values.toArray(); // => [1, 3, 3, 3, 5]
 * indices.toArray(); // => [0, 1, 1, 1, 4]
 * ```
 */
export const cummax = (x: TensorLike, options: RunningOptions = {}): Sorted =>
  extremes('cummax', x, options, (later, earlier) => less(earlier, later));

/**
 * Smallest value so far along one axis, and where it was, as `cummax`. `[...s] -> 2 x [...s]`.
 *
 * @param options  `axis` @defaultValue 0
 * @throws DTypeError for bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * cummin(tensor([2, 3, 1])).values.toArray(); // => [2, 2, 1]
 * ```
 */
export const cummin = (x: TensorLike, options: RunningOptions = {}): Sorted =>
  extremes('cummin', x, options, (later, earlier) => less(later, earlier));

/**
 * Running `log(sum(e^x))` along one axis, without overflow; in float64, rounded once. `[...s] -> [...s]`.
 *
 * @param options  `axis` @defaultValue 0
 * @throws DTypeError for integers and bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * logcumsumexp(tensor([1000, 1000])).toArray(); // => [1000, 1000 + Math.LN2]
 * ```
 */
export function logcumsumexp(x: TensorLike, options: RunningOptions = {}): Tensor {
  const source = floatingTensor('logcumsumexp', x);
  const axis = axisOf('logcumsumexp', source, options);
  const n = source.shape[axis]!;
  let sums = astype(source, 'float64');
  for (let reach = 1; reach < n; reach *= 2) {
    const longer = logaddexp(part(sums, axis, reach, n), part(sums, axis, 0, n - reach));
    sums = concat([part(sums, axis, 0, reach), longer], { axis });
  }
  return astype(sums, source.dtype);
}
