import type { TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { coercePair } from '../coerce.ts';
import { requireOptions } from '../options.ts';
import { equal, less } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { mul } from '../primitives/mul.ts';
import { normP } from '../primitives/norm.ts';
import { sum } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/** Options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** The axis of the vectors. @defaultValue 1, as PyTorch */
  readonly axis?: number;
  /** Smallest norm to divide by, >= 0. @defaultValue 1e-8, as PyTorch */
  readonly eps?: number;
}

/**
 * Cosine of the angle between vectors along an axis, `x . y / (max(|x|, eps) max(|y|, eps))`. A norm that
 * was raised to `eps` is a constant. A zero vector has similarity 0 to all, also with `eps` 0.
 *
 * @param x  `[...s]`, floating
 * @param y  broadcasts with `x`
 * @returns the broadcast shape without the axis, in [-1, 1]
 * @throws ShapeError if shapes do not broadcast or the axis is out of range; DTypeError for integers or
 * if the dtypes differ; RangeError unless `eps` is finite and >= 0
 * @example
 * ```ts
 * cosineSimilarity(tensor([[3, 4]]), tensor([[4, 3]])).toArray(); // => [0.96]
 * ```
 */
export function cosineSimilarity(
  x: TensorLike,
  y: TensorLike,
  options: CosineSimilarityOptions = {},
): Tensor {
  const name = 'cosineSimilarity';
  requireOptions(name, options, { axis: true, eps: true });
  const { axis = 1, eps = 1e-8 } = options;
  const [a, b] = coercePair(name, x, y);
  requireFloating(name, a.dtype);
  const along = normalizeAxis(name, axis, a.shape);
  if (!(eps >= 0 && Number.isFinite(eps))) {
    throw new RangeError(`${name}: eps must be finite and >= 0, got ${eps}.`);
  }
  // Two unit vectors, not one quotient: the product of the norms may over- or underflow.
  return sum(mul(unit(a, along, eps), unit(b, along, eps)), { axis: along });
}

function unit(x: Tensor, axis: number, eps: number): Tensor {
  const length = bind(normP, [x], { axes: [axis] });
  const raised = where(less(length, eps), eps, length);
  return div(x, where(equal(raised, 0), 1, raised));
}
