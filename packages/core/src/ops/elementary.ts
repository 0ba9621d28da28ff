import type { TensorLike } from '../as-tensor.ts';
import { div } from '../primitives/div.ts';
import { pow } from '../primitives/pow.ts';
import { cos, sin } from '../primitives/sin-cos.ts';
import { sqrt } from '../primitives/sqrt.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';

/**
 * Elementwise tangent of radians. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * tan(tensor([0, Math.PI / 4])).toArray(); // => [0, 1]
 * ```
 */
export function tan(x: TensorLike): Tensor {
  const angle = floatingTensor('tan', x);
  return div(sin(angle), cos(angle));
}

/**
 * Elementwise `2 ** x`, exact for integers. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * exp2(tensor([3, -1])).toArray(); // => [8, 0.5]
 * ```
 */
export const exp2 = (x: TensorLike): Tensor => pow(2, floatingTensor('exp2', x));

/**
 * Elementwise `1 / x`; infinite at 0. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * reciprocal(tensor([4, -0.5])).toArray(); // => [0.25, -2]
 * ```
 */
export const reciprocal = (x: TensorLike): Tensor => div(1, floatingTensor('reciprocal', x));

/**
 * Elementwise `1 / sqrt(x)`; Infinity at 0, NaN below. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * rsqrt(tensor([4, 0.25])).toArray(); // => [0.5, 2]
 * ```
 */
export const rsqrt = (x: TensorLike): Tensor => div(1, sqrt(floatingTensor('rsqrt', x)));
