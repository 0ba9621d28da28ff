import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { greater, less, lessEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { exp } from '../primitives/exp.ts';
import { log } from '../primitives/log.ts';
import { neg } from '../primitives/neg.ts';
import { softplus } from '../primitives/softplus.ts';
import { sub } from '../primitives/sub.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { finiteMax } from './reduce.ts';

/**
 * `max(x, 0)`; the derivative at 0 is 0, and NaN stays NaN. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * relu(tensor([-1, 0, 2])).toArray(); // => [0, 0, 2]
 * ```
 */
export function relu(x: TensorLike): Tensor {
  const source = asTensor(x);
  return where(lessEqual(source, 0), 0, source);
}

/**
 * `log(sigmoid(x))`, accurate for large |x|. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * logSigmoid(tensor([0, -1000])).toArray(); // => [-Math.LN2, -1000]
 * ```
 */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(x)));

/**
 * `e^x / sum(e^x)` along `axis`, without overflow.
 *
 * @param options  `axis` @defaultValue -1
 * @example
 * ```ts
 * softmax(tensor([0, 0])).toArray(); // => [0.5, 0.5]
 * ```
 */
export function softmax(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  const source = asTensor(x);
  const axis = [normalizeAxis('softmax', options.axis ?? -1, source.shape)];
  const weights = exp(sub(source, finiteMax(source, axis)));
  return div(weights, sum(weights, { axis, keepdims: true }));
}

/**
 * `x - log(sum(e^x))` along `axis`, without overflow.
 *
 * @param options  `axis` @defaultValue -1
 * @example
 * ```ts
 * logSoftmax(tensor([0, 0])).toArray(); // => [-Math.LN2, -Math.LN2]
 * ```
 */
export function logSoftmax(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  const source = asTensor(x);
  const axis = [normalizeAxis('logSoftmax', options.axis ?? -1, source.shape)];
  const shifted = sub(source, finiteMax(source, axis));
  return sub(shifted, log(sum(exp(shifted), { axis, keepdims: true })));
}

/**
 * `x` limited to `[min, max]`; the derivative is 1 inside and at the bounds, 0 outside.
 *
 * @throws RangeError if `min > max` or either is NaN
 * @example
 * ```ts
 * clamp(tensor([-2, 0.5, 2]), { min: 0, max: 1 }).toArray(); // => [0, 0.5, 1]
 * ```
 */
export function clamp(
  x: TensorLike,
  options: { readonly min?: number; readonly max?: number },
): Tensor {
  const { min = -Infinity, max = Infinity } = options;
  if (!(min <= max)) throw new RangeError(`clamp: needs min <= max, got ${min} and ${max}.`);
  const source = asTensor(x);
  const low = min === -Infinity ? source : where(less(source, min), min, source);
  return max === Infinity ? low : where(greater(source, max), max, low);
}
