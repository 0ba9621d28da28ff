import type { TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { abs } from '../primitives/abs.ts';
import { stack } from '../primitives/concat.ts';
import { logicalOr } from '../primitives/logical.ts';
import { normP } from '../primitives/norm.ts';
import { dropAxes } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingPair } from './floating.ts';
import { isInf } from './masks.ts';

/**
 * Elementwise `sqrt(x^2 + y^2)` with broadcasting, without overflow or underflow of the squares; Infinity
 * if either is infinite, even beside NaN (IEEE 754). At the origin the gradient is 0, one of its
 * subgradients, at every order, as for `norm`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * hypot(tensor([3, 0]), tensor([4, 0])).toArray(); // => [5, 0]
 * hypot(tensor(3e30), tensor(4e30)).item(); // => 5e30
 * ```
 */
export function hypot(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floatingPair('hypot', x, y);
  const [infiniteA, infiniteB] = [isInf(a), isInf(b)];
  const infinite = logicalOr(infiniteA, infiniteB);
  const sides = stack([where(infinite, 0, a), where(infinite, 0, b)]);
  const finite = dropAxes(bind(normP, [sides], { axes: [0] }), [0]);
  // Beside an infinite side the other is nothing, in the gradient, too.
  return where(infiniteA, abs(a), where(infiniteB, abs(b), finite));
}
