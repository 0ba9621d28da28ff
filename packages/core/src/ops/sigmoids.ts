import type { TensorLike } from '../as-tensor.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { equal } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { neg } from '../primitives/neg.ts';
import { sign } from '../primitives/sign.ts';
import { softplus } from '../primitives/softplus.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';

/**
 * `log(sigmoid(x))`, accurate for large |x|. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * logSigmoid(tensor([0, -1000])).toArray(); // => [-Math.LN2, -1000]
 * ```
 */
export const logSigmoid = (x: TensorLike): Tensor =>
  neg(softplus(neg(floatingTensor('logSigmoid', x))));

/**
 * `x / (1 + |x|)`. `[...s] -> [...s]`. The derivative is 1 at 0; the second derivative, which jumps there
 * from 2 to -2, is 0.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * softsign(tensor([-1, 0, 3, Infinity])).toArray(); // => [-0.5, 0, 0.75, 1]
 * ```
 */
export function softsign(x: TensorLike): Tensor {
  const source = floatingTensor('softsign', x);
  const size = abs(source);
  const infinite = equal(size, Infinity);
  const z = where(infinite, 0, source);
  return where(infinite, sign(source), div(z, add(abs(z), 1)));
}
