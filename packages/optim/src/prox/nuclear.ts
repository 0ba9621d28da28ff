import { expandDims, matmul, mul, reshape, ShapeError } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { svd } from '@tikhonov/core/linalg';
import { requireStrength, type Scalar } from '../scalars.ts';
import { type Prox, proxL1 } from './operators.ts';

/**
 * That of `lambda` times the sum of the singular values: they come closer to 0 by `step lambda`, and the
 * rank falls. Kernels count as matrices of the shape output units x everything else.
 *
 * @param lambda  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite strength; ShapeError for vectors and scalars
 * @see Cai, Candes & Shen, "A singular value thresholding algorithm for matrix completion", SIAM Journal on
 * Optimization 20 (2010)
 * @example
 * ```ts
 * const step = tensor(1, { dtype: 'float64' });
 * optim.proxNuclear(1)(tensor([[3, 0], [0, 0.5]]), step).toArray(); // => [[2, 0], [0, 0]]
 * ```
 */
export function proxNuclear(lambda: Scalar): Prox {
  requireStrength('proxNuclear', 'lambda', lambda);
  const threshold = proxL1(lambda);
  return (v, step) => {
    if (v.rank < 2) {
      throw new ShapeError(
        `proxNuclear: needs matrices or kernels, got shape ${showShape(v.shape)}.\n  Select the weights.`,
      );
    }
    const matrix = reshape(v, [v.shape[0]!, v.size / Math.max(1, v.shape[0]!)]);
    const { u, s, vh } = svd(matrix);
    return reshape(matmul(mul(u, expandDims(threshold(s, step), 0)), vh), [...v.shape]);
  };
}
