import {
  type DType,
  mean,
  ones,
  type Parameter,
  parameter,
  type Shape,
  ShapeError,
  square,
  type Tensor,
  type TensorLike,
  zeros,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { requireSize } from '../keys.ts';
import { Module } from '../module.ts';
import {
  fitted,
  given,
  inverseDeviation,
  moments,
  requireEps,
  requireNorm,
  scaled,
} from './standardize.ts';

/** Options of `rmsNorm`. */
export interface RmsNormOptions {
  /** The last axes, over which it normalises; a number is one axis. */
  readonly normalizedShape: number | Shape;
  /** Of the normalised shape. @defaultValue 1 */
  readonly weight?: TensorLike;
  /** Added to the mean square, >= 0. @defaultValue the dtype's machine epsilon, as PyTorch */
  readonly eps?: number;
}

/** Options of `layerNorm`. */
export interface LayerNormOptions extends RmsNormOptions {
  /** Of the normalised shape. @defaultValue 0 */
  readonly bias?: TensorLike;
  /** Added to the variance, >= 0. @defaultValue 1e-5, as PyTorch */
  readonly eps?: number;
}

const knownOfRms: OptionNames<RmsNormOptions> = { normalizedShape: true, weight: true, eps: true };
const known: OptionNames<LayerNormOptions> = { ...knownOfRms, bias: true };

/** The shape that is normalised, and its axes in `x`. */
function trailing(
  name: string,
  x: Tensor,
  size: number | Shape,
): { readonly shape: Shape; readonly axes: readonly number[] } {
  const shape = sizesOf(name, size);
  const first = x.rank - shape.length;
  if (first < 0 || shape.some((n, k) => n !== x.shape[first + k])) {
    throw new ShapeError(
      `${name}: x ${showShape(x.shape)} does not end in the normalizedShape ${showShape(shape)}.`,
    );
  }
  return { shape, axes: shape.map((_, k) => first + k) };
}

function sizesOf(name: string, size: number | Shape): Shape {
  const shape = typeof size === 'number' ? [size] : size;
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new TypeError(
      `${name}: normalizedShape must be a size or a list of sizes, got ${JSON.stringify(size)}.`,
    );
  }
  for (const [k, n] of shape.entries()) requireSize(name, `normalizedShape[${k}]`, n);
  return shape;
}

/**
 * Layer normalisation: `(x - mean) / sqrt(variance + eps) * weight + bias`, with mean and biased variance
 * over the last axes. Gradients flow through both. With `eps` 0, a constant stretch becomes `bias`.
 *
 * @param x  `[...s, ...normalizedShape]`, floating
 * @returns shape and dtype of `x`
 * @throws ShapeError if shapes do not fit; RangeError for a negative `eps`; DTypeError for integers
 * @see Ba, Kiros & Hinton, "Layer normalization" (2016), arXiv 1607.06450
 * @example
 * ```ts
 * nn.layerNorm(tensor([1, 3]), { normalizedShape: 2, eps: 0 }).toArray(); // => [-1, 1]
 * ```
 */
export function layerNorm(x: TensorLike, options: LayerNormOptions): Tensor {
  requireOptions('layerNorm', options, known);
  const { normalizedShape, weight, bias, eps = 1e-5 } = options;
  const source = requireNorm('layerNorm', x, eps);
  const { shape, axes } = trailing('layerNorm', source, normalizedShape);
  const { centred, variance } = moments(source, axes);
  return scaled(
    centred,
    inverseDeviation(variance, eps),
    fitted('layerNorm', 'weight', weight, shape),
    fitted('layerNorm', 'bias', bias, shape),
  );
}

/**
 * Root-mean-square normalisation: `x / sqrt(mean(x^2) + eps) * weight` over the last axes.
 *
 * @param x  `[...s, ...normalizedShape]`, floating
 * @returns shape and dtype of `x`
 * @throws ShapeError if shapes do not fit; RangeError for a negative `eps`; DTypeError for integers
 * @see Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019, arXiv 1910.07467
 * @example
 * ```ts
 * nn.rmsNorm(tensor([1, -7]), { normalizedShape: 2 }).toArray(); // => [0.2, -1.4]
 * ```
 */
