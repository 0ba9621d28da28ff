import type { TensorLike } from '../as-tensor.ts';
import { detach } from '../cell.ts';
import { abs } from '../primitives/abs.ts';
import { add } from '../primitives/add.ts';
import { equal, less } from '../primitives/compare.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { softplus } from '../primitives/softplus.ts';
import { sub } from '../primitives/sub.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingPair } from './floating.ts';

/**
 * Elementwise `log(e^x + e^y)` with broadcasting, without overflow, and smooth: the derivatives of every
 * order are right at ties, too. An argument of -Infinity leaves the other. Where both are the same
 * infinity, that is the value, and the gradient is 0, as for `logsumexp`.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * logaddexp(tensor([0, 1000]), tensor([0, 999])).toArray(); // => [Math.LN2, 1000.3133]
 * logaddexp(tensor([-Infinity]), 3).toArray(); // => [3]
 * ```
 */
export function logaddexp(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floatingPair('logaddexp', x, y);
  // high + log(1 + e^(low - high)). This holds whichever of the two is called high, so choosing by
  // `where`, which derivatives pass through unchanged, loses nothing at a tie.
  const swap = less(a, b);
  const [high, low] = [where(swap, b, a), where(swap, a, b)];
  const same = logicalAnd(equal(a, b), equal(abs(a), Infinity));
  const difference = where(same, 0, sub(low, high));
  return where(same, detach(high), add(high, softplus(difference)));
}
