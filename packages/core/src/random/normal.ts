import type { DType, Shape } from '@tikhonov/array';
import { bind } from '../bind.ts';
import { maximum, minimum } from '../primitives/extremum.ts';
import type { Tensor } from '../tensor.ts';
import { bits, normalFromBitsP, requireDraw } from './bits.ts';
import { type DrawOptions, floatOption, largestBelow, requireFinite, scaleShift } from './draws.ts';
import { truncatedDrawP } from './truncated-draw.ts';

/** Options of `normal`. */
export interface NormalOptions extends DrawOptions {
  /** @defaultValue 0 */
  readonly mean?: number;
  /** Standard deviation, >= 0. @defaultValue 1 */
  readonly std?: number;
}

/**
 * Standard normal draws, scaled: `mean + std * z`.
 *
 * @example
 * ```ts
 * const z = random.normal(random.key(0), [10000]);
 * Math.abs(z.mean().item()) < 0.05; // => true
 * ```
 */
export function normal(from: Tensor, shape: Shape, options: NormalOptions = {}): Tensor {
  requireDraw('random.normal', from, shape);
  const dtype = floatOption('random.normal', options, { dtype: true, mean: true, std: true });
  const { mean = 0, std = 1 } = options;
  if (!(std >= 0 && Number.isFinite(std) && Number.isFinite(mean))) {
    throw new RangeError(`random.normal: needs finite mean and std >= 0, got ${mean} and ${std}.`);
  }
  const z = bind(normalFromBitsP, [bits(from, shape)], null);
  return scaleShift(z, std, mean, dtype);
}

/** Options of `truncatedNormal`. */
export interface TruncatedNormalOptions extends DrawOptions {
  /** The smallest draw; may be -Infinity. @defaultValue -2, as PyTorch's `trunc_normal_` */
  readonly min?: number;
  /** The largest draw; may be Infinity. @defaultValue 2 */
  readonly max?: number;
  /** Of the normal distribution before truncation. @defaultValue 0 */
  readonly mean?: number;
  /** Of the normal distribution before truncation, > 0. @defaultValue 1 */
  readonly std?: number;
}

const knownTruncated = { dtype: true, min: true, max: true, mean: true, std: true } as const;

/**
 * Normal draws given that they lie in `[min, max]`. By rejection, so the distribution is exact however
 * far in a tail the interval lies; the draws have the resolution of float64, rounded to `dtype` and
 * never out of the interval. (In an interval that reaches both sides, nothing beyond 6.67 standard
 * deviations is drawn, as in `normal`: an event of probability 3e-11.)
 *
 * @returns `shape`
 * @throws RangeError unless `min < max`, `std > 0` and `mean` is finite, or if no number of the dtype
 * lies in the interval
 * @see Robert, "Simulation of truncated normal variables", Statistics and Computing 5 (1995)
 * @example
 * ```ts
 * const x = random.truncatedNormal(random.key(0), [1000], { min: 8, max: Infinity });
 * x.min().item() >= 8 && x.mean().item() < 8.2; // => true
 * ```
 */
export function truncatedNormal(
  from: Tensor,
  shape: Shape,
  options: TruncatedNormalOptions = {},
): Tensor {
  const name = 'random.truncatedNormal';
  requireDraw(name, from, shape);
  const dtype = floatOption(name, options, knownTruncated);
  const { min = -2, max = 2, mean = 0, std = 1 } = options;
  requireFinite(name, 'mean', mean);
  requireFinite(name, 'std', std, true);
  if (!(min < max)) throw new RangeError(`${name}: needs min < max, got ${min} and ${max}.`);
  const [low, high] = [(min - mean) / std, (max - mean) / std];
  const [first, last] = [-largestUpTo(-min, dtype), largestUpTo(max, dtype)];
  if (!(low < high && low < Infinity && high > -Infinity && first <= last)) {
    throw new RangeError(
      `${name}: [${min}, ${max}] with mean ${mean} and std ${std} holds no ${dtype} number to draw.\n  Widen the interval, or move the mean towards it.`,
    );
  }
  const z = bind(truncatedDrawP, [from], { shape: [...shape], low, high });
  // Rounding may lead out of the interval.
  const x = scaleShift(z, std, mean, dtype);
  return minimum(maximum(x, first), last);
}

/** The largest value of the floating dtype that is at most `bound`. */
function largestUpTo(bound: number, dtype: DType): number {
  const nearest = dtype === 'float32' ? Math.fround(bound) : bound;
  return nearest <= bound ? nearest : largestBelow(bound, dtype);
}
