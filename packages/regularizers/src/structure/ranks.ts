import {
  arange,
  equal,
  expandDims,
  greater,
  less,
  logicalAnd,
  logicalOr,
  sum,
  type Tensor,
} from '@tikhonov/core';

/**
 * For each element, how many of the last axis stand above it: the larger ones, and of its equals those that lie
 * before it (`'before'`) or behind it (`'behind'`), so that they count from 0 without a gap. A constant.
 *
 * By comparing all pairs: for the few elements of a window or channels of a layer that is one pass without memory
 * in compiled steps, where a sort would be many.
 *
 * @param x  `[...s, n]`, without NaN
 * @returns int32 `[...s, n]`
 */
export function countAbove(x: Tensor, equals: 'before' | 'behind'): Tensor {
  const places = arange(x.shape.at(-1)!, { dtype: 'int32' });
  const [own, other] = [expandDims(x, -1), expandDims(x, -2)];
  const [at, from] = [expandDims(places, -1), expandDims(places, -2)];
  const first = equals === 'before' ? less(from, at) : greater(from, at);
  const above = logicalOr(greater(other, own), logicalAnd(equal(other, own), first));
  return sum(above.astype('int32'), { axis: -1 });
}
