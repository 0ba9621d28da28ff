import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { requireCount } from '../validate.ts';
import {
  evenSizes,
  labelled,
  type NoisyOptions,
  noisyNames,
  planOf,
  requireFiniteNumber,
} from './generate.ts';
import { cosTurns, sinTurns } from './turns.ts';

/** Options of `spirals`. */
export interface SpiralsOptions extends NoisyOptions {
  /** Number of arms, each a class, >= 2. @defaultValue 2 */
  readonly arms?: number;
  /** How often an arm goes round. @defaultValue 1.75, as the TensorFlow Playground */
  readonly turns?: number;
}

/**
 * Interleaved Archimedean spirals, an arm a class. The `i`-th of the `m` points of arm `k` of `K`, from
 * `i = 0`, has the radius `r = (i + 1) / m` and the angle `2 pi (turns r + k / K)`: `r (cos, sin)` of it.
 * Then normal noise is added to both coordinates. No point is at the origin, where the arms meet.
 *
 * @param options  see `SpiralsOptions`; `n` is at least `arms`, and the first classes get the rows that
 * remain
 * @returns `x` `[n, 2]`, within the unit disc but for the noise; `y` int32 `[n]`
 * @throws RangeError for a number out of range; DTypeError if `dtype` is not floating
 * @see Lang & Witbrock, "Learning to tell two spirals apart", Proc. Connectionist Models Summer School
 * (1988), for the task; there an arm has 97 points and three turns
 * @example
 * ```ts
 * const { x, y } = data.spirals({ n: 4, turns: 1, shuffle: false });
 * x.toArray(); // => [[-0.5, 0], [1, 0], [0.5, 0], [-1, 0]]
 * y.toArray(); // => [0, 0, 1, 1]
 * ```
 */
export function spirals(options: SpiralsOptions = {}): Dataset {
  requireOptions('spirals', options, { ...noisyNames, arms: true, turns: true });
  const { arms = 2, turns = 1.75 } = options;
  requireCount('spirals', 'arms', arms);
  if (arms < 2) throw new RangeError('spirals: arms must be at least 2, one per class, got 1.');
  requireFiniteNumber('spirals', 'turns', turns);
  const plan = planOf('spirals', options, arms);
  return labelled(plan, evenSizes(plan.n, arms), (k, i, size) => {
    const r = (i + 1) / size;
    const angle = turns * r + k / arms;
    return [r * cosTurns(angle), r * sinTurns(angle)];
  });
}
