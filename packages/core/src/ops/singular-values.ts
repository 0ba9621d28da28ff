import { contiguous, svdKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { detach } from '../cell.ts';
import { ShapeError, showShape, TraceError } from '../errors.ts';
import { viewOf } from '../interpreter.ts';
import { astype } from '../primitives/astype.ts';

/**
 * Singular values of a matrix `[n, m]`, descending, `min(n, m)` of them, by one-sided Jacobi rotations
 * in float64. They are plain numbers, for reports and tests; `linalg.svdvals` is the operation. NaN if an
 * element is not finite.
 *
 * @throws ShapeError unless the rank is 2; DTypeError unless floating; TraceError while tracing
 * @see Hestenes, "Inversion of Matrices by Biorthogonalization and Related Results" (1958)
 * @example
 * ```ts
 * singularValues(tensor([[0, 2], [-3, 0]])); // => [3, 2]
 * ```
 */
export function singularValues(x: TensorLike): number[] {
  const source = asTensor(x, 'singularValues');
  requireFloating('singularValues', source.dtype);
  if (source.rank !== 2) {
    throw new ShapeError(
      `singularValues: needs a matrix, got shape ${showShape(source.shape)}.\n  Reshape it to [n, m].`,
    );
  }
  if (viewOf(source.payload) === null) {
    throw new TraceError(
      'singularValues: gives numbers, which are not known while tracing.\n  Use linalg.svdvals(), which gives a tensor.',
    );
  }
  const [, values] = svdKernel(astype(detach(source), 'float64').view);
  return Array.from(contiguous(values).data);
}
