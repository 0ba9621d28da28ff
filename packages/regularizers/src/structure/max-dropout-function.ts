import {
  astype,
  div,
  equal,
  full,
  greater,
  logicalAnd,
  logicalNot,
  max,
  min,
  mul,
  random,
  ShapeError,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { keepProbability, requireFloating, requireRng, unitStrength } from './keep-mask.ts';

/** What `MaxDropout` and `maxDropout` have in common. */
export interface MaxDropoutSettings {
  /**
   * Which activations are dropped, in [0, 1]: those above `1 - p` of the range; a 0-d tensor or cell can be
   * annealed. It is not the share that is dropped. @defaultValue 0.3 (the authors' code)
   */
  readonly p?: Strength;
  /**
   * `'minmax'` compares `(x - min) / (max - min)` with `1 - p`; `'l2'`, of the paper's algorithm, draws a rate from
   * `U(0, p)` and compares `x / |x|` with `1 - rate` of its maximum. @defaultValue 'minmax'
   */
  readonly norm?: 'minmax' | 'l2';
  /** Whether each sample has a range of its own. @defaultValue false: that of the whole batch */
  readonly perSample?: boolean;
}

/** Options of `maxDropout` and `maxDropoutMask`. */
export interface MaxDropoutOptions extends MaxDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the rate; `'minmax'` draws nothing. */
  readonly rng?: Tensor;
  /** The rate of `'l2'` instead of a key, in [0, 1]. */
  readonly rate?: Strength;
}

/** Options of the layer that are the function's too. */
export const knownOfLayer: OptionNames<MaxDropoutSettings> = {
  p: true,
  norm: true,
  perSample: 'boolean',
};
const known: OptionNames<MaxDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  rate: true,
};

/** Settings with their defaults, and `p` as a number or a float64 constant. */
export function requireMaxDropout(
  name: string,
  { p = 0.3, norm = 'minmax', perSample = false }: MaxDropoutSettings,
): { readonly settings: Required<MaxDropoutSettings>; readonly most: number | Tensor } {
  if (norm !== 'minmax' && norm !== 'l2') {
    throw new TypeError(`${name}: norm must be 'minmax' or 'l2', got ${showValue(norm)}.`);
  }
  const most = unitStrength(name, 'p', p, { closed: true });
  return { settings: { p, norm, perSample }, most };
}

function prepared(
  name: string,
  x: TensorLike,
  options: MaxDropoutOptions,
): { readonly source: Tensor; readonly dropped: () => Tensor } {
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const { settings, most } = requireMaxDropout(name, options);
  const { norm, perSample } = settings;
  if (perSample && source.rank === 0) {
    throw new ShapeError(
      `${name}: perSample needs an axis of samples, got shape ${showShape(source.shape)}.\n  Samples lie along axis 0, as in [n, ...s].`,
    );
  }
  if (norm === 'minmax' && options.rate !== undefined) {
    throw new TypeError(
      `${name}: rate is for norm 'l2', got it with 'minmax', which draws none.\n  Pass p, or norm: 'l2'.`,
    );
  }
  const axis = source.shape.map((_, k) => k).slice(perSample ? 1 : 0);
  return {
    source,
    dropped: () => {
      // float64, so that the same values are dropped in either precision.
      const values = astype(stopGradient(source), 'float64');
      return norm === 'minmax'
        ? aboveRange(values, axis, most)
        : aboveShare(values, axis, rateOf(name, most, options));
    },
  };
}

/** The last `p` of the range; nothing of a range of 0, or where there is no number. */
function aboveRange(x: Tensor, axis: number[], p: number | Tensor): Tensor {
  const low = min(x, { axis, keepdims: true });
  const high = max(x, { axis, keepdims: true });
  const spread = greater(high, low);
  const share = div(sub(x, low), where(spread, sub(high, low), 1));
  // The maximum is all of the range, of an infinite one too, where the quotient is no number.
  const reached = where(equal(x, high), 1, share);
  return logicalAnd(greater(reached, keepProbability(p)), spread);
}

/** More than `1 - rate` of the maximum, which is nothing if that is not positive. */
function aboveShare(x: Tensor, axis: number[], rate: number | Tensor): Tensor {
  const most = max(x, { axis, keepdims: true });
  return greater(x, mul(most, keepProbability(rate)));
}

function rateOf(
  name: string,
  p: number | Tensor,
  { rng, rate }: MaxDropoutOptions,
): number | Tensor {
  if (rate !== undefined) return unitStrength(name, 'rate', rate, { closed: true });
  return mul(random.uniform(requireRng(name, rng, 'rate'), [], { dtype: 'float64' }), p);
}

/**
 * Drops the highest activations: in training those above `1 - p` of the range from the smallest to the largest are
 * set to 0, the others pass as they are, without rescaling. Evaluation gives `x`. How many are dropped depends on the
 * distribution: for `0 < p < 1` always the maximum, also an infinite one, never the minimum; nothing of a constant
 * tensor, or one with NaN.
 *
 * By default nothing is random. With `norm: 'l2'` the rate of each call is drawn from `U(0, p)` and what exceeds
 * `1 - rate` of the largest activation is dropped. What is dropped is a constant for derivatives.
 *
 * @param x  `[...s]`, floating; `[n, ...s]` with `perSample`
 * @returns of the same shape and dtype
 * @throws RangeError if `p` or `rate` is outside [0, 1]; TypeError in training with `norm: 'l2'` without `rng` and
 * `rate`, and for a `rate` of `'minmax'`; ShapeError for `perSample` without an axis; DTypeError for integers
 * @see do Santos, Colombo, Roder & Papa, "MaxDropout: deep neural network regularization based on maximum output
 * values", ICPR 2020, arXiv 2007.13723
 * @example
 * ```ts
 * reg.maxDropout(tensor([0, 1, 2, 3, 4]), { p: 0.3, training: true }).toArray(); // => [0, 1, 2, 0, 0]
 * ```
 */
export function maxDropout(x: TensorLike, options: MaxDropoutOptions = {}): Tensor {
  const { source, dropped } = prepared('maxDropout', x, options);
  if (options.training !== true || source.size === 0) return source;
  return where(dropped(), 0, source);
}

/**
 * What `maxDropout` keeps with the same options in training.
 *
 * @param x  the input of `maxDropout`
 * @returns bool, of the same shape
 * @throws as `maxDropout`
 * @example
 * ```ts
 * reg.maxDropoutMask(tensor([0, 2, 4]), { p: 0.5 }).toArray(); // => [true, true, false]
 * ```
 */
export function maxDropoutMask(x: TensorLike, options: MaxDropoutOptions = {}): Tensor {
  const { source, dropped } = prepared('maxDropoutMask', x, options);
  if (source.size === 0) return full(source.shape, 1, { dtype: 'bool' });
  return logicalNot(dropped());
}
