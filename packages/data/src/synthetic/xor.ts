import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { addNoise, evenSizes, type NoisyOptions, noisyNames, planOf } from './generate.ts';

/** Options of `xor`. */
export interface XorOptions extends NoisyOptions {
  /** Distance that the points keep from both axes, before noise, in [0, 1). @defaultValue 0 */
  readonly margin?: number;
}

/** The signs of a quadrant's points, counter-clockwise: classes 0, 1, 0, 1. */
const quadrants = [
  [1, 1],
  [-1, 1],
  [-1, -1],
  [1, -1],
] as const;

/**
 * The exclusive or of two signs: points uniform over `margin < |x0|, |x1| <= 1`, equally many in every
 * quadrant (the first ones get the rows that remain), class 1 where the signs differ. Then normal noise
 * is added to both coordinates; the class stays that of the place before it.
 *
 * @param options  see `XorOptions`; `n` is at least 4
 * @returns `x` `[n, 2]`, `y` int32 `[n]`
 * @throws RangeError for `n`, `noise` or `margin` out of range; DTypeError if `dtype` is not floating
 * @example
 * ```ts
 * const { x, y } = data.xor({ n: 4, shuffle: false });
 * sign(x).toArray(); // => [[1, 1], [-1, 1], [-1, -1], [1, -1]]
 * y.toArray(); // => [0, 1, 0, 1]
 * ```
 */
export function xor(options: XorOptions = {}): Dataset {
  requireOptions('xor', options, { ...noisyNames, margin: true });
  const plan = planOf('xor', options, 4);
  const { margin = 0 } = options;
  if (!(margin >= 0 && margin < 1)) {
    throw new RangeError(`xor: margin must be in [0, 1), got ${margin}.`);
  }
  const quadrantOf = evenSizes(plan.n, 4).flatMap((size, q) => Array<number>(size).fill(q));
  const u = plan.uniform('points', 2 * plan.n);
  // 1 - u is in (0, 1], so no point is on an axis.
  const x = Float64Array.from(u, (v, i) => {
    const sign = quadrants[quadrantOf[i >> 1]!]![i & 1]!;
    return sign * (margin + (1 - margin) * (1 - v));
  });
  addNoise(plan, x);
  return plan.finish(
    x,
    Int32Array.from(quadrantOf, (q) => q % 2),
    2,
  );
}
