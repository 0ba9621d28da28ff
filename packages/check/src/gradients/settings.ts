import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { CheckSettings } from './check-order.ts';
import type { Mode, Order } from './report.ts';

/** How derivatives are compared, whatever the order and the modes. */
export interface ComparisonOptions {
  /** Step of the central differences. @defaultValue 1e-6 */
  readonly eps?: number;
  /** @defaultValue 1e-5 */
  readonly atol?: number;
  /** @defaultValue 1e-3 */
  readonly rtol?: number;
  /** By how much two calls at one point may differ. @defaultValue 0 */
  readonly nondetTol?: number;
  /** What to do where the function has a kink: see `checkGrads`. @defaultValue 'skip' */
  readonly kinks?: 'skip' | 'fail';
  /** The share of an input's coordinates that may lie at kinks. @defaultValue 0.5 */
  readonly maxSkipped?: number;
  /**
   * Move inputs of more elements along so many random directions, and combine the elements of larger
   * outputs at random, instead of taking every coordinate. @defaultValue Infinity
   */
  readonly samples?: number;
  /** Seed of cotangents, directions and combinations. @defaultValue 0 */
  readonly seed?: number;
}

/** Options of `checkGrads`. */
export interface CheckGradsOptions extends ComparisonOptions {
  /** 1 checks first derivatives, 2 also those of the pullback, 3 those of its pullback too. @defaultValue 2 */
  readonly order?: Order;
  /** @defaultValue ['reverse', 'forward'] */
  readonly modes?: readonly Mode[];
}

/** The names that all checks share. */
export const comparisonNames: OptionNames<ComparisonOptions> = {
  eps: true,
  atol: true,
  rtol: true,
  nondetTol: true,
  kinks: true,
  maxSkipped: true,
  samples: true,
  seed: true,
};

/** The options with their defaults, or an error that names the wrong one. */
export function settingsOf(
  name: string,
  options: CheckGradsOptions,
): CheckSettings & { readonly order: Order } {
  requireOptions<CheckGradsOptions>(name, options, {
    ...comparisonNames,
    order: true,
    modes: true,
  });
  const { order = 2, modes = ['reverse', 'forward'], eps = 1e-6, seed = 0 } = options;
  const { atol = 1e-5, rtol = 1e-3, nondetTol = 0, kinks = 'skip' } = options;
  const { maxSkipped = 0.5, samples = Infinity } = options;
  const range = (text: string): RangeError => new RangeError(`${name}: ${text}`);
  if (order !== 1 && order !== 2 && order !== 3) {
    throw range(`order must be 1, 2 or 3, got ${String(order)}.`);
  }
  const known = (mode: unknown): boolean => mode === 'reverse' || mode === 'forward';
  if (!Array.isArray(modes) || modes.length === 0 || !modes.every(known)) {
    throw range(`modes must name 'reverse', 'forward' or both, got [${String(modes)}].`);
  }
  if (!(eps > 0 && Number.isFinite(eps))) throw range(`eps must be positive, got ${eps}.`);
  if (!(atol >= 0 && rtol >= 0 && nondetTol >= 0)) {
    throw range(`tolerances must be >= 0, got ${atol}, ${rtol} and ${nondetTol}.`);
  }
  if (kinks !== 'skip' && kinks !== 'fail') {
    throw range(`kinks must be 'skip' or 'fail', got ${String(kinks)}.`);
  }
  if (!(maxSkipped >= 0 && maxSkipped <= 1)) {
    throw range(`maxSkipped must be a share in [0, 1], got ${maxSkipped}.`);
  }
  if (samples !== Infinity && !(Number.isInteger(samples) && samples >= 1)) {
    throw range(`samples must be an integer >= 1 or Infinity, got ${samples}.`);
  }
  if (!Number.isSafeInteger(seed)) throw range(`seed must be an integer, got ${seed}.`);
  return { order, modes, eps, seed, atol, rtol, nondetTol, kinks, maxSkipped, samples };
}
