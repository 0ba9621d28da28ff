import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { coercePair } from '../coerce.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { lessEqual } from '../primitives/compare.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor, requireFinite } from './floating.ts';

// Activations of two straight pieces. The lower piece is taken at the kink, as in PyTorch.

/**
 * `max(x, 0)`; the derivative at 0 is 0, and NaN stays NaN. `[...s] -> [...s]`. Also for int32.
 *
 * @throws DTypeError for bool
 * @example
 * ```ts
 * relu(tensor([-1, 0, 2])).toArray(); // => [0, 0, 2]
 * ```
 */
export function relu(x: TensorLike): Tensor {
  const source = asTensor(x, 'relu');
  requireNumeric('relu', source.dtype);
  return where(lessEqual(source, 0), 0, source);
}

/** Options of `leakyRelu`. */
export interface LeakyReluOptions {
  /** Slope below 0, and at 0. @defaultValue 0.01 (PyTorch's) */
  readonly negativeSlope?: number;
}

/**
 * `x` above 0, `negativeSlope x` below. `[...s] -> [...s]`. The derivative at 0 is `negativeSlope`.
 *
 * @throws RangeError if the slope is not finite; DTypeError for integers and bool
 * @see Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML
 * workshop (2013)
 * @example
 * ```ts
 * leakyRelu(tensor([-1, 2]), { negativeSlope: 0.1 }).toArray(); // => [-0.1, 2]
 * ```
 */
export function leakyRelu(x: TensorLike, options: LeakyReluOptions = {}): Tensor {
  requireOptions('leakyRelu', options, { negativeSlope: true });
  const { negativeSlope = 0.01 } = options;
  requireFinite('leakyRelu', 'negativeSlope', negativeSlope);
  const source = floatingTensor('leakyRelu', x);
  // 0 times -Infinity would be NaN.
  return negativeSlope === 0
    ? relu(source)
    : where(lessEqual(source, 0), mul(source, negativeSlope), source);
}

/**
 * `x` above 0, `weight x` below, with a slope that is learned: one for all, or one per channel.
 * `[...s] -> [...s]`. At 0 the derivative in `x` is the weight, in the weight 0.
 *
 * @param x  channels along axis 1, if the weight has several
 * @param weight  one element, or `[channels]`
 * @throws ShapeError for a weight of another shape; DTypeError for integers and dtypes that differ
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV (2015)
 * @example
 * ```ts
 * prelu(tensor([[-1, -1], [2, -3]]), tensor([0.1, 0.5])).toArray(); // => [[-0.1, -0.5], [2, -1.5]]
 * ```
 */
export function prelu(x: TensorLike, weight: TensorLike): Tensor {
  const source = floatingTensor('prelu', x);
  const slope = typeof weight === 'number' ? weight : slopesFor(source, asTensor(weight, 'prelu'));
  const [slopes] = coercePair('prelu', slope, source);
  const below = lessEqual(source, 0);
  // The product's argument stays at 0 above, so that 0 times Infinity makes no NaN slope of a weight.
  return where(below, mul(slopes, where(below, source, 0)), source);
}

/** The weight with its channels along axis 1 of `x`. */
function slopesFor(x: Tensor, weight: Tensor): Tensor {
  if (weight.size === 1) return reshape(weight, []);
  if (weight.rank !== 1 || x.rank < 2 || weight.size !== x.shape[1]) {
    throw new ShapeError(
      `prelu: a weight of shape ${showShape(weight.shape)} does not fit x of shape ${showShape(x.shape)}.\n` +
        '  It needs one element, or as many as x has channels along axis 1.',
    );
  }
  return reshape(weight, [weight.size, ...x.shape.slice(2).map(() => 1)]);
}

/** Options of `threshold`. */
export interface ThresholdOptions {
  /** What an element must exceed to stay. */
  readonly threshold: number;
  /** What the others become. */
  readonly value: number;
}

/**
 * `x` where it exceeds `threshold`, else `value`; NaN stays. `[...s] -> [...s]`. The derivative is 0 at
 * the threshold.
 *
 * @throws RangeError if an option is not finite; DTypeError for bool
 * @example
 * ```ts
 * threshold(tensor([0.5, 1, 2]), { threshold: 1, value: -1 }).toArray(); // => [-1, -1, 2]
 * ```
 */
export function threshold(x: TensorLike, options: ThresholdOptions): Tensor {
  requireOptions('threshold', options, { threshold: true, value: true });
  requireFinite('threshold', 'threshold', options.threshold);
  requireFinite('threshold', 'value', options.value);
  const source = asTensor(x, 'threshold');
  requireNumeric('threshold', source.dtype);
  const [, bound] = coercePair('threshold', source, options.threshold);
  const [y, value] = coercePair('threshold', source, options.value);
  return where(lessEqual(y, bound), value, y);
}
