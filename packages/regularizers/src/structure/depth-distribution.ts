import { type Tensor, tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';

/**
 * How many of the blocks of stochastic depth are there: entry `k` is the probability that exactly `k` are, if block
 * `l` is there with probability `survival[l]`, each for itself (a Poisson binomial distribution). Its mean is the
 * sum of the probabilities.
 *
 * @param survival  a probability in [0, 1] for each block
 * @returns float64 `[blocks + 1]`
 * @throws RangeError for what are no probabilities; TypeError for what is no list
 * @see Huang, Sun, Liu, Sedra & Weinberger, "Deep networks with stochastic depth", ECCV 2016, arXiv 1603.09382
 * @example
 * ```ts
 * reg.depthDistribution([0.5, 0.5]).toArray(); // => [0.25, 0.5, 0.25]
 * const depths = reg.depthDistribution(reg.linearDecaySurvival(4));
 * depths.mul(arange(5, { dtype: 'float64' })).sum().item(); // => (3 * 4 - 1) / 4
 * ```
 */
export function depthDistribution(survival: readonly number[]): Tensor {
  if (!Array.isArray(survival)) {
    throw new TypeError(
      `depthDistribution: survival must be a list of probabilities, got ${kindOf(survival)}.\n  For example linearDecaySurvival(4).`,
    );
  }
  let pmf = Float64Array.of(1);
  for (const [l, s] of survival.entries()) {
    if (!(typeof s === 'number' && s >= 0 && s <= 1)) {
      throw new RangeError(
        `depthDistribution: survival[${l}] must be in [0, 1], got ${String(s)}.\n  Survival probabilities are what linearDecaySurvival(blocks) returns.`,
      );
    }
    const before = pmf;
    pmf = Float64Array.from(
      { length: before.length + 1 },
      (_, k) => (before[k] ?? 0) * (1 - s) + (before[k - 1] ?? 0) * s,
    );
  }
  return tensor(pmf);
}
