import type { TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { requireOptions } from '../options.ts';
import { div } from '../primitives/div.ts';
import { exp } from '../primitives/exp.ts';
import { log } from '../primitives/log.ts';
import { neg } from '../primitives/neg.ts';
import { sub } from '../primitives/sub.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';
import { finiteMax } from './reduce.ts';

/** Options of `softmax`, `logSoftmax` and `softmin`. */
export interface SoftmaxOptions {
  /** Along which the results sum to 1. @defaultValue -1 */
  readonly axis?: number;
}

/** `x` less its largest value along the axis, and that axis. */
function shifted(name: string, x: Tensor, options: SoftmaxOptions): readonly [Tensor, number[]] {
  requireOptions(name, options, { axis: true });
  const axis = [normalizeAxis(name, options.axis ?? -1, x.shape)];
  // Along an empty axis there is nothing to shift.
  return [x.size === 0 ? x : sub(x, finiteMax(x, axis)), axis];
}

/**
 * `e^x / sum(e^x)` along `axis`, without overflow. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * softmax(tensor([0, 0])).toArray(); // => [0.5, 0.5]
 * ```
 */
export const softmax = (x: TensorLike, options: SoftmaxOptions = {}): Tensor =>
  normalized('softmax', floatingTensor('softmax', x), options);

/**
 * `softmax(-x)`: the smallest element gets the most. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * softmin(tensor([0, 1000])).toArray(); // => [1, 0]
 * ```
 */
export const softmin = (x: TensorLike, options: SoftmaxOptions = {}): Tensor =>
  normalized('softmin', neg(floatingTensor('softmin', x)), options);

function normalized(name: string, x: Tensor, options: SoftmaxOptions): Tensor {
  const [scores, axis] = shifted(name, x, options);
  const weights = exp(scores);
  return div(weights, sum(weights, { axis, keepdims: true }));
}

/**
 * `x - log(sum(e^x))` along `axis`, without overflow. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * logSoftmax(tensor([0, 0])).toArray(); // => [-Math.LN2, -Math.LN2]
 * ```
 */
export function logSoftmax(x: TensorLike, options: SoftmaxOptions = {}): Tensor {
  const [scores, axis] = shifted('logSoftmax', floatingTensor('logSoftmax', x), options);
  return sub(scores, log(sum(exp(scores), { axis, keepdims: true })));
}
