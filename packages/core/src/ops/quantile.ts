import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { ShapeError, showShape } from '../errors.ts';
import { add } from '../primitives/add.ts';
import { notEqual } from '../primitives/compare.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { axesLast, restoreAxes } from './axes-last.ts';
import { sort } from './sort.ts';
import { select } from './split.ts';

/**
 * The `q`-quantile over `axis`, linear between the two nearest order statistics (type 7 of Hyndman &
 * Fan 1996, the default of NumPy and PyTorch); NaN if any element is. The gradient goes to those two.
 *
 * @param q  in [0, 1]
 * @throws RangeError for another `q`; ShapeError if there is nothing to order; DTypeError for integers
 * @see Hyndman & Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996)
 * @example
 * ```ts
 * quantile(tensor([4, 1, 3, 2]), 0.25).item(); // => 1.75
 * ```
 */
export function quantile(x: TensorLike, q: number, options: ReduceOptions = {}): Tensor {
  return orderStatistic('quantile', x, q, options);
}

/**
 * The middle value over `axis`, the mean of the two middle ones for an even number (as NumPy; PyTorch
 * takes the lower); NaN if any element is.
 *
 * @throws ShapeError if there is nothing to order; DTypeError for integers
 * @example
 * ```ts
 * median(tensor([[1, 9, 2], [4, 4, 5]]), { axis: 1 }).toArray(); // => [2, 4]
 * ```
 */
export const median = (x: TensorLike, options: ReduceOptions = {}): Tensor =>
  orderStatistic('median', x, 0.5, options);

function orderStatistic(name: string, x: TensorLike, q: number, options: ReduceOptions): Tensor {
  const source = asTensor(x, name);
  requireFloating(name, source.dtype);
  if (!(q >= 0 && q <= 1)) throw new RangeError(`${name}: q must be in [0, 1], got ${q}.`);
  const axes = reducedAxes(name, options, source.shape);
  const rows = axesLast(source, axes);
  const count = rows.shape.at(-1)!;
  if (count === 0) {
    throw new ShapeError(
      `${name}: nothing to order in ${showShape(source.shape)} over axes [${axes.join(', ')}].`,
    );
  }
  const { values } = sort(rows);
  const at = q * (count - 1);
  const low = Math.floor(at);
  const part = at - low;
  const under = select(values, low, { axis: -1 });
  // Weights, not low + part * (high - low): the difference of two infinities would be NaN.
  const between =
    part === 0
      ? under
      : add(mul(under, 1 - part), mul(select(values, low + 1, { axis: -1 }), part));
  const largest = select(values, count - 1, { axis: -1 });
  const result = where(notEqual(largest, largest), NaN, between);
  return reshape(result, restoreAxes(source.shape, axes, options.keepdims === true));
}
