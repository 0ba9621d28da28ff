import type { Shape } from '@tikhonov/array';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { minimum } from '../primitives/extremum.ts';
import { mul } from '../primitives/mul.ts';
import type { Tensor } from '../tensor.ts';
import { randomWord, requireDraw } from './bits.ts';
import { type DrawOptions, floatOption, largestBelow, topBits } from './draws.ts';

/** Options of `uniform`. */
export interface UniformOptions extends DrawOptions {
  /** @defaultValue 0 */
  readonly min?: number;
  /** @defaultValue 1 */
  readonly max?: number;
}

/**
 * Uniform draws in `[min, max)`: multiples of 2^-24 in float32, of 2^-53 in float64, scaled.
 *
 * @throws RangeError unless `min < max`, both finite
 * @example
 * ```ts
 * const u = random.uniform(random.key(0), [1000]);
 * u.max().item() < 1; // => true
 * ```
 */
export function uniform(from: Tensor, shape: Shape, options: UniformOptions = {}): Tensor {
  requireDraw('random.uniform', from, shape);
  const dtype = floatOption('random.uniform', options, { dtype: true, min: true, max: true });
  const { min = 0, max = 1 } = options;
  if (!(min < max && Number.isFinite(max - min))) {
    throw new RangeError(
      `random.uniform: needs min < max with a finite distance, got ${min} and ${max}.`,
    );
  }
  const high = randomWord(from, shape, 0);
  const unit =
    dtype === 'float32'
      ? mul(topBits(high, 8), 1 / 2 ** 24)
      : mul(
          add(mul(topBits(high, 5), 2 ** 26), topBits(randomWord(from, shape, 1), 6)),
          1 / 2 ** 53,
        );
  if (min === 0 && max === 1) return astype(unit, dtype);
  // Rounding may carry the largest draws up to max itself, which the interval leaves out.
  const scaled = astype(add(mul(unit, max - min), min), dtype);
  return minimum(scaled, Math.max(min, largestBelow(max, dtype)));
}
