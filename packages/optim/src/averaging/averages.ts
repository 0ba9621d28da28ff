import { add, astype, div, equal, sub, where, zerosLike } from '@tikhonov/core';
import { axpby, requireOptions } from '@tikhonov/core/engine';
import type { Scalar } from '../scalars.ts';
import { requireShare, share64, stays } from '../share.ts';
import type { OptimizerTarget } from '../target.ts';
import { ParameterAverage } from './parameter-average.ts';

/** Options of `ema`. */
export interface EmaOptions {
  /**
   * Share of the average that stays, in [0, 1); a cell's may change between updates, such as rise with the
   * steps. @defaultValue 0.999
   */
  readonly decay?: Scalar;
  /**
   * Start from 0 and divide by `1 - decay^k` (by 1 less the product of the decays, where they change), so that
   * the values before the first `update` have no weight; otherwise the average starts at them.
   * @defaultValue false
   */
  readonly debias?: boolean;
}

/**
 * An exponential moving average of the parameters, `a = decay a + (1 - decay) w` at every `update`.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for a decay outside [0, 1), at an update for one that a cell holds
 * @see Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on Control
 * and Optimization 30 (1992)
 * @example
 * ```ts
 * const w = parameter(tensor([0]));
 * const average = optim.ema({ w }, { decay: 0.75 });
 * w.write(tensor([4]));
 * average.update();
 * average.values().w.toArray(); // => [1]
 * average.use(() => w.read().toArray()); // => [1]
 * w.read().toArray(); // => [4]
 * ```
 */
export function ema(target: OptimizerTarget, options: EmaOptions = {}): ParameterAverage {
  requireOptions('ema', options, { decay: true, debias: 'boolean' });
  const { decay = 0.999, debias = false } = options;
  requireShare('ema', 'decay', decay, stays);
  return new ParameterAverage(target, {
    start: (w) => (debias ? zerosLike(w) : w),
    share: () => share64('ema', 'decay', decay, stays),
    take: (average, w, _, share) =>
      axpby(astype(share, w.dtype), average, astype(sub(1, share), w.dtype), w),
    // A decay that changes has no power: the product of those so far is what is left of the start.
    remembers: debias,
    read: (average, w, t, left) => {
      if (!debias) return average;
      const none = equal(t, 0);
      return where(none, w, div(average, astype(where(none, 1, sub(1, left)), w.dtype)));
    },
  });
}

/**
 * The mean of the parameters at all calls of `update`: stochastic weight averaging, if they come once per
 * epoch or cycle of a high rate.
 *
 * @param target  a model, or parameters by name
 * @see Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018,
 * arXiv 1803.05407
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * const average = optim.swa({ w });
 * average.update();
 * w.write(tensor([4]));
 * average.update();
 * average.copyTo();
 * w.read().toArray(); // => [2.5]
 * ```
 */
export const swa = (target: OptimizerTarget): ParameterAverage =>
  new ParameterAverage(target, {
    start: (w) => zerosLike(w),
    take: (average, w, t) => add(average, div(sub(w, average), astype(t, w.dtype))),
    read: (average, w, t) => where(equal(t, 0), w, average),
  });
