import type { TensorLike } from '../as-tensor.ts';
import { type AxisLike, normalizeAxes } from '../axes.ts';
import { requireOptions } from '../options.ts';
import { equal, less } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';
import { normOver } from './norm.ts';

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** The exponent of the norm, > 0. @defaultValue 2 */
  readonly p?: number;
  /** The axis, or axes, of the vectors. @defaultValue 1, as PyTorch */
  readonly axis?: AxisLike;
  /** Smallest norm to divide by, >= 0. @defaultValue 1e-12, as PyTorch */
  readonly eps?: number;
}

/**
 * Vectors along an axis divided by their norm, `x / max(|x|, eps)`. A norm that was raised to `eps` is a
 * constant; a zero vector stays zero, also with `eps` 0. `[...s] -> [...s]`.
 *
 * @throws ShapeError for an axis out of range; RangeError unless `p > 0` and `eps` is finite and >= 0;
 * DTypeError for integers and bool
 * @example
 * ```ts
 * normalize(tensor([[3, 4], [0, 0]])).toArray(); // => [[0.6, 0.8], [0, 0]]
 * normalize(tensor([1, 3]), { p: 1, axis: 0 }).toArray(); // => [0.25, 0.75]
 * ```
 */
export function normalize(x: TensorLike, options: NormalizeOptions = {}): Tensor {
  const name = 'normalize';
  requireOptions(name, options, { p: true, axis: true, eps: true });
  const { p = 2, axis = 1, eps = 1e-12 } = options;
  const source = floatingTensor(name, x);
  const axes = normalizeAxes(name, axis, source.shape);
  if (!(eps >= 0 && Number.isFinite(eps))) {
    throw new RangeError(`${name}: eps must be finite and >= 0, got ${String(eps)}.`);
  }
  const length = normOver(name, source, axes, { p, keepdims: true });
  const raised = where(less(length, eps), eps, length);
  return div(source, where(equal(raised, 0), 1, raised));
}
