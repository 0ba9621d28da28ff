import {
  add,
  astype,
  div,
  expandDims,
  matmul,
  mean,
  mul,
  permute,
  relu,
  reshape,
  ShapeError,
  square,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type ActivationFunction, linear, type Strength } from '@tikhonov/nn';
import { deviation } from './deviation.ts';
import { inverted, keepMask, normalNoise, requireFloating, unitStrength } from './keep-mask.ts';

/** What `DropConnect` and `dropConnect` have in common. */
export interface DropConnectSettings {
  /** Probability of dropping a weight, in [0, 1]. @defaultValue 0.5, as the paper */
  readonly p?: Strength;
  /**
   * Whether each sample has a mask of its own, `[n, out, in]`, as in the paper; one mask for the batch is faster
   * and takes `n` times less memory. @defaultValue false
   */
  readonly perSample?: boolean;
}

/** Options of `dropConnect`. */
export interface DropConnectOptions extends DropConnectSettings {
  /** `[out]`, never dropped. @defaultValue none */
  readonly bias?: TensorLike;
  /** @defaultValue false */
  readonly training?: boolean;
  /** The random key of the mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, `[out, in]` or with `perSample` `[n, out, in]`: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

const known: OptionNames<DropConnectOptions> = {
  p: true,
  perSample: 'boolean',
  bias: true,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * A linear layer that drops weights instead of units: `x (m * W / (1 - p))^T + b` in training, `x W^T + b` in
 * evaluation. A weight is dropped iff its uniform draw `u < p`; at `p` 1 nothing is left but the bias. Masks are
 * constants, and dropped weights are 0 whatever they were.
 *
 * @param x  `[...s, in]`, floating; samples are along the first axis
 * @param weight  `[out, in]`
 * @returns `[...s, out]`
 * @throws RangeError if `p` is outside [0, 1]; TypeError in training without `rng` and `mask`; ShapeError if shapes
 *   do not fit; DTypeError for integers
 * @see Wan, Zeiler, Zhang, LeCun & Fergus, "Regularization of Neural Networks using DropConnect", ICML 2013
 * @example
 * ```ts
 * const [x, weight] = [tensor([[1, 2]]), tensor([[3, 4]])];
 * const mask = tensor([[1, 0]]);
 * reg.dropConnect(x, weight, { p: 0.5, training: true, mask }).toArray(); // => [[6]]
 * reg.dropConnect(x, weight, { p: 0.5 }).toArray(); // => [[11]]
 * ```
 */
export function dropConnect(
  x: TensorLike,
  weight: TensorLike,
  options: DropConnectOptions = {},
): Tensor {
  const name = 'dropConnect';
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const w = requireWeight(name, source, weight);
  const { bias, perSample = false, training = false } = options;
  const { p: rate = 0.5 } = options;
  const p = unitStrength(name, 'p', rate, { closed: true });
  if (!training) return linear(source, w, bias);
  if (!perSample || source.rank === 1) {
    const mask = keepMask(name, w.shape, p, options);
    return linear(source, inverted(w, mask, p), bias);
  }
  const [n, [out, into]] = [source.shape[0]!, w.shape as readonly [number, number]];
  const mask = keepMask(name, [n, out, into], p, options);
  // [n, rows, in] @ [n, in, out]: a product for each sample.
  const rows = source.shape.slice(1, -1).reduce((product, size) => product * size, 1);
  const own = permute(inverted(expandDims(w, 0), mask, p), [0, 2, 1]);
  const y = reshape(matmul(reshape(source, [n, rows, into]), own), [
    ...source.shape.slice(0, -1),
    out,
  ]);
  if (bias === undefined) return y;
  const shift = asTensor(bias, name);
  if (shift.rank === 1 && shift.size === out) return add(y, shift);
  throw new ShapeError(
    `${name}: the bias must be [${out}], got ${showShape(shift.shape)}.\n  It has one entry for each row of the weight.`,
  );
}

/** What the weights of a linear layer must be for rows; a ShapeError or DTypeError otherwise. */
export function requireWeight(name: string, x: Tensor, weight: TensorLike): Tensor {
  const w = requireFloating(name, weight, 'the weight');
  if (w.rank === 2 && x.rank > 0 && x.shape.at(-1) === w.shape[1]) return w;
  throw new ShapeError(
    `${name}: x ${showShape(x.shape)} and weight ${showShape(w.shape)} do not fit.\n` +
      '  The weight is [out, in], and the last axis of x must have size in.',
  );
}

/** Options of `dropConnectMoments`. */
export interface DropConnectMomentsOptions {
  /** Probability of dropping a weight, in [0, 1). @defaultValue 0.5 */
  readonly p?: Strength;
  /** `[out]`. @defaultValue none */
  readonly bias?: TensorLike;
}

/** Mean and variance of the outputs over all masks. */
export interface DropConnectMoments {
  /** `[...s, out]` */
  readonly mean: Tensor;
  /** `[...s, out]` */
  readonly variance: Tensor;
}

/**
 * Mean and variance of what `dropConnect` gives in training, over all masks: `x W^T + b` and
 * `p / (1 - p) x^2 (W^2)^T`. (The paper, which does not divide by `1 - p`, has `(1 - p) x W^T` and
 * `p (1 - p) x^2 (W^2)^T`.)
 *
 * @param x  `[...s, in]`, floating
 * @param weight  `[out, in]`
 * @throws RangeError if `p` is outside [0, 1); ShapeError if shapes do not fit; DTypeError for integers
 * @example
 * ```ts
 * const { mean, variance } = reg.dropConnectMoments(tensor([[1, 2]]), tensor([[3, 4]]), { p: 0.5 });
 * [mean.item(), variance.item()]; // => [11, 73]
 * ```
 */
export function dropConnectMoments(
  x: TensorLike,
  weight: TensorLike,
  options: DropConnectMomentsOptions = {},
): DropConnectMoments {
  const name = 'dropConnectMoments';
  requireOptions(name, options, { p: true, bias: true });
  const source = requireFloating(name, x);
  const w = requireWeight(name, source, weight);
  const { p: rate = 0.5 } = options;
  const p = unitStrength(name, 'p', rate, { closed: false });
  const ratio = typeof p === 'number' ? p / (1 - p) : astype(div(p, sub(1, p)), source.dtype);
  return {
    mean: linear(source, w, options.bias),
    variance: mul(linear(square(source), square(w)), ratio),
  };
}

/** Options of `dropConnectGaussian`. */
export interface DropConnectGaussianOptions extends DropConnectMomentsOptions {
  /** How many draws are averaged, >= 1. @defaultValue 100 */
  readonly samples?: number;
  /** What is averaged of. @defaultValue relu */
  readonly activation?: ActivationFunction;
  /** The random key of the draws. */
  readonly rng?: Tensor;
  /** Standard normal draws instead of a key, `[samples, ...s, out]`. */
  readonly normal?: Tensor;
}

/**
 * The paper's inference: the activation averaged over draws from the normal distribution that has the mean and
 * the variance of the outputs over all masks. The draws are constants.
 *
 * @param x  `[...s, in]`, floating
 * @param weight  `[out, in]`
 * @returns `[...s, out]`
 * @throws RangeError if `p` is outside [0, 1) or `samples` is no integer >= 1; TypeError without `rng` and
 *   `normal`; ShapeError if shapes do not fit; DTypeError for integers
 * @see Wan, Zeiler, Zhang, LeCun & Fergus, "Regularization of Neural Networks using DropConnect", ICML 2013
 * @example
 * ```ts
 * const [x, weight] = [tensor([[1, 2]]), tensor([[3, 4]])];
 * const normal = tensor([[[1]], [[-2]]]);
 * reg.dropConnectGaussian(x, weight, { p: 0.5, samples: 2, normal }).item(); // => (11 + Math.sqrt(73)) / 2
 * ```
 */
export function dropConnectGaussian(
  x: TensorLike,
  weight: TensorLike,
  options: DropConnectGaussianOptions = {},
): Tensor {
  const name = 'dropConnectGaussian';
  requireOptions(name, options, {
    p: true,
    bias: true,
    samples: true,
    activation: 'function',
    rng: true,
    normal: true,
  });
  const { samples = 100, activation = relu, p = 0.5, bias } = options;
  requireSampleCount(name, samples);
  const moments = dropConnectMoments(x, weight, bias === undefined ? { p } : { p, bias });
  const { mean: centre, variance } = moments;
  const noise = normalNoise(name, [samples, ...centre.shape], centre.dtype, options);
  return mean(activation(add(centre, mul(deviation(variance), noise))), { axis: 0 });
}

/** A RangeError unless it is an integer >= 1. */
export function requireSampleCount(name: string, samples: unknown): void {
  if (Number.isInteger(samples) && (samples as number) >= 1) return;
  throw new RangeError(
    `${name}: samples must be an integer >= 1, got ${String(samples)}.\n  The default is 100; more of them make the mean of the activation more exact.`,
  );
}
