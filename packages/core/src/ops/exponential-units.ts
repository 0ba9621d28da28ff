import type { TensorLike } from '../as-tensor.ts';
import { requireOptions } from '../options.ts';
import { lessEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { expm1 } from '../primitives/expm1.ts';
import { mul } from '../primitives/mul.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor, requireFinite } from './floating.ts';

// Activations that are straight above 0 and an exponential below.

/** Options of `elu` and `celu`. */
export interface EluOptions {
  /** What the negative values saturate at, but for the sign. @defaultValue 1 (PyTorch's) */
  readonly alpha?: number;
}

/** `above x` for x > 0, else `below (e^(x / width) - 1)`. */
function exponentialUnit(x: Tensor, above: number, below: number, width: number): Tensor {
  const negative = lessEqual(x, 0);
  // The exponential's argument stays at 0 above: it must not overflow in the branch not taken.
  const z = where(negative, x, 0);
  const curve = mul(expm1(width === 1 ? z : div(z, width)), below);
  return where(negative, curve, above === 1 ? x : mul(x, above));
}

/**
 * Exponential linear unit: `x` above 0, `alpha (e^x - 1)` below. `[...s] -> [...s]`. The derivative at 0
 * is `alpha`.
 *
 * @throws RangeError if `alpha` is not finite; DTypeError for integers and bool
 * @see Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear
 * units", ICLR (2016)
 * @example
 * ```ts
 * elu(tensor([-1000, 0, 2])).toArray(); // => [-1, 0, 2]
 * ```
 */
export function elu(x: TensorLike, options: EluOptions = {}): Tensor {
  requireOptions('elu', options, { alpha: true });
  const { alpha = 1 } = options;
  requireFinite('elu', 'alpha', alpha);
  return exponentialUnit(floatingTensor('elu', x), 1, alpha, 1);
}

/**
 * Continuously differentiable ELU: `x` above 0, `alpha (e^(x / alpha) - 1)` below, so that the slope at 0
 * is 1 for every `alpha`. `[...s] -> [...s]`.
 *
 * @throws RangeError unless `alpha` is finite and positive; DTypeError for integers and bool
 * @see Barron, "Continuously differentiable exponential linear units" (2017)
 * @example
 * ```ts
 * celu(tensor([-1000, 2]), { alpha: 0.5 }).toArray(); // => [-0.5, 2]
 * ```
 */
export function celu(x: TensorLike, options: EluOptions = {}): Tensor {
  requireOptions('celu', options, { alpha: true });
  const { alpha = 1 } = options;
  if (typeof alpha !== 'number' || !(alpha > 0 && alpha < Infinity)) {
    throw new RangeError(
      `celu: alpha must be finite and positive, got ${String(alpha)}.\n  It is the scale of the negative part.`,
    );
  }
  return exponentialUnit(floatingTensor('celu', x), 1, alpha, alpha);
}

const alphaOfSelu = 1.6732632423543772;
const scaleOfSelu = 1.0507009873554805;

/**
 * Self-normalizing ELU: `scale x` above 0, `scale alpha (e^x - 1)` below, with the constants that keep
 * mean 0 and variance 1 fixed from layer to layer. `[...s] -> [...s]`. The derivative at 0 is
 * `scale alpha`.
 *
 * @throws DTypeError for integers and bool
 * @see Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NeurIPS (2017)
 * @example
 * ```ts
 * selu(tensor([-1000, 0, 1])).toArray(); // => [-1.7580993, 0, 1.050701]
 * ```
 */
export const selu = (x: TensorLike): Tensor =>
  exponentialUnit(floatingTensor('selu', x), scaleOfSelu, scaleOfSelu * alphaOfSelu, 1);
