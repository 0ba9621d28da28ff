import { astype, full, mul, type Tensor, tensor } from '@tikhonov/core';
import { showValue } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { requireSize } from '@tikhonov/nn/engine';
import { unitStrength } from './keep-mask.ts';

/** A map and its blocks. */
export interface BlockGeometry {
  /** Sides of the map, one or two. */
  readonly extent: readonly number[];
  /** Side of a block, no longer than the shortest side. */
  readonly side: number;
  /** Places of a block's first corner such that it lies within the map. */
  readonly grid: readonly number[];
}

/**
 * Blocks within a map. The side is cut to the shortest side of the map, so that blocks stay squares.
 *
 * @throws RangeError unless all are integers >= 1, one or two sides
 */
export function blockGeometry(
  name: string,
  extent: readonly number[],
  blockSize: number,
): BlockGeometry {
  requireSize(name, 'blockSize', blockSize);
  const side = Math.min(blockSize, ...extent);
  return { extent, side, grid: extent.map((n) => n - side + 1) };
}

/** Sides of a map that a user gave. */
function requireExtent(name: string, extent: unknown): asserts extent is readonly number[] {
  const valid =
    Array.isArray(extent) &&
    (extent.length === 1 || extent.length === 2) &&
    extent.every((n) => Number.isInteger(n) && n >= 1);
  if (valid) return;
  throw new RangeError(
    `${name}: extent must be [L] or [H, W], integers >= 1, got ${showValue(extent)}.\n  It is the size of a map, without samples and channels: x.shape.slice(2).`,
  );
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** `gamma / p`, at most 1 for any block: `b (F - b + 1) - F = (b - 1) (F - b) >= 0`. */
const gammaPerRate = ({ extent, side, grid }: BlockGeometry): number =>
  Math.min(1, product(extent) / (side ** extent.length * product(grid)));

/** The probability of a seed, in float64. */
export const gammaOf = (p: number | Tensor, geometry: BlockGeometry): number | Tensor =>
  typeof p === 'number' ? p * gammaPerRate(geometry) : mul(p, gammaPerRate(geometry));

/** Options of `dropBlockProbability`. */
export interface DropBlockProbabilityOptions {
  /** @defaultValue 0.1, as of `dropBlock` */
  readonly p?: number;
  /** @defaultValue 7, as of `dropBlock` */
  readonly blockSize?: number;
}

/** How often DropBlock drops what; float64. */
export interface DropBlockProbability {
  /** Of a seed, scalar: at most `p`. */
  readonly gamma: Tensor;
  /** How many blocks reach a place, int32 of the map's shape. */
  readonly coverCount: Tensor;
  /** Of a place being dropped, of the map's shape: `1 - (1 - gamma)^coverCount`. */
  readonly dropProbability: Tensor;
  /** The mean of it, scalar: at most `p`, less where blocks can overlap. */
  readonly expectedFraction: Tensor;
}

/**
 * How often DropBlock drops each place of a map, before the rescaling. Seeds have the probability
 * `gamma = p F1 F2 / (b^2 (F1 - b + 1) (F2 - b + 1))`; a place is reached by
 * `prod(min(i, F - b) - max(0, i - b + 1) + 1)` blocks, so corners are dropped least.
 *
 * @param extent  `[L]` or `[H, W]`
 * @throws RangeError for sizes that are no integers >= 1, and a `p` outside [0, 1]
 * @see Ghiasi, Lin & Le, "DropBlock: a regularization method for convolutional networks", NeurIPS 2018,
 * arXiv 1810.12890
 * @example
 * ```ts
 * const { gamma, coverCount } = reg.dropBlockProbability([4], { p: 0.3, blockSize: 2 });
 * gamma.item(); // => 0.3 * 4 / (2 * 3)
 * coverCount.toArray(); // => [1, 2, 2, 1]
 * ```
 */
export function dropBlockProbability(
  extent: readonly number[],
  { p = 0.1, blockSize = 7 }: DropBlockProbabilityOptions = {},
): DropBlockProbability {
  const name = 'dropBlockProbability';
  requireExtent(name, extent);
  const geometry = blockGeometry(name, extent, blockSize);
  const gamma = dropBlockGamma(extent, { p, blockSize }).item();
  const reach = extent.map((size, axis) =>
    Array.from(
      { length: size },
      (_, i) => Math.min(i, geometry.grid[axis]! - 1) - Math.max(0, i - geometry.side + 1) + 1,
    ),
  );
  const covers = reach.reduce((all, one) => all.flatMap((a) => one.map((b) => a * b)), [1]);
  const drops = covers.map((count) => -Math.expm1(count * Math.log1p(-gamma)));
  const mean = drops.reduce((a, b) => a + b, 0) / drops.length;
  const exact = { dtype: 'float64' } as const;
  return {
    gamma: full([], gamma, exact),
    coverCount: tensor(covers, { dtype: 'int32' }).reshape(extent),
    dropProbability: tensor(drops, exact).reshape(extent),
    expectedFraction: full([], mean, exact),
  };
}

/** Options of `dropBlockGamma`. */
export interface DropBlockGammaOptions {
  /** A number, or a 0-d tensor or cell. @defaultValue 0.1, as of `dropBlock` */
  readonly p?: Strength;
  /** @defaultValue 7, as of `dropBlock` */
  readonly blockSize?: number;
}

/**
 * The probability of a seed that makes blocks drop a share of about `p`:
 * `gamma = p prod F / (b^d prod (F - b + 1))`, never more than `p`.
 *
 * @param extent  `[L]` or `[H, W]`
 * @returns float64 `[]`
 * @throws RangeError for sizes that are no integers >= 1, and a `p` outside [0, 1]
 * @example
 * ```ts
 * reg.dropBlockGamma([9, 9], { p: 0.3, blockSize: 4 }).item(); // => 0.0421875
 * ```
 */
export function dropBlockGamma(
  extent: readonly number[],
  { p = 0.1, blockSize = 7 }: DropBlockGammaOptions = {},
): Tensor {
  const name = 'dropBlockGamma';
  requireExtent(name, extent);
  const geometry = blockGeometry(name, extent, blockSize);
  const gamma = gammaOf(unitStrength(name, 'p', p, { closed: true }), geometry);
  return typeof gamma === 'number'
    ? full([], gamma, { dtype: 'float64' })
    : astype(gamma, 'float64');
}
