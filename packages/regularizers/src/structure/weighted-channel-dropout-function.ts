import {
  all,
  astype,
  div,
  equal,
  full,
  greater,
  greaterEqual,
  less,
  log,
  logicalAnd,
  logicalNot,
  maximum,
  mean,
  ones,
  random,
  reshape,
  stopGradient,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import {
  keepProbability,
  requireFloating,
  requireNoise,
  requireRng,
  requireStructure,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';
import { countAbove } from './ranks.ts';

/** What `WeightedChannelDropout` and `weightedChannelDropout` have in common. */
export interface WeightedChannelDropoutSettings {
  /**
   * Share of the channels that the weighted sampling keeps, in (0, 1]: `max(1, floor(wrsRatio C))` of them.
   * @defaultValue 0.8
   */
  readonly wrsRatio?: number;
  /**
   * Probability that a channel which was sampled stays, in [0, 1]; a 0-d tensor or cell can be annealed.
   * @defaultValue 1: all stay
   */
  readonly rngKeepProb?: Strength;
  /** Scores below 0 have no probability: an error, or taken for 0. @defaultValue 'error' */
  readonly negativeScores?: 'error' | 'clamp';
}

/** Options of `weightedChannelDropout` and `weightedChannelMask`. */
export interface WeightedChannelDropoutOptions extends WeightedChannelDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the sample; the same key and scores give the same one. */
  readonly rng?: Tensor;
  /** Instead of a key, the uniform numbers of the sampling, `[N, C]` in [0, 1). */
  readonly u?: Tensor;
  /** Those of the further dropping, `[N, C]`; needed with `u` unless `rngKeepProb` is the number 1. */
  readonly rngU?: Tensor;
}

/** What weighted channel dropout does to each channel. */
export interface WeightedChannelMask {
  /** Means over space, float64 `[N, C]`. */
  readonly score: Tensor;
  /** What was sampled, bool `[N, C]`: the same number in each row. */
  readonly sampled: Tensor;
  /** What stays, bool `[N, C]`. */
  readonly mask: Tensor;
  /** Scores of all channels by those that were sampled, float64 `[N]`. */
  readonly alpha: Tensor;
}

/** Options of the layer that are the function's too. */
export const knownOfLayer: OptionNames<WeightedChannelDropoutSettings> = {
  wrsRatio: true,
  rngKeepProb: true,
  negativeScores: true,
};
const known: OptionNames<WeightedChannelDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  u: true,
  rngU: true,
};

/** Settings with their defaults, and the second probability as a number or a float64 constant. */
interface Checked {
  readonly settings: Required<WeightedChannelDropoutSettings>;
  readonly stays: number | Tensor;
}

/** Checked settings. */
export function requireSettings(
  name: string,
  { wrsRatio = 0.8, rngKeepProb = 1, negativeScores = 'error' }: WeightedChannelDropoutSettings,
): Checked {
  if (typeof wrsRatio !== 'number' || !(wrsRatio > 0 && wrsRatio <= 1)) {
    throw new RangeError(
      `${name}: wrsRatio must be in (0, 1], got ${showValue(wrsRatio)}.\n  It is the share of channels that is kept, by default 0.8.`,
    );
  }
  const stays = unitStrength(name, 'rngKeepProb', rngKeepProb, { closed: true });
  if (negativeScores !== 'error' && negativeScores !== 'clamp') {
    throw new TypeError(
      `${name}: negativeScores must be 'error' or 'clamp', got ${showValue(negativeScores)}.`,
    );
  }
  return { settings: { wrsRatio, rngKeepProb, negativeScores }, stays };
}

function prepared(
  name: string,
  x: TensorLike,
  options: WeightedChannelDropoutOptions,
): { readonly source: Tensor; readonly choose: () => WeightedChannelMask } {
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const checked = requireSettings(name, options);
  const layout = '[N, C, ...spatial] with one to three spatial axes';
  requireStructure(name, source, [3, 4, 5], layout);
  return { source, choose: () => choose(name, source, checked, options) };
}

function choose(
  name: string,
  x: Tensor,
  { settings, stays }: Checked,
  options: WeightedChannelDropoutOptions,
): WeightedChannelMask {
  const channels = x.shape.slice(0, 2);
  const count = Math.max(1, Math.floor(settings.wrsRatio * x.shape[1]! + 1e-9));
  const score = scoresOf(name, x, settings.negativeScores);
  const [u, rngU] = uniforms(name, channels, stays === 1, options);
  // NaN is no weight: it comes last, as 0 does.
  const weighty = logicalAnd(greater(score, 0), greater(u, 0));
  const keys = where(weighty, div(log(where(weighty, u, 1)), where(weighty, score, 1)), -Infinity);
  const sampled = less(countAbove(keys, 'before'), count);
  const mask =
    rngU === null ? sampled : logicalAnd(sampled, greaterEqual(rngU, keepProbability(stays)));
  const known = where(equal(score, score), score, 0);
  const total = sum(known, { axis: 1 });
  const part = sum(where(sampled, known, 0), { axis: 1 });
  const divisible = logicalAnd(greater(part, 0), less(total, Infinity));
  const alpha = where(divisible, div(total, where(divisible, part, 1)), 1);
  return { score, sampled, mask, alpha };
}

