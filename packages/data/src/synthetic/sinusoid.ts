import { requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import {
  addNoise,
  type NoisyOptions,
  noisyNames,
  planOf,
  requireFiniteNumber,
} from './generate.ts';
import { sinTurns } from './turns.ts';

/** Options of `sinusoid`. */
export interface SinusoidOptions extends NoisyOptions {
  /** Periods per unit of `x`. @defaultValue 1 */
  readonly frequency?: number;
  /** @defaultValue 1 */
  readonly amplitude?: number;
  /** Shift in periods. @defaultValue 0 */
  readonly phase?: number;
  /** Interval of `x`. @defaultValue [0, 1] */
  readonly domain?: readonly [number, number];
  /** Whether `x` is evenly spaced over the domain, both ends included, or uniform. @defaultValue false */
  readonly grid?: boolean;
}

/**
 * A noisy sine wave, the curve-fitting example: `y = amplitude sin(2 pi (frequency x + phase))`, then
 * normal noise is added to `y`. With the defaults and `noise: 0.3`, a grid of ten points is much like
 * figure 1.2 of Bishop.
 *
 * @param options  see `SinusoidOptions`; without `grid`, `x` is uniform over `[min, max)`
 * @returns `x` `[n, 1]`, `y` `[n, 1]`, no classes
 * @throws RangeError for a number out of range, an empty domain, or more than 64 periods from 0
 * @throws DTypeError if `dtype` is not floating
 * @see Bishop, "Pattern Recognition and Machine Learning" (2006), section 1.1
 * @example
 * ```ts
 * const { x, y } = data.sinusoid({ n: 5, grid: true, shuffle: false });
 * x.toArray(); // => [[0], [0.25], [0.5], [0.75], [1]]
 * y.toArray(); // => [[0], [1], [0], [-1], [0]]
 * ```
 */
export function sinusoid(options: SinusoidOptions = {}): Dataset {
  const names = { frequency: true, amplitude: true, phase: true, domain: true } as const;
  requireOptions('sinusoid', options, { ...noisyNames, ...names, grid: 'boolean' });
  const { frequency = 1, amplitude = 1, phase = 0, domain = [0, 1], grid = false } = options;
  for (const [name, value] of Object.entries({ frequency, amplitude, phase })) {
    requireFiniteNumber('sinusoid', name, value);
  }
  const [min, max] = checkDomain(domain);
  const periods = Math.max(...[min, max].map((x) => Math.abs(frequency * x + phase)));
  if (periods > 64) {
    throw new RangeError(
      `sinusoid: frequency * x + phase reaches ${periods}; it must stay within -64 and 64.`,
    );
  }
  const plan = planOf('sinusoid', options, 1);
  const { n } = plan;
  const at = (t: number): number => min + (max - min) * t;
  const x = grid
    ? Float64Array.from({ length: n }, (_, i) => at(n === 1 ? 0 : i / (n - 1)))
    : Float64Array.from(plan.uniform('points', n), at);
  const y = x.map((value) => amplitude * sinTurns(frequency * value + phase) + 0);
  addNoise(plan, y);
  return plan.finish(x, y);
}

function checkDomain(domain: readonly [number, number]): readonly [number, number] {
  const isInterval =
    Array.isArray(domain) &&
    domain.length === 2 &&
    domain.every(Number.isFinite) &&
    domain[0] < domain[1];
  if (isInterval) return domain;
  throw new RangeError(
    `sinusoid: domain must be [min, max] with finite min < max, got ${JSON.stringify(domain)}.`,
  );
}
