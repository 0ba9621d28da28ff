import { astype, mul, sub, type Tensor, type TensorLike } from '@tikhonov/core';
import { asTensor } from '@tikhonov/core/engine';
import { requireStrength, type Scalar, strength64 } from '../scalars.ts';
import type { Prox } from './operators.ts';

/**
 * One step of proximal gradient descent, `prox(w - lr grad, lr)`; repeated it is ISTA. `proximal` does the
 * same behind any optimizer.
 *
 * @param w  `[...s]`
 * @param grad  of the smooth part of the loss at `w`, `[...s]`
 * @param prox  `proxL1`, `proxElasticNet`, `proxL0`, `proxGroupLasso`, `proxNuclear` or your own
 * @param lr  >= 0: a number, or a 0-d cell or tensor
 * @throws RangeError for a negative or non-finite rate
 * @see Beck & Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems", SIAM
 * Journal on Imaging Sciences 2 (2009)
 * @example
 * ```ts
 * optim.proximalStep(tensor([1, 0.1]), tensor([2, 1]), optim.proxL1(0.5), 0.2).toArray(); // => [0.5, 0]
 * ```
 */
export function proximalStep(w: TensorLike, grad: TensorLike, prox: Prox, lr: Scalar): Tensor {
  requireStrength('proximalStep', 'lr', lr);
  const from = asTensor(w, 'proximalStep');
  const step = strength64('proximalStep', 'lr', lr);
  return prox(sub(from, mul(grad, astype(step, from.dtype))), step);
}
