import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { labelled, type NoisyOptions, noisyNames, planOf } from './generate.ts';
import { cosTurns, sinTurns } from './turns.ts';

/** Options of `circles`. */
export interface CirclesOptions extends NoisyOptions {
  /** Radius of the inner circle, in [0, 1). @defaultValue 0.8, as scikit-learn */
  readonly factor?: number;
}

/**
 * Two circles about the origin, class 0 of radius 1 and class 1 of radius `factor`: `r (cos a, sin a)`
 * with `a` evenly spaced over `[0, 2 pi)`; then normal noise is added to both coordinates. As
 * scikit-learn's `make_circles`, whose class sizes (`floor(n / 2)` outside, the rest inside) and order
 * without shuffling these are; the random draws are our own.
 *
 * @param options  see `CirclesOptions`; `n` is at least 2
 * @returns `x` `[n, 2]`, `y` int32 `[n]`
 * @throws RangeError for `n`, `noise` or `factor` out of range; DTypeError if `dtype` is not floating
 * @example
 * ```ts
 * const { x, y } = data.circles({ n: 4, factor: 0.5, shuffle: false });
 * x.toArray(); // => [[1, 0], [-1, 0], [0.5, 0], [-0.5, 0]]
 * y.toArray(); // => [0, 0, 1, 1]
 * ```
 */
export function circles(options: CirclesOptions = {}): Dataset {
  requireOptions('circles', options, { ...noisyNames, factor: true });
  const plan = planOf('circles', options, 2);
  const { factor = 0.8 } = options;
  if (!(factor >= 0 && factor < 1)) {
    throw new RangeError(
      `circles: factor must be in [0, 1), got ${factor}.\n  It is the inner radius; the outer one is 1.`,
    );
  }
  const outer = Math.floor(plan.n / 2);
  return labelled(plan, [outer, plan.n - outer], (label, i, size) => {
    const radius = label === 0 ? 1 : factor;
    return [radius * cosTurns(i / size), radius * sinTurns(i / size)];
  });
}
