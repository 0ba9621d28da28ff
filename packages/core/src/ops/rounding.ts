import type { TensorLike } from '../as-tensor.ts';
import { less } from '../primitives/compare.ts';
import { floor } from '../primitives/floor.ts';
import { neg } from '../primitives/neg.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';

/**
 * Elementwise ceiling, with derivative 0 everywhere. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * ceil(tensor([0.5, -2.9])).toArray(); // => [1, -2]
 * ```
 */
export const ceil = (x: TensorLike): Tensor => neg(floor(neg(floatingTensor('ceil', x))));

/**
 * Elementwise integer part, rounded towards 0, with derivative 0 everywhere. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * trunc(tensor([1.9, -1.9])).toArray(); // => [1, -1]
 * ```
 */
export function trunc(x: TensorLike): Tensor {
  const source = floatingTensor('trunc', x);
  return where(less(source, 0), ceil(source), floor(source));
}
