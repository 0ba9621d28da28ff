import { singularValues as jacobi } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { detach as stopGradient } from '../cell.ts';
import { ShapeError, showShape } from '../errors.ts';
import { abs } from '../primitives/abs.ts';
import { astype } from '../primitives/astype.ts';
import { div } from '../primitives/div.ts';
import { max } from '../primitives/max.ts';

/**
 * Singular values of a matrix `[n, m]`, descending, `min(n, m)` of them, by one-sided Jacobi rotations
 * in float64. They are plain numbers, for reports and tests: nothing can be differentiated through
 * them.
 *
 * @throws ShapeError unless the rank is 2; DTypeError unless floating; TraceError while tracing
 * @see Hestenes, "Inversion of Matrices by Biorthogonalization and Related Results" (1958)
 * @example
 * ```ts
 * singularValues(tensor([[0, 2], [-3, 0]])); // => [3, 2]
 * ```
 */
export function singularValues(x: TensorLike): number[] {
  const source = asTensor(x);
  requireFloating('singularValues', source.dtype);
  if (source.rank !== 2) {
    throw new ShapeError(
      `singularValues: needs a matrix, got shape ${showShape(source.shape)}.\n  Reshape it to [n, m].`,
    );
  }
  // Scaled by the largest element, so that no square over- or underflows.
  const doubles = astype(stopGradient(source), 'float64');
  const largest = doubles.size === 0 ? 0 : max(abs(doubles)).item();
  if (!(largest > 0 && largest < Infinity)) return Array.from(jacobi(doubles.view));
  return Array.from(jacobi(div(doubles, largest).view), (sigma) => sigma * largest);
}
