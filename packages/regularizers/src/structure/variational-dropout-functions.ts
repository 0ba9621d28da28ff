import {
  add,
  type ConvOptions,
  clamp,
  conv2d,
  DTypeError,
  exp,
  greater,
  logicalNot,
  mul,
  ShapeError,
  sigmoid,
  softplus,
  square,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { linear } from '@tikhonov/nn';
import { deviation } from './deviation.ts';
import { requireWeight } from './dropconnect-functions.ts';
import { normalNoise, requireFloating } from './keep-mask.ts';

/** How `logAlpha` is read. */
export interface LogAlphaSettings {
  /** `logAlpha` is cut off to `[-limit, limit]`, > 0. @defaultValue 8 */
  readonly limit?: number;
  /** Weights with a larger `logAlpha` are pruned in evaluation. @defaultValue 3, as the paper */
  readonly threshold?: number;
}

/** Options of `variationalDropout`. */
export interface VariationalDropoutOptions extends LogAlphaSettings {
  /** `[out]`, without noise. @defaultValue none */
  readonly bias?: TensorLike;
  /** Stride, padding and so on, if it is a convolution of images. @defaultValue a linear layer */
  readonly convolution?: Omit<ConvOptions, 'bias'>;
  /** @defaultValue false */
  readonly training?: boolean;
  /** The random key of the noise. */
  readonly rng?: Tensor;
  /** Standard normal draws instead of a key, of the shape of the output. */
  readonly normal?: Tensor;
}

const known: OptionNames<VariationalDropoutOptions> = {
  limit: true,
  threshold: true,
  bias: true,
  convolution: true,
  training: 'boolean',
  rng: true,
  normal: true,
};

/**
 * A layer whose weights are `N(W, alpha W^2)` with a learned `alpha` for each of them, by local
 * reparametrization: in training outputs are drawn, `x W^T + sqrt(x^2 (alpha W^2)^T) e` with a normal `e` for each
 * output, which has the same distribution for each sample and less noise in the gradients than drawing weights. In
 * evaluation the weights are their means, and those with `logAlpha > threshold`, which are all noise, are 0.
 *
 * Gradients flow to `x`, the weight and `logAlpha` (where it is not cut off). Outputs without variance have no noise.
 *
 * @param x  `[...s, in]`, or `[n, in, h, w]` for a convolution; floating
 * @param weight  `[out, in]`, or `[out, in / groups, kh, kw]`
 * @param logAlpha  as the weight
 * @throws RangeError for a bad `limit` or `threshold`; TypeError in training without `rng` and `normal`; ShapeError
 *   if shapes do not fit; DTypeError for integers
 * @see Kingma, Salimans & Welling, "Variational Dropout and the Local Reparameterization Trick", NIPS 2015, arXiv
 *   1506.02557
 * @see Molchanov, Ashukha & Vetrov, "Variational Dropout Sparsifies Deep Neural Networks", ICML 2017, arXiv
 *   1701.05369
 * @example
 * ```ts
 * const [x, weight, logAlpha] = [tensor([[1, 2]]), tensor([[3, 4]]), tensor([[0, 5]])];
 * reg.variationalDropout(x, weight, logAlpha).item(); // => 3
 * const options = { training: true, normal: tensor([[1]]) };
 * reg.variationalDropout(x, weight, logAlpha, options).item(); // => 11 + Math.sqrt(9 + 64 * Math.exp(5))
 * ```
 */
export function variationalDropout(
  x: TensorLike,
  weight: TensorLike,
  logAlpha: TensorLike,
  options: VariationalDropoutOptions = {},
): Tensor {
  const name = 'variationalDropout';
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const { convolution, bias, training = false } = options;
  const w =
    convolution === undefined
      ? requireWeight(name, source, weight)
      : requireFloating(name, weight, 'the weight');
  const given = requireLogAlpha(name, logAlpha, w);
  const { limit, threshold } = requireLimits(name, options);
  const product = (input: Tensor, by: Tensor, plus?: TensorLike): Tensor =>
    convolution === undefined
      ? linear(input, by, plus)
      : conv2d(input, by, plus === undefined ? convolution : { ...convolution, bias: plus });
  if (!training) return product(source, where(greater(given, threshold), 0, w), bias);
  const alpha = exp(within(given, limit));
  const mean = product(source, w, bias);
  const variance = product(square(source), mul(alpha, square(w)));
  const noise = normalNoise(name, mean.shape, mean.dtype, options);
  return add(mean, mul(deviation(variance), noise));
}

/** `logAlpha` cut off; outside, the gradient is 0. */
const within = (logAlpha: Tensor, limit: number): Tensor =>
  clamp(logAlpha, { min: -limit, max: limit });

/** One `logAlpha` per weight; a ShapeError or DTypeError otherwise. */
function requireLogAlpha(name: string, logAlpha: TensorLike, w: Tensor): Tensor {
  const given = requireFloating(name, logAlpha, 'logAlpha');
  if (showShape(given.shape) !== showShape(w.shape)) {
    throw new ShapeError(
      `${name}: logAlpha has shape ${showShape(given.shape)}, the weight ${showShape(w.shape)}.\n  Each weight has one.`,
    );
  }
  if (given.dtype === w.dtype) return given;
  throw new DTypeError(
    `${name}: logAlpha is ${given.dtype}, the weight ${w.dtype}.\n  Cast it with astype('${w.dtype}').`,
  );
}

/** The settings; a RangeError for bad ones. */
export function requireLimits(
  name: string,
  { limit = 8, threshold = 3 }: LogAlphaSettings,
): Required<LogAlphaSettings> {
  if (!(limit > 0 && limit < Infinity)) {
    throw new RangeError(
      `${name}: limit must be finite and > 0, got ${limit}.\n  It bounds log alpha to [-limit, limit]; the default is 8.`,
    );
  }
  if (Number.isNaN(threshold) || typeof threshold !== 'number') {
    throw new RangeError(
      `${name}: threshold must be a number, got ${threshold}.\n  Pass Infinity to prune nothing.`,
    );
  }
  return { limit, threshold };
}

/** Which approximation of the divergence is used. */
export type VariationalKlForm = 'molchanov' | 'kingma';

/** Options of `variationalKl`. */
export interface VariationalKlOptions {
  /**
   * `'molchanov'` is within 0.02 of the divergence for all `alpha`; `'kingma'` is a cubic for `alpha <= 1`, up to a
   * constant. @defaultValue 'molchanov'
   */
  readonly form?: VariationalKlForm;
  /** `logAlpha` is cut off to `[-limit, limit]`, > 0. @defaultValue 8 */
  readonly limit?: number;
}

/**
 * The divergence of each weight's distribution `N(w, alpha w^2)` from the log-uniform prior, which depends on
 * `alpha` alone. With `l = logAlpha`, Molchanov's fit is `k1 sigmoid(-(k2 + k3 l)) + 0.5 log(1 + exp(-l))` with
 * `k = (0.63576, 1.87320, 1.48695)`, which is > 0 and falls to 0: the prior wants noise. Kingma's is
 * `-(0.5 l + 1.16145124 alpha - 1.50204118 alpha^2 + 0.58629921 alpha^3)`. (Papers call the negative
 * of it the negative KL.)
 *
 * @param logAlpha  `[...s]`, floating
 * @returns `[...s]`; the penalty is the sum
 * @throws RangeError for another form, a bad `limit`, or `'kingma'` with `logAlpha > 0`; DTypeError for integers
 * @see Molchanov, Ashukha & Vetrov, "Variational Dropout Sparsifies Deep Neural Networks", ICML 2017, arXiv
 *   1701.05369
 * @example
 * ```ts
 * const [certain, noisy] = reg.variationalKl(tensor([-2, 8])).data();
 * [certain! > 1, noisy! < 1e-3]; // => [true, true]
 * reg.variationalKl(tensor(0), { form: 'kingma' }).item(); // => -0.24570927
 * ```
 */
export function variationalKl(logAlpha: TensorLike, options: VariationalKlOptions = {}): Tensor {
  const name = 'variationalKl';
  requireOptions(name, options, { form: true, limit: true });
  const { form = 'molchanov' } = options;
  requireForm(name, form);
  const { limit } = requireLimits(
    name,
    options.limit === undefined ? {} : { limit: options.limit },
  );
  const l = within(requireFloating(name, logAlpha, 'logAlpha'), limit);
  if (form === 'molchanov') {
    const soft = mul(sigmoid(sub(-1.8732, mul(l, 1.48695))), 0.63576);
    return add(soft, mul(softplus(mul(l, -1)), 0.5));
  }
  check(
    // NaN passes: it shows in the result.
    logicalNot(greater(l, 0)),
    () =>
      new RangeError(
        `${name}: form 'kingma' is for logAlpha <= 0, got ${String(l)}.\n  Take 'molchanov', or keep logAlpha below 0.`,
      ),
  );
  const alpha = exp(l);
  const cubic = mul(alpha, add(1.16145124, mul(alpha, sub(mul(alpha, 0.58629921), 1.50204118))));
  return mul(add(mul(l, 0.5), cubic), -1);
}

/** A RangeError for another form. */
export function requireForm(name: string, form: unknown): void {
  if (form === 'molchanov' || form === 'kingma') return;
  throw new RangeError(
    `${name}: form must be 'molchanov' or 'kingma', got "${String(form)}".\n  'molchanov' holds for every alpha, 'kingma' up to 1.`,
  );
}
