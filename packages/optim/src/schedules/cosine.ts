import {
  add,
  astype,
  cos,
  div,
  floorDivide,
  greaterEqual,
  max,
  minimum,
  mul,
  pow,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { exact, requireRate, requireSteps } from './arguments.ts';

/** `from` at 0, `to` at 1, along half a cosine. */
export const cosineBetween = (from: number, to: number, progress: Tensor): Tensor =>
  add(mul(add(cos(mul(progress, Math.PI)), 1), (from - to) / 2), to);

/** Options of `cosine`. */
export interface CosineOptions {
  /** Steps until the lowest rate. */
  readonly tMax: number;
  /** The lowest rate, >= 0. @defaultValue 0 */
  readonly etaMin?: number;
}

/**
 * From `lr` down to `etaMin` along half a cosine, PyTorch's `CosineAnnealingLR`. After `tMax` steps the
 * rate stays at `etaMin`, where PyTorch's rises again.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range
 * @see Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * arXiv 1608.03983
 * @example
 * ```ts
 * const rate = optim.cosine(1, { tMax: 10 });
 * [0, 5, 10, 11].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [1, 0.5, 0, 0]
 * ```
 */
export function cosine(lr: number, options: CosineOptions): Schedule {
  requireRate('cosine', 'lr', lr);
  requireOptions('cosine', options, { tMax: true, etaMin: true });
  const { tMax, etaMin = 0 } = options;
  requireSteps('cosine', 'tMax', tMax);
  requireRate('cosine', 'etaMin', etaMin);
  return (count) => cosineBetween(lr, etaMin, div(minimum(exact(count), tMax), tMax));
}

/** Options of `cosineWarmRestarts`. */
export interface CosineWarmRestartsOptions {
  /** Steps of the first period. */
  readonly t0: number;
  /** Each period is this many times as long as the one before, an integer >= 1. @defaultValue 1 */
  readonly tMult?: number;
  /** The lowest rate, >= 0. @defaultValue 0 */
  readonly etaMin?: number;
}

/**
 * Periods of half a cosine, each from `lr` down towards `etaMin`, PyTorch's
 * `CosineAnnealingWarmRestarts`. Periods begin at whole steps exactly.
 *
 * @param lr  the first rate, >= 0
 * @throws RangeError for numbers out of range
 * @see Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * arXiv 1608.03983
 * @example
 * ```ts
 * const rate = optim.cosineWarmRestarts(1, { t0: 2, tMult: 2 });
 * [0, 1, 2, 4, 6].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [1, 0.5, 1, 0.5, 1]
 * ```
 */
export function cosineWarmRestarts(lr: number, options: CosineWarmRestartsOptions): Schedule {
  requireRate('cosineWarmRestarts', 'lr', lr);
  requireOptions('cosineWarmRestarts', options, { t0: true, tMult: true, etaMin: true });
  const { t0, tMult = 1, etaMin = 0 } = options;
  requireSteps('cosineWarmRestarts', 't0', t0);
  requireSteps('cosineWarmRestarts', 'tMult', tMult);
  requireRate('cosineWarmRestarts', 'etaMin', etaMin);
  const period = tMult === 1 ? equalPeriods(t0) : growingPeriods(t0, tMult);
  return (count) => {
    const t = exact(count);
    const [start, length] = period(t);
    return cosineBetween(lr, etaMin, div(sub(t, start), length));
  };
}

type Period = (t: Tensor) => readonly [start: Tensor, length: Tensor | number];

const equalPeriods =
  (t0: number): Period =>
  (t) => [mul(floorDivide(t, t0), t0), t0];

/** All starts that an int32 count can reach, so that no logarithm decides where one lies. */
function growingPeriods(t0: number, tMult: number): Period {
  const starts = [0];
  for (let length = t0; starts.at(-1)! + length < 2 ** 31; length *= tMult) {
    starts.push(starts.at(-1)! + length);
  }
  const all = tensor(starts, { dtype: 'float64' });
  return (t) => {
    const begun = greaterEqual(t, all);
    const order = sub(sum(astype(begun, 'float64')), 1);
    return [max(where(begun, all, 0)), mul(pow(tMult, order), t0)];
  };
}
