import {
  add,
  all,
  astype,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  log,
  logicalAnd,
  logSoftmax,
  max,
  maximum,
  mean,
  mul,
  neg,
  reshape,
  ShapeError,
  select,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { inDType, requireStrength, type Strength } from '../strength.ts';
import { requireFloating } from './keep-mask.ts';

/** Mean and spread of the outputs of several passes. */
export interface McRegression {
  /** `[...s]`, the mean over passes. */
  readonly mean: Tensor;
  /** `[...s]`, the variance over passes, plus `1 / tau` if it is given. */
  readonly variance: Tensor;
}

/** What several passes say about the class, in nats. */
export interface McClassification {
  /** `[...s, K]`, the mean probabilities. */
  readonly mean: Tensor;
  /** `[...s, K]`, the variance of the probabilities over passes. */
  readonly variance: Tensor;
  /** `[...s]`, entropy of the mean: all uncertainty, in [0, log K]. */
  readonly entropy: Tensor;
  /** `[...s]`, mean entropy of the passes: the uncertainty that each of them sees in the data. */
  readonly expectedEntropy: Tensor;
  /** `[...s]`, their difference (BALD), >= 0: how much the passes disagree, which more data would mend. */
  readonly mutualInformation: Tensor;
}

/** Options of `mcRegression`. */
export interface McRegressionOptions {
  /** Whether the variance over passes is divided by their number less 1. @defaultValue false (paper) */
  readonly unbiased?: boolean;
  /**
   * Weights of the passes `[T]`, >= 0, of which only the ratios count: with the probabilities of all masks the
   * expectations are exact. @defaultValue equal ones
   */
  readonly weights?: TensorLike;
  /** Precision of the noise in the data, > 0: adds `1 / tau`. @defaultValue none */
  readonly tau?: Strength;
}

/** Options of `mcClassification`. */
export type McClassificationOptions = Pick<McRegressionOptions, 'unbiased' | 'weights'>;

const knownOfClassification: OptionNames<McClassificationOptions> = {
  unbiased: 'boolean',
  weights: true,
};
const knownOfRegression: OptionNames<McRegressionOptions> = { ...knownOfClassification, tau: true };

/**
 * Mean and variance of given passes: `(1/T) sum y_t` and `1 / tau + (1/T) sum (y_t - mean)^2`. Differentiable.
 *
 * @param outputs  `[T, ...s]`, one pass of a network with dropout on in each row
 * @throws ShapeError without passes; RangeError for `unbiased` with one pass, and unless `tau` > 0
 * @see Gal & Ghahramani, "Dropout as a Bayesian approximation", ICML 2016, arXiv 1506.02142
 * @example
 * ```ts
 * const { mean, variance } = reg.mcRegression(tensor([[1], [3]]), { tau: 2 });
 * [mean.item(), variance.item()]; // => [2, 1 + 0.5]
 * ```
 */
export function mcRegression(outputs: TensorLike, options: McRegressionOptions = {}): McRegression {
  requireOptions('mcRegression', options, knownOfRegression);
  const { tau } = options;
  const passes = requirePasses('mcRegression', outputs, 1);
  const moments = momentsOf(passes, averageOf('mcRegression', passes, options));
  if (tau === undefined) return moments;
  const precision = requireStrength('mcRegression: tau', tau, 'positive');
  const noise = typeof precision === 'number' ? 1 / precision : div(1, precision);
  return { ...moments, variance: add(moments.variance, inDType(noise, passes.dtype)) };
}

/**
 * What given passes of a classifier say: with `p_t = softmax(logits_t)` the mean and variance of the
 * probabilities, the entropy of the mean, the mean entropy, and the mutual information. Natural logarithms,
 * `0 log 0 = 0`; computed from log-probabilities. Differentiable.
 *
 * @param logits  `[T, ...s, K]`, one pass of a network with dropout on in each row
 * @throws ShapeError without passes or classes; RangeError for `unbiased` with one pass
 * @see Gal & Ghahramani, "Dropout as a Bayesian approximation", ICML 2016, arXiv 1506.02142
 * @see Houlsby, Huszar, Ghahramani & Lengyel, "Bayesian active learning for classification and preference
 * learning", 2011, arXiv 1112.5745
 * @example
 * ```ts
 * const certain = tensor([[[50, -50]], [[-50, 50]]]);
 * const { mean, entropy, expectedEntropy, mutualInformation } = reg.mcClassification(certain);
 * mean.toArray(); // => [[0.5, 0.5]]
 * [entropy.item(), expectedEntropy.item(), mutualInformation.item()]; // => [Math.LN2, 0, Math.LN2]
 * ```
 */
export function mcClassification(
  logits: TensorLike,
  options: McClassificationOptions = {},
): McClassification {
  requireOptions('mcClassification', options, knownOfClassification);
  const z = requirePasses('mcClassification', logits, 2);
  const average = averageOf('mcClassification', z, options);
  const logp = logSoftmax(z, { axis: -1 });
  const p = exp(logp);
  const logMean = logMeanOf(logp, average);
  const pbar = exp(logMean);
  // As a mean of divergences it has no difference of entropies that could cancel.
  const divergence = sum(mul(p, sub(finite(logp), finite(logMean))), { axis: -1 });
  return {
    ...momentsOf(p, average),
    entropy: entropyOf(pbar, logMean),
    expectedEntropy: average.mean(entropyOf(p, logp)),
    mutualInformation: maximum(average.mean(divergence), 0),
  };
}

/** `-sum p log p` over the last axis. */
const entropyOf = (p: Tensor, logp: Tensor): Tensor => neg(sum(mul(p, finite(logp)), { axis: -1 }));

/** With 0 for the logarithm of 0, whose factor is 0. */
const finite = (logp: Tensor): Tensor => where(equal(logp, -Infinity), 0, logp);

/** `log (1/T) sum p_t`; exactly `log p_t` if all passes agree. */
function logMeanOf(logp: Tensor, average: Average): Tensor {
  const top = finite(max(logp, { axis: 0 }));
  return add(top, log(average.mean(exp(sub(logp, top)))));
}

/** Mean and variance over the first axis, about the first pass: exact if all agree. */
function momentsOf(passes: Tensor, average: Average): McRegression {
  const first = select(passes, 0);
  const center = add(first, average.mean(sub(passes, first)));
  return { mean: center, variance: average.spread(square(sub(passes, center))) };
}

/** Averages over the first axis. */
interface Average {
  readonly mean: (x: Tensor) => Tensor;
  /** That of squared deviations: the mean, or for unbiased variances the sum over one less. */
  readonly spread: (x: Tensor) => Tensor;
}

function averageOf(name: string, passes: Tensor, options: McClassificationOptions): Average {
  const { unbiased = false, weights } = options;
  const samples = passes.shape[0]!;
  requireUnbiased(name, samples, unbiased);
  const plain = (x: Tensor): Tensor => mean(x, { axis: 0 });
  if (weights === undefined) {
    const spread = (x: Tensor): Tensor => div(sum(x, { axis: 0 }), samples - 1);
    return { mean: plain, spread: unbiased ? spread : plain };
  }
  if (unbiased) {
    throw new TypeError(
      `${name}: an unbiased variance is for passes without weights, got both.\n  Leave unbiased or the weights out.`,
    );
  }
  const given = requireFloating(name, weights, 'the weights');
  if (given.rank !== 1 || given.size !== samples) {
    throw new ShapeError(
      `${name}: the weights must be [${samples}], one for each pass, got ${showShape(given.shape)}.\n  Leave them out for the mean of the passes.`,
    );
  }
  const total = sum(given);
  check(
    logicalAnd(all(greaterEqual(given, 0)), logicalAnd(greater(total, 0), less(total, Infinity))),
    () =>
      new RangeError(
        `${name}: the weights must be >= 0 and not all 0, got ${String(given)}.\n  Leave them out for the mean of the passes.`,
      ),
  );
  const shares = astype(div(given, total), passes.dtype);
  const weighted = (x: Tensor): Tensor =>
    sum(mul(x, reshape(shares, [samples, ...x.shape.slice(1).map(() => 1)])), { axis: 0 });
  return { mean: weighted, spread: weighted };
}

function requirePasses(name: string, passes: TensorLike, rank: 1 | 2): Tensor {
  const given = requireFloating(name, passes, 'the passes');
  if (given.rank < rank || given.shape[0] === 0 || (rank === 2 && given.shape.at(-1) === 0)) {
    throw new ShapeError(
      `${name}: the passes must be ${rank === 1 ? '[T, ...s]' : '[T, ...s, K]'} with at least one of them, got ${showShape(given.shape)}.\n  Stack the outputs of the passes.`,
    );
  }
  return given;
}

/** A RangeError for the unbiased variance of one pass. */
export function requireUnbiased(name: string, samples: number, unbiased: boolean): void {
  if (samples > 1 || !unbiased) return;
  throw new RangeError(
    `${name}: an unbiased variance needs two passes or more, got 1.\n  Raise samples, or leave unbiased out.`,
  );
}
