import { type Cell, mul, sub, type Tensor } from '@tikhonov/core';
import type { Strength } from '@tikhonov/nn';
import { requireSize } from '@tikhonov/nn/engine';
import { unitStrength } from './rate.ts';

/**
 * Survival probabilities of the blocks `l = 1 .. L` of stochastic depth: `1 - (l / L) (1 - pL)`. Already the first
 * block may be dropped; in `dropPathRates` it may not.
 *
 * @param blocks  `L`, an integer >= 1
 * @param pL  survival probability of the last block, in [0, 1]; of a 0-d tensor or cell, the results are float64
 * scalars. @defaultValue 0.5 (paper)
 * @throws RangeError for other values
 * @see Huang, Sun, Liu, Sedra & Weinberger, "Deep networks with stochastic depth", ECCV 2016, arXiv 1603.09382
 * @example
 * ```ts
 * reg.linearDecaySurvival(4); // => [0.875, 0.75, 0.625, 0.5]
 * ```
 */
export function linearDecaySurvival(blocks: number, pL?: number): number[];
export function linearDecaySurvival(blocks: number, pL: Tensor | Cell): Tensor[];
export function linearDecaySurvival(blocks: number, pL: Strength = 0.5): (number | Tensor)[] {
  requireSize('linearDecaySurvival', 'blocks', blocks);
  const last = unitStrength('linearDecaySurvival', 'pL', pL, { closed: true });
  return Array.from({ length: blocks }, (_, i) => {
    const share = (i + 1) / blocks;
    return typeof last === 'number' ? 1 - share * (1 - last) : sub(1, mul(sub(1, last), share));
  });
}

/**
 * Drop probabilities of the blocks `0 .. L - 1` of DropPath, evenly from 0 to `rate` (as timm spaces them): the
 * first block is never dropped. With one block it is 0.
 *
 * @param blocks  `L`, an integer >= 1
 * @param rate  drop probability of the last block, in [0, 1]; of a 0-d tensor or cell, the results are float64
 * scalars
 * @throws RangeError for other values
 * @example
 * ```ts
 * reg.dropPathRates(3, 0.2); // => [0, 0.1, 0.2]
 * ```
 */
export function dropPathRates(blocks: number, rate: number): number[];
export function dropPathRates(blocks: number, rate: Tensor | Cell): Tensor[];
export function dropPathRates(blocks: number, rate: Strength): (number | Tensor)[] {
  requireSize('dropPathRates', 'blocks', blocks);
  const last = unitStrength('dropPathRates', 'rate', rate, { closed: true });
  return Array.from({ length: blocks }, (_, i) => {
    const share = blocks === 1 ? 0 : i / (blocks - 1);
    return typeof last === 'number' ? last * share : mul(last, share);
  });
}