function scoresOf(name: string, x: Tensor, negative: 'error' | 'clamp'): Tensor {
  // float64, so that the same values have the same scores in either precision.
  const exact = astype(stopGradient(x), 'float64');
  const score = mean(exact, { axis: x.shape.slice(2).map((_, k) => k + 2) });
  if (negative === 'clamp') return maximum(score, 0);
  check(
    all(logicalNot(less(score, 0))),
    () =>
      new RangeError(
        `${name}: scores, the means of channels, must be >= 0, got ${String(score)}.\n` +
          "  Put it behind a relu, or pass negativeScores: 'clamp' to take them for 0.",
      ),
  );
  return score;
}

/** The numbers of both steps; none for the second if it is known to keep everything. */
function uniforms(
  name: string,
  shape: readonly number[],
  allStay: boolean,
  { rng, u, rngU }: WeightedChannelDropoutOptions,
): readonly [Tensor, Tensor | null] {
  const draw = (what: 'u' | 'rngU', given: Tensor | undefined): Tensor => {
    if (given === undefined) {
      const key = random.foldIn(requireRng(name, rng, what), what);
      return random.uniform(key, shape, { dtype: 'float64' });
    }
    const noise = astype(
      requireFloating(name, requireNoise(name, what, given, shape), what),
      'float64',
    );
    check(
      all(logicalAnd(greaterEqual(noise, 0), less(noise, 1))),
      () =>
        new RangeError(
          `${name}: ${what} must be in [0, 1), got ${String(noise)}.\n  Draw it with random.uniform, or leave it out and pass rng.`,
        ),
    );
    return noise;
  };
  return [draw('u', u), allStay ? null : draw('rngU', rngU)];
}

/**
 * Keeps channels with a probability that grows with their mean activation. For each sample the scores are means over
 * space; weighted sampling without replacement keeps the `max(1, floor(wrsRatio C))` channels with the largest
 * `u^(1 / score)`; what is sampled is multiplied by `alpha`, all scores by those of the sample, so that the sum of
 * the means stays. Then each may be dropped once more, with probability `1 - rngKeepProb` and without another scale.
 * Evaluation gives `x`.
 *
 * Scores, sample and `alpha` are constants for derivatives. Channels of score 0 come last, in their order. If all
 * are 0, or there is no finite scale, `alpha` is 1.
 *
 * @param x  `[N, C, ...spatial]` with scores >= 0, as behind a relu; floating
 * @returns of the same shape and dtype
 * @throws RangeError for negative scores, unless they are clamped, and for settings out of range; ShapeError for
 * another rank or noise that does not fit; TypeError in training without `rng` and `u`; DTypeError for integers
 * @see Hou & Wang, "Weighted channel dropout for regularization of deep convolutional neural network", AAAI 2019
 * @example
 * ```ts
 * const x = tensor([[[1], [3], [2]]]);
 * const u = tensor([[0.5, 0.5, 0.5]]);
 * reg.weightedChannelDropout(x, { wrsRatio: 0.5, training: true, u }).toArray(); // => [[[0], [6], [0]]]
 * ```
 */
export function weightedChannelDropout(
  x: TensorLike,
  options: WeightedChannelDropoutOptions = {},
): Tensor {
  const { source, choose } = prepared('weightedChannelDropout', x, options);
  if (options.training !== true || source.size === 0) return source;
  const { mask, alpha } = choose();
  const beside = source.shape.slice(2).map(() => 1);
  const [n, channels] = source.shape as readonly [number, number];
  return scaledBy(
    source,
    reshape(alpha, [n, 1, ...beside]),
    reshape(mask, [n, channels, ...beside]),
  );
}

/**
 * Which channels `weightedChannelDropout` keeps with the same options in training, and how it scales them.
 *
 * @param x  the input of `weightedChannelDropout`
 * @throws as `weightedChannelDropout`
 * @example
 * ```ts
 * const u = tensor([[0.5, 0.5, 0.5]]);
 * const found = reg.weightedChannelMask(tensor([[[1], [3], [2]]]), { wrsRatio: 0.7, u });
 * found.sampled.toArray(); // => [[false, true, true]]
 * found.alpha.toArray(); // => [6 / 5]
 * ```
 */
export function weightedChannelMask(
  x: TensorLike,
  options: WeightedChannelDropoutOptions = {},
): WeightedChannelMask {
  const { source, choose } = prepared('weightedChannelMask', x, options);
  if (source.size > 0) return choose();
  const channels = source.shape.slice(0, 2);
  const kept = full(channels, 1, { dtype: 'bool' });
  return {
    score: full(channels, 0, { dtype: 'float64' }),
    sampled: kept,
    mask: kept,
    alpha: ones(channels.slice(0, 1), { dtype: 'float64' }),
  };
}
