import { sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { detach } from '../cell.ts';
import { ShapeError, showShape } from '../errors.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { equal, less } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { exp } from '../primitives/exp.ts';
import { log } from '../primitives/log.ts';
import { max } from '../primitives/max.ts';
import { square } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { sub } from '../primitives/sub.ts';
import { sum } from '../primitives/sum-broadcast.ts';
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
  const source = asTensor(x);
  requireFloating('mean', source.dtype);
  return div(sum(source, options), countOver('mean', source, options));
}

/** Number of elements that a reduction combines; never 0. */
function countOver(name: string, x: Tensor, options: ReduceOptions): number {
  const axes = reducedAxes(name, options, x.shape);
  const count = sizeOf(axes.map((k) => x.shape[k]!));
  if (count === 0) {
    throw new ShapeError(
      `${name}: nothing to average in ${showShape(x.shape)} over axes [${axes.join(', ')}].`,
    );
  }
  return count;
}

/**
 * Variance over `axis`, about the mean, divided by `count - correction`.
 *
 * @param options  `correction` 0 is the population variance, 1 the unbiased one. Its default is
 * PyTorch's. @defaultValue 1
 * @example
 * ```ts
 * variance(tensor([1, 2, 3])).item(); // => 1
 * ```
 */
export function variance(
  x: TensorLike,
  options: ReduceOptions & { readonly correction?: number } = {},
): Tensor {
  const source = asTensor(x);
  const count = countOver('variance', source, options) - (options.correction ?? 1);
  if (!(count > 0)) {
    throw new RangeError(
      `variance: ${count + (options.correction ?? 1)} values less a correction of ${options.correction ?? 1} leave no degree of freedom.`,
    );
  }
  const centred = sub(source, mean(source, { ...options, keepdims: true }));
  return div(sum(square(centred), options), count);
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
  const source = asTensor(x);
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
  const largest = max(detach(x), { axis, keepdims: true });
  return where(less(abs(largest), Infinity), largest, 0);
}

/**
 * Whether all elements (along `axis`) of a `bool` tensor are true.
 *
 * @example
 * ```ts
 * all(greater(tensor([1, 2]), 0)).item(); // => 1
 * ```
 */
export function all(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x);
  const misses = sum(astype(equal(source, astype(0, 'bool')), 'int32'), options);
  return equal(misses, 0);
}
