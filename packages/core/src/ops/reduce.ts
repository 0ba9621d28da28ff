import { sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import { detach } from '../cell.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { equal, less, notEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { exp } from '../primitives/exp.ts';
import { log } from '../primitives/log.ts';
import { max } from '../primitives/max.ts';
import { square } from '../primitives/mul.ts';
import { normP } from '../primitives/norm.ts';
import { reshape } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { dropAxes, sum } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Arithmetic mean over `axis`.
 *
 * @throws DTypeError for integers; ShapeError if there is nothing to average
 * @example
 * ```ts
 * mean(tensor([1, 2, 6])).item(); // => 3
 * ```
 */
export function mean(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x, 'mean');
  requireFloating('mean', source.dtype);
  const axes = reducedAxes('mean', options, source.shape);
  return div(sum(source, options), countOver('mean', source, axes));
}

/** Number of elements that a reduction combines; never 0. */
function countOver(name: string, x: Tensor, axes: readonly number[]): number {
  const count = sizeOf(axes.map((k) => x.shape[k]!));
  if (count === 0) {
    throw new ShapeError(
      `${name}: nothing to average in ${showShape(x.shape)} over axes [${axes.join(', ')}].`,
    );
  }
  return count;
}

/**
 * Distances from the mean over some axes. Twice, because a rounded mean leaves something: so equal
 * values give exactly 0. The second time the mean is a constant, which no derivative can tell.
 */
function centre(x: Tensor, axis: readonly number[]): Tensor {
  const options = { axis, keepdims: true };
  const once = sub(x, mean(x, options));
  return sub(once, detach(mean(once, options)));
}

const varianceNames = { axis: true, keepdims: 'boolean', correction: 'number' } as const;

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** 0 divides by the count, 1 by one less, for an unbiased variance (PyTorch's). @defaultValue 1 */
  readonly correction?: number;
}

/** The deviations from the mean, the axes that they are about, and `count - correction`. */
function deviations(
  name: string,
  x: TensorLike,
  options: VarianceOptions,
): { readonly centred: Tensor; readonly axis: readonly number[]; readonly freedom: number } {
  const source = asTensor(x, name);
  requireFloating(name, source.dtype);
  const axis = reducedAxes(name, options, source.shape, varianceNames);
  const count = countOver(name, source, axis);
  const correction = options.correction ?? 1;
  if (!(count > correction)) {
    throw new RangeError(
      `${name}: ${count} values less a correction of ${correction} leave no degree of freedom.`,
    );
  }
  return { centred: centre(source, axis), axis, freedom: count - correction };
}

/**
 * Variance over `axis`, about the mean, divided by `count - correction`.
 *
 * @throws RangeError unless `correction` is below the count; ShapeError for no values; DTypeError for
 * integers
 * @example
 * ```ts
 * variance(tensor([1, 2, 3])).item(); // => 1
 * ```
 */
export function variance(x: TensorLike, options: VarianceOptions = {}): Tensor {
  const { centred, axis, freedom } = deviations('variance', x, options);
  return div(sum(square(centred), { axis, keepdims: options.keepdims === true }), freedom);
}

/**
 * Standard deviation over `axis`, the root of `variance`. Where all values are equal it is 0, and its
 * gradient too, at every order.
 *
 * @throws RangeError unless `correction` is below the count; ShapeError for no values; DTypeError for
 * integers
 * @example
 * ```ts
 * std(tensor([1, 3])).item(); // => Math.SQRT2
 * std(tensor([1, 3]), { correction: 0 }).item(); // => 1
 * ```
 */
export function std(x: TensorLike, options: VarianceOptions = {}): Tensor {
  const { centred, axis, freedom } = deviations('std', x, options);
  // As a norm, whose derivative at 0 is 0, where that of a square root is infinite.
  const length = bind(normP, [centred], { axes: axis });
  return div(options.keepdims === true ? length : dropAxes(length, axis), Math.sqrt(freedom));
}

/**
 * `log(sum(exp(x)))` over `axis`, without overflow; -Infinity, with gradient 0, where all entries are.
 *
 * @example
 * ```ts
 * logsumexp(tensor([1000, 1000])).item(); // => 1000 + Math.LN2
 * ```
 */
export function logsumexp(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x, 'logsumexp');
  requireFloating('logsumexp', source.dtype);
  const axis = reducedAxes('logsumexp', options, source.shape);
  const shift = finiteMax(source, axis);
  const total = sum(exp(sub(source, shift)), { axis, keepdims: true });
  // The shifted sum is at least 1, or 0 where all entries are -Infinity: a constant there, since the
  // infinite slope of the logarithm would make NaN of slopes of 0.
  const none = equal(total, 0);
  const result = add(where(none, -Infinity, log(where(none, 1, total))), shift);
  return options.keepdims === true
    ? result
    : reshape(
        result,
        result.shape.filter((_, k) => !axis.includes(k)),
      );
}

/**
 * The largest value as a constant, 0 where it is infinite. Shifting by a constant is exact in every
 * derivative, because the result does not depend on the shift.
 */
export function finiteMax(x: Tensor, axis: readonly number[]): Tensor {
  const empty = axis.some((k) => x.shape[k] === 0);
  const largest = (empty ? sum : max)(detach(x), { axis, keepdims: true });
  return where(less(abs(largest), Infinity), largest, 0);
}

/**
 * Whether all elements (along `axis`) of a `bool` tensor are true.
 *
 * @throws DTypeError for other dtypes; ShapeError for an axis out of range
 * @example
 * ```ts
 * all(greater(tensor([1, 2]), 0)).item(); // => 1
 * ```
 */
export function all(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return equal(countOf('all', asTensor(x, 'all'), 0, options), 0);
}

/** How many elements of a `bool` tensor are `value`. */
function countOf(name: string, x: Tensor, value: 0 | 1, options: ReduceOptions): Tensor {
  if (x.dtype !== 'bool') {
    throw new DTypeError(
      `${name}: needs bool, got ${x.dtype}. Compare first, as in notEqual(x, 0).`,
    );
  }
  const axis = reducedAxes(name, options, x.shape);
  const hits = astype(equal(x, value), 'int32');
  return sum(hits, { axis, keepdims: options.keepdims === true });
}

/**
 * Whether any element (along `axis`) of a `bool` tensor is true.
 *
 * @throws DTypeError for other dtypes; ShapeError for an axis out of range
 * @example
 * ```ts
 * any(greater(tensor([1, 2]), 1)).item(); // => 1
 * ```
 */
export const any = (x: TensorLike, options: ReduceOptions = {}): Tensor =>
  notEqual(countOf('any', asTensor(x, 'any'), 1, options), 0);

/**
 * Number of elements over `axis` that are not 0 (NaN is not), as int32. No gradient.
 *
 * @example
 * ```ts
 * countNonzero(tensor([[0, 2], [3, 4]]), { axis: 1 }).toArray(); // => [1, 2]
 * ```
 */
export function countNonzero(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x, 'countNonzero');
  return countOf('countNonzero', notEqual(source, 0), 1, options);
}
