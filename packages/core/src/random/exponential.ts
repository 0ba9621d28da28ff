import type { Shape } from '@tikhonov/array';
import { astype } from '../primitives/astype.ts';
import { equal } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { mul } from '../primitives/mul.ts';
import { neg } from '../primitives/neg.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { bits, requireDraw } from './bits.ts';
import {
  type DrawOptions,
  drawFraction,
  floatOption,
  openFraction,
  requireFinite,
  scaleShift,
  topBits,
  word,
} from './draws.ts';
import { portableLog } from './log-exp.ts';

/** Options of `exponential`. */
export interface ExponentialOptions extends DrawOptions {
  /** Events per unit, > 0; the mean is `1 / rate`. @defaultValue 1 */
  readonly rate?: number;
}

/**
 * Exponential draws with density `rate e^(-rate x)`, x > 0: `-log(u) / rate` with 52 random bits in `u`.
 *
 * @returns `shape`
 * @throws RangeError unless `rate` is finite and positive
 * @example
 * ```ts
 * const x = random.exponential(random.key(0), [10000], { rate: 4 });
 * Math.abs(x.mean().item() - 0.25) < 0.02; // => true
 * ```
 */
export function exponential(from: Tensor, shape: Shape, options: ExponentialOptions = {}): Tensor {
  requireDraw('random.exponential', from, shape);
  const dtype = floatOption('random.exponential', options, { dtype: true, rate: true });
  const { rate = 1 } = options;
  requireFinite('random.exponential', 'rate', rate, true);
  const x = neg(portableLog(drawFraction(from, shape)));
  return astype(rate === 1 ? x : div(x, rate), dtype);
}

/** Options of draws that are shifted and scaled. */
export interface LocationScaleOptions extends DrawOptions {
  /** @defaultValue 0 */
  readonly loc?: number;
  /** Finite and > 0. @defaultValue 1 */
  readonly scale?: number;
}

const known = { dtype: true, loc: true, scale: true } as const;

/**
 * Gumbel draws (of largest values), `loc - scale log(-log u)`. The position of the largest of
 * `logits + gumbel` is a draw from `softmax(logits)`.
 *
 * @returns `shape`
 * @throws RangeError unless `loc` is finite and `scale` finite and positive
 * @example
 * ```ts
 * const g = random.gumbel(random.key(0), [10000]);
 * Math.abs(g.mean().item() - 0.5772) < 0.05; // => true
 * ```
 */
export function gumbel(from: Tensor, shape: Shape, options: LocationScaleOptions = {}): Tensor {
  requireDraw('random.gumbel', from, shape);
  const dtype = floatOption('random.gumbel', options, known);
  const { loc = 0, scale = 1 } = options;
  requireFinite('random.gumbel', 'loc', loc);
  requireFinite('random.gumbel', 'scale', scale, true);
  const g = neg(portableLog(neg(portableLog(drawFraction(from, shape)))));
  return scaleShift(g, scale, loc, dtype);
}

/**
 * Laplace draws with density `e^(-|x - loc| / scale) / (2 scale)`: exponential ones with a random sign.
 *
 * @returns `shape`
 * @throws RangeError unless `loc` is finite and `scale` finite and positive
 * @example
 * ```ts
 * const x = random.laplace(random.key(0), [10000], { loc: 3 });
 * Math.abs(x.mean().item() - 3) < 0.1; // => true
 * ```
 */
export function laplace(from: Tensor, shape: Shape, options: LocationScaleOptions = {}): Tensor {
  requireDraw('random.laplace', from, shape);
  const dtype = floatOption('random.laplace', options, known);
  const { loc = 0, scale = 1 } = options;
  requireFinite('random.laplace', 'loc', loc);
  requireFinite('random.laplace', 'scale', scale, true);
  const pairs = bits(from, shape);
  const x = portableLog(openFraction(pairs));
  // The fraction leaves the low bits of the words alone: the lowest is the sign.
  const low = astype(word(pairs, 0), 'float64');
  const half = topBits(low, 1);
  return scaleShift(where(equal(mul(half, 2), low), x, neg(x)), scale, loc, dtype);
}
