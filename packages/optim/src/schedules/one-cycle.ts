import { add, div, less, maximum, minimum, mul, sub, type Tensor, where } from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { requireNumber } from '../scalars.ts';
import { exact, requireFactor, requireRate, requireSteps } from './arguments.ts';
import { cosineBetween } from './cosine.ts';

/** Options of `oneCycle`; the defaults are PyTorch's. */
export interface OneCycleOptions {
  /** Steps of the cycle, at least 2 (4 with `threePhase`); afterwards the rate stays at its last value. */
  readonly totalSteps: number;
  /** Share of the steps in which the rate rises, in (0, 1); below 1/2 with `threePhase`. @defaultValue 0.3 */
  readonly pctStart?: number;
  /** The shape of rise and fall. @defaultValue 'cos' */
  readonly annealStrategy?: 'cos' | 'linear';
  /** The first rate is `maxLr / divFactor`. @defaultValue 25 */
  readonly divFactor?: number;
  /** The last rate is the first one divided by this. @defaultValue 1e4 */
  readonly finalDivFactor?: number;
  /** Fall back to the first rate as fast as it rose, then to the last one. @defaultValue false */
  readonly threePhase?: boolean;
}

const between = {
  cos: cosineBetween,
  linear: (from: number, to: number, progress: Tensor): Tensor =>
    add(mul(progress, to - from), from),
};

/**
 * The 1cycle policy: up from `maxLr / divFactor` to `maxLr`, and down to far below the first rate;
 * PyTorch's `OneCycleLR`, whose momentum stays as it is here.
 *
 * @param maxLr  the highest rate, >= 0
 * @throws RangeError for numbers out of range or an unknown strategy
 * @see Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates",
 * 2018, arXiv 1708.07120
 * @example
 * ```ts
 * const rate = optim.oneCycle(1, { totalSteps: 10, pctStart: 0.5, divFactor: 10 });
 * [0, 2, 4, 9].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [0.1, 0.55, 1, 1e-5]
 * ```
 */
export function oneCycle(maxLr: number, options: OneCycleOptions): Schedule {
  requireRate('oneCycle', 'maxLr', maxLr);
  requireOptions('oneCycle', options, {
    totalSteps: true,
    pctStart: true,
    annealStrategy: true,
    divFactor: true,
    finalDivFactor: true,
    threePhase: 'boolean',
  });
  const { totalSteps, pctStart = 0.3, annealStrategy = 'cos', threePhase = false } = options;
  const { divFactor = 25, finalDivFactor = 1e4 } = options;
  requireSteps('oneCycle', 'totalSteps', totalSteps);
  requireFactor('oneCycle', 'divFactor', divFactor);
  requireFactor('oneCycle', 'finalDivFactor', finalDivFactor);
  if (!Object.hasOwn(between, annealStrategy)) {
    throw new RangeError(
      `oneCycle: annealStrategy must be 'cos' or 'linear', got ${showValue(annealStrategy)}.`,
    );
  }
  requireNumber('oneCycle', 'pctStart', pctStart, {
    test: (x) => x > 0 && x < (threePhase ? 0.5 : 1),
    says: threePhase ? 'in (0, 0.5)' : 'in (0, 1)',
  });
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  const top = pctStart * totalSteps - 1;
  const end = totalSteps - 1;
  if (!(top > 0)) {
    throw new RangeError(
      `oneCycle: pctStart * totalSteps must be > 1, got ${pctStart} * ${totalSteps}.\n  Take more steps or a longer rise.`,
    );
  }
  const phases = threePhase
    ? [
        { until: top, from: first, to: maxLr },
        { until: 2 * pctStart * totalSteps - 2, from: maxLr, to: first },
        { until: end, from: first, to: last },
      ]
    : [
        { until: top, from: first, to: maxLr },
        { until: end, from: maxLr, to: last },
      ];
  const anneal = between[annealStrategy];
  return (count) => {
    const t = exact(count);
    const pieces = phases.map(({ until, from, to }, i) => {
      const start = i === 0 ? 0 : phases[i - 1]!.until;
      const progress = div(sub(minimum(maximum(t, start), until), start), until - start);
      return { until, rate: anneal(from, to, progress) };
    });
    return pieces
      .slice(0, -1)
      .reduceRight(
        (rest, { until, rate }) => where(less(t, until), rate, rest),
        pieces.at(-1)!.rate,
      );
  };
}
