import type { TensorLike } from '../as-tensor.ts';
import { coercePair } from '../coerce.ts';
import { add } from '../primitives/add.ts';
import { less } from '../primitives/compare.ts';
import { mul } from '../primitives/mul.ts';
import { sub } from '../primitives/sub.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingPair } from './floating.ts';

/**
 * Linear interpolation `a + weight (b - a)`, elementwise with broadcasting: `a` at weight 0 and `b` at
 * weight 1, both to the last bit. Weights outside `[0, 1]` extrapolate.
 *
 * @throws DTypeError for integers, bool, and dtypes that differ
 * @example
 * ```ts
 * lerp(tensor([0, 10]), tensor([4, 20]), 0.25).toArray(); // => [1, 12.5]
 * ```
 */
export function lerp(a: TensorLike, b: TensorLike, weight: TensorLike): Tensor {
  // Two numbers take the weight's dtype.
  const numbers = typeof a === 'number' && typeof b === 'number';
  const [from, to] = floatingPair('lerp', numbers ? coercePair('lerp', a, weight)[0] : a, b);
  const span = sub(to, from);
  const [w] = coercePair('lerp', weight, from);
  // From the nearer end, as PyTorch does: a + 1 (b - a) may miss b.
  const near = less(w, 0.5);
  return add(where(near, from, to), mul(where(near, w, sub(w, 1)), span));
}
