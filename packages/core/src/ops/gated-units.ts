import type { TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { greater, less } from '../primitives/compare.ts';
import { erfc } from '../primitives/erf-erfc.ts';
import { mul } from '../primitives/mul.ts';
import { sigmoid } from '../primitives/sigmoid.ts';
import { slice } from '../primitives/slice-pad.ts';
import { softplus } from '../primitives/softplus.ts';
import { tanh } from '../primitives/tanh.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';

/**
 * `x gate(x)`, for a gate that is exactly 0 below `-limit` and 1 above `limit`. The gate sees nothing
 * beyond, so that no order has 0 times Infinity there: not where a polynomial in x overflows, and not
 * at the infinities.
 */
function gated(x: Tensor, limit: number, gate: (z: Tensor) => Tensor): Tensor {
  const open = greater(x, limit);
  const z = where(open, limit, where(less(x, -limit), -limit, x));
  return where(open, x, mul(z, gate(z)));
}

/**
 * Sigmoid linear unit (swish), `x sigmoid(x)`. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @see Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units for neural network function approximation
 * in reinforcement learning", Neural Networks 107 (2018)
 * @example
 * ```ts
 * silu(tensor([-1000, 0, 1])).toArray(); // => [0, 0, 0.7310586]
 * ```
 */
export const silu = (x: TensorLike): Tensor => gated(floatingTensor('silu', x), 1000, sigmoid);

/**
 * `x tanh(softplus(x))`. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @see Misra, "Mish: a self regularized non-monotonic activation function", BMVC (2020)
 * @example
 * ```ts
 * mish(tensor([-1000, 0, 1])).toArray(); // => [0, 0, 0.8650984]
 * ```
 */
export const mish = (x: TensorLike): Tensor =>
  gated(floatingTensor('mish', x), 1000, (z) => tanh(softplus(z)));

/** Options of `gelu`. */
export interface GeluOptions {
  /** `'tanh'` for the cheaper form that GPT-2 was trained with. @defaultValue 'none' (PyTorch's) */
  readonly approximate?: 'none' | 'tanh';
}

/**
 * Gaussian error linear unit, `x Phi(x)` with the normal distribution function `Phi`; with
 * `approximate: 'tanh'`, `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`. `[...s] -> [...s]`.
 *
 * @throws RangeError for another `approximate`; DTypeError for integers and bool
 * @see Hendrycks & Gimpel, "Gaussian error linear units" (2016)
 * @example
 * ```ts
 * gelu(tensor([-40, 0, 1])).toArray(); // => [0, 0, 0.8413447]
 * gelu(tensor([1]), { approximate: 'tanh' }).toArray(); // => [0.841192]
 * ```
 */
export function gelu(x: TensorLike, options: GeluOptions = {}): Tensor {
  requireOptions('gelu', options, { approximate: true });
  const { approximate = 'none' } = options;
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new RangeError(
      `gelu: approximate must be 'none' or 'tanh', got ${JSON.stringify(approximate)}.`,
    );
  }
  const gate = approximate === 'none' ? normalDistribution : tanhDistribution;
  return gated(floatingTensor('gelu', x), 100, gate);
}

/** `Phi(x) = erfc(-x / sqrt 2) / 2`, which keeps its digits in the negative tail. */
const normalDistribution = (x: Tensor): Tensor => mul(erfc(mul(x, -Math.SQRT1_2)), 0.5);

const tanhDistribution = (x: Tensor): Tensor => {
  const cubic = mul(x, add(mul(mul(x, x), 0.044715), 1));
  return mul(add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1), 0.5);
};

/**
 * Gated linear unit: the first half along `axis` times the sigmoid of the second.
 * `[..., 2n, ...] -> [..., n, ...]`.
 *
 * @param options  `axis` @defaultValue -1
 * @throws ShapeError if the axis has odd size or is out of range; DTypeError for integers and bool
 * @see Dauphin, Fan, Auli & Grangier, "Language modeling with gated convolutional networks", ICML (2017)
 * @example
 * ```ts
 * glu(tensor([3, 5, 0, 1000])).toArray(); // => [1.5, 5]
 * ```
 */
export function glu(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  requireOptions('glu', options, { axis: true });
  const source = floatingTensor('glu', x);
  const axis = normalizeAxis('glu', options.axis ?? -1, source.shape);
  const n = source.shape[axis]!;
  if (n % 2 !== 0) {
    throw new ShapeError(
      `glu: axis ${axis} of shape ${showShape(source.shape)} has odd size ${n}.\n  It must split into values and gates of equal number.`,
    );
  }
  const half = (start: number): Tensor =>
    slice(
      source,
      source.shape.map((_, k) => (k === axis ? { start, stop: start + n / 2 } : null)),
    );
  return mul(half(0), sigmoid(half(n / 2)));
}
