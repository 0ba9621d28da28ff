import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { labelled, type NoisyOptions, noisyNames, planOf } from './generate.ts';
import { cosTurns, sinTurns } from './turns.ts';

/**
 * Two interleaving half circles. Class 0 is `(cos a, sin a)` and class 1 is `(1 - cos a, 1/2 - sin a)`,
 * with `a` evenly spaced over `[0, pi]`, both ends included; then normal noise is added to both
 * coordinates. The geometry, the class sizes (`floor(n / 2)` and the rest) and the order without
 * shuffling are those of scikit-learn's `make_moons`; the random draws are our own.
 *
 * @param options  see `NoisyOptions`; `n` is at least 2
 * @returns `x` `[n, 2]`, `y` int32 `[n]`
 * @throws RangeError for `n` or `noise` out of range; DTypeError if `dtype` is not floating
 * @example
 * ```ts
 * const { x, y } = data.moons({ n: 6, shuffle: false });
 * x.toArray(); // => [[1, 0], [0, 1], [-1, 0], [0, 0.5], [1, -0.5], [2, 0.5]]
 * y.toArray(); // => [0, 0, 0, 1, 1, 1]
 * data.moons({ n: 500, noise: 0.1, seed: 3 }).x.shape; // => [500, 2]
 * ```
 */
export function moons(options: NoisyOptions = {}): Dataset {
  requireOptions('moons', options, noisyNames);
  const plan = planOf('moons', options, 2);
  const outer = Math.floor(plan.n / 2);
  return labelled(plan, [outer, plan.n - outer], (label, i, size) => {
    const u = size === 1 ? 0 : i / (2 * (size - 1));
    return label === 0 ? [cosTurns(u), sinTurns(u)] : [1 - cosTurns(u), 0.5 - sinTurns(u)];
  });
}
