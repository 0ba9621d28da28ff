import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import { detach } from '../cell.ts';
import { abs } from '../primitives/abs.ts';
import { equal, less } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { max } from '../primitives/max.ts';
import { mul } from '../primitives/mul.ts';
import { normP } from '../primitives/norm.ts';
import { pow } from '../primitives/pow.ts';
import { dropAxes, sum } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

const normNames = { axis: true, keepdims: 'boolean', p: true } as const;

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent, > 0, `Infinity` for the largest magnitude. @defaultValue 2 */
  readonly p?: number;
}

/**
 * The `p`-norm `(sum |x|^p)^(1/p)` of the elements over `axis`, which count as one vector (so that of a
 * whole matrix with `p` 2 is the Frobenius norm); 0 for none. Nothing overflows on the way. For
 * `p < 1`, where it is only a quasi-norm, the same formula.
 *
 * At the zero vector the gradient is 0, at every order, for every `p`: a subgradient where `p >= 1`. So
 * is the slope in an element that is 0, unless `p` is an even integer, where the formula is smooth.
 * For `p` `Infinity`, elements that tie for the largest share the gradient equally.
 *
 * @param x  `[...s]`, floating
 * @throws RangeError unless `p > 0`; DTypeError for integers; ShapeError for an axis out of range
 * @example
 * ```ts
 * norm(tensor([3, 4])).item(); // => 5
 * norm(tensor([[3, -4], [1, 1]]), { p: 1, axis: 1 }).toArray(); // => [7, 2]
 * norm(tensor([3, -4]), { p: Infinity }).item(); // => 4
 * ```
 */
export function norm(x: TensorLike, options: NormOptions = {}): Tensor {
  const source = asTensor(x, 'norm');
  requireFloating('norm', source.dtype);
  const axes = reducedAxes('norm', options, source.shape, normNames);
  return normOver('norm', source, axes, options);
}

/** The norm over checked axes, by the name that the function calling it gives the exponent. */
export function normOver(
  name: string,
  source: Tensor,
  axes: readonly number[],
  options: NormOptions,
  exponent = 'p',
): Tensor {
  const { p = 2 } = options;
  if (typeof p !== 'number' || !(p > 0)) {
    throw new RangeError(
      `${name}: ${exponent} must be > 0, got ${String(p)}.\n  To count what is not 0, use countNonzero.`,
    );
  }
  const kept = p === 2 ? bind(normP, [source], { axes }) : pNorm(source, p, axes);
  return options.keepdims === true ? kept : dropAxes(kept, axes);
}

function pNorm(x: Tensor, p: number, axis: readonly number[]): Tensor {
  const over = { axis, keepdims: true };
  const empty = axis.some((k) => x.shape[k] === 0);
  if (p === 1 || empty) return sum(abs(x), over);
  if (p === Infinity) return max(abs(x), over);
  // Divided by the largest magnitude. The norm is homogeneous, so in all derivatives that is a constant.
  const largest = max(abs(detach(x)), over);
  const usable = logicalAnd(less(0, largest), less(largest, Infinity));
  const scale = where(usable, largest, 1);
  const scaled = div(x, scale);
  const total = sum(powers(scaled, p), over);
  const zero = equal(total, 0);
  return mul(where(zero, 0, pow(where(zero, 1, total), 1 / p)), scale);
}

/** `|x|^p`, with a slope of 0 at 0 unless it is smooth there. */
function powers(x: Tensor, p: number): Tensor {
  if (p % 2 === 0) return pow(x, p);
  const zero = equal(x, 0);
  return where(zero, 0, pow(abs(where(zero, 1, x)), p));
}
