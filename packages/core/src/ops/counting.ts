import { asTensor, type TensorLike } from '../as-tensor.ts';
import { castHint } from '../coerce.ts';
import { full, ones, scalar, zeros } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { integerList } from '../integers.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { check } from '../primitives/check.ts';
import { equal, less, lessEqual, notEqual } from '../primitives/compare.ts';
import { minimum } from '../primitives/extremum.ts';
import { gather, indexAdd } from '../primitives/gather-scatter.ts';
import { logicalAnd, logicalNot, logicalOr } from '../primitives/logical.ts';
import { floorDivide } from '../primitives/remainder.ts';
import { flatten, reshape } from '../primitives/reshape.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/**
 * How often each of `0 .. length - 1` occurs, as int32; with weights, the sum of the weights where it does,
 * in their dtype, with a gradient in them. The length is given, not found, so that it is known in advance.
 * `[...s] -> [length]`.
 *
 * @param x  int32 or uint32, in `[0, length)`
 * @param options  `weights` of the shape of `x`
 * @throws RangeError for a value out of range; DTypeError unless `x` is of integers; ShapeError for weights
 * of another shape
 * @example
 * ```ts
 * const x = tensor([0, 2, 2], { dtype: 'int32' });
 * bincount(x, 4).toArray(); // => [1, 0, 2, 0]
 * bincount(x, 4, { weights: tensor([1, 0.5, 0.25]) }).toArray(); // => [1, 0, 0.75, 0]
 * ```
 */
export function bincount(
  x: TensorLike,
  length: number,
  options: { readonly weights?: TensorLike } = {},
): Tensor {
  requireOptions('bincount', options, { weights: true });
  const source = asTensor(x, 'bincount');
  if (source.dtype !== 'int32' && source.dtype !== 'uint32') {
    throw new DTypeError(
      `bincount: needs int32 or uint32, got ${source.dtype}. Cast with astype('int32').`,
    );
  }
  integerList('bincount', 'length', [length], 0);
  const weights =
    options.weights === undefined
      ? ones(source.shape, { dtype: 'int32' })
      : asTensor(options.weights, 'bincount');
  if (showShape(weights.shape) !== showShape(source.shape)) {
    throw new ShapeError(
      `bincount: weights ${showShape(weights.shape)} must have the shape ${showShape(source.shape)}.`,
    );
  }
  check(
    logicalAnd(lessEqual(0, source), less(source, length)),
    () => new RangeError(`bincount: values must lie in [0, ${length}).`),
  );
  return indexAdd(zeros([length], { dtype: weights.dtype }), flatten(source), flatten(weights));
}

/** Options of `searchsorted`. */
export interface SearchOptions {
  /** Before the elements that are equal, or behind them. @defaultValue 'left' */
  readonly side?: 'left' | 'right';
}

/**
 * Where each value would be inserted into a sorted vector to keep it sorted, as int32, by bisection. NaN
 * counts as the largest. `[n], [...s] -> [...s]`; no gradient.
 *
 * @param sorted  ascending; not checked
 * @throws ShapeError unless `sorted` is a vector; DTypeError if the dtypes differ; RangeError for another
 * `side`
 * @example
 * ```ts
 * searchsorted(tensor([1, 2, 2, 3]), tensor([2, 5])).toArray(); // => [1, 4]
 * searchsorted(tensor([1, 2, 2, 3]), 2, { side: 'right' }).item(); // => 3
 * ```
 */
export function searchsorted(
  sorted: TensorLike,
  values: TensorLike,
  options: SearchOptions = {},
): Tensor {
  const name = 'searchsorted';
  requireOptions(name, options, { side: true });
  const { side = 'left' } = options;
  if (side !== 'left' && side !== 'right') {
    throw new RangeError(`${name}: side must be 'left' or 'right', got ${String(side)}.`);
  }
  const line = asTensor(sorted, name);
  const wanted =
    typeof values === 'number' ? scalar(values, line.dtype, name) : asTensor(values, name);
  if (line.rank !== 1) {
    throw new ShapeError(`${name}: needs a sorted vector, got shape ${showShape(line.shape)}.`);
  }
  if (line.dtype !== wanted.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${line.dtype} and ${wanted.dtype}.\n  Cast one of them, for example ${castHint(line.dtype, wanted.dtype)}.`,
    );
  }
  const n = line.size;
  const flat = flatten(wanted);
  let low = zeros(flat.shape, { dtype: 'int32' });
  let high = full(flat.shape, n, { dtype: 'int32' });
  const unordered = notEqual(flat, flat);
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    const middle = floorDivide(add(low, high), 2);
    const at = gather(line, minimum(middle, n - 1));
    const beyond =
      side === 'left'
        ? logicalOr(less(at, flat), logicalAnd(unordered, equal(at, at)))
        : logicalOr(lessEqual(at, flat), unordered);
    const open = less(low, high);
    low = where(logicalAnd(open, beyond), add(middle, 1), low);
    high = where(logicalAnd(open, logicalNot(beyond)), middle, high);
  }
  return reshape(low, wanted.shape);
}