export function rmsNorm(x: TensorLike, options: RmsNormOptions): Tensor {
  requireOptions('rmsNorm', options, knownOfRms);
  const { normalizedShape, weight } = options;
  const source = requireNorm('rmsNorm', x, options.eps ?? 0);
  const { shape, axes } = trailing('rmsNorm', source, normalizedShape);
  const eps = options.eps ?? (source.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
  const power = mean(square(source), { axis: axes, keepdims: true });
  const factor = fitted('rmsNorm', 'weight', weight, shape);
  return scaled(source, inverseDeviation(power, eps), factor, null);
}

/** Options of `RMSNorm`. */
export interface RmsNormSettings {
  /** @defaultValue the dtype's machine epsilon, as PyTorch */
  readonly eps?: number;
  /** Whether there is a weight. @defaultValue true */
  readonly elementwiseAffine?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/** Options of `LayerNorm`. */
export interface LayerNormSettings extends RmsNormSettings {
  /** @defaultValue 1e-5 */
  readonly eps?: number;
  /** Whether there is a bias beside the weight. @defaultValue true */
  readonly bias?: boolean;
}

/**
 * `layerNorm` as a layer; the weight starts as 1, the bias as 0.
 *
 * @throws RangeError for sizes that are not integers >= 1 or a negative `eps`
 * @example
 * ```ts
 * const layer = new nn.LayerNorm(4);
 * Object.keys(layer.stateDict()); // => ['weight', 'bias']
 * layer.forward(ones([2, 4])).toArray(); // => [[0, 0, 0, 0], [0, 0, 0, 0]]
 * ```
 */
export class LayerNorm extends Module {
  /** Of the normalised shape. */
  readonly weight: Parameter | null;
  /** Of the normalised shape. */
  readonly bias: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number;

  constructor(normalizedShape: number | Shape, options: LayerNormSettings = {}) {
    super();
    requireOptions('LayerNorm', options, {
      eps: true,
      elementwiseAffine: 'boolean',
      bias: 'boolean',
      dtype: true,
    });
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = 'float32' } = options;
    requireEps('LayerNorm', eps);
    const shape = [...sizesOf('LayerNorm', normalizedShape)];
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype }), { name: 'weight' }) : null;
    this.bias =
      elementwiseAffine && bias ? parameter(zeros(shape, { dtype }), { name: 'bias' }) : null;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { normalizedShape, eps, weight, bias } = this;
    return layerNorm(x, { normalizedShape, eps, ...given({ weight, bias }) });
  }
}

/**
 * `rmsNorm` as a layer; the weight starts as 1.
 *
 * @throws RangeError for sizes that are not integers >= 1 or a negative `eps`
 * @example
 * ```ts
 * new nn.RMSNorm(2).forward(tensor([3, 3])).toArray(); // => [1, 1]
 * ```
 */
export class RMSNorm extends Module {
  /** Of the normalised shape. */
  readonly weight: Parameter | null;
  readonly normalizedShape: Shape;
  readonly eps: number | null;

  constructor(normalizedShape: number | Shape, options: RmsNormSettings = {}) {
    super();
    requireOptions('RMSNorm', options, { eps: true, elementwiseAffine: 'boolean', dtype: true });
    const { eps, elementwiseAffine = true, dtype = 'float32' } = options;
    if (eps !== undefined) requireEps('RMSNorm', eps);
    const shape = [...sizesOf('RMSNorm', normalizedShape)];
    this.normalizedShape = shape;
    this.eps = eps ?? null;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype }), { name: 'weight' }) : null;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { normalizedShape, eps, weight } = this;
    return rmsNorm(x, { normalizedShape, ...(eps === null ? {} : { eps }), ...given({ weight }) });
  }
}
