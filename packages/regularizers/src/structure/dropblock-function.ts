import {
  any,
  astype,
  div,
  full,
  greater,
  logicalNot,
  maximum,
  pad,
  type Shape,
  sum,
  type Tensor,
  type TensorLike,
  windows,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { requireSize } from '@tikhonov/nn/engine';
import { decide } from './decisions.ts';
import { type BlockGeometry, blockGeometry, gammaOf } from './dropblock-geometry.ts';
import { requireFloating, requireStructure, scaledBy, unitStrength } from './keep-mask.ts';

/** What `DropBlock` and `dropBlock` have in common. */
export interface DropBlockSettings {
  /** Spatial axes of a map. @defaultValue 2 */
  readonly dims?: 1 | 2;
  /**
   * About the share of places that are dropped, in [0, 1]; a 0-d tensor or cell can be scheduled.
   * @defaultValue 0.1 (the paper keeps 0.9)
   */
  readonly p?: Strength;
  /** Side of a block, an integer >= 1; no more than the shortest side of the map counts. @defaultValue 7 (paper) */
  readonly blockSize?: number;
  /** Whether channels have blocks of their own or those of the sample. @defaultValue 'per_channel' */
  readonly mask?: 'per_channel' | 'shared';
}

/** Options of `dropBlock` and `dropBlockMask`. */
export interface DropBlockOptions extends DropBlockSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the seeds; the same key gives the same blocks. */
  readonly rng?: Tensor;
  /**
   * Instead of a key, where blocks begin (their first corners), of 0 and 1:
   * `[N, C, ...F - b + 1]`, or `[N, 1, ...]` if shared.
   */
  readonly seeds?: Tensor;
}

/** Blocks and their scale. */
export interface DropBlockMask {
  /** Where nothing is dropped: bool `[N, C, ...spatial]`, or `[N, 1, ...spatial]` if shared. */
  readonly mask: Tensor;
  /** Places by places that are kept, over the whole batch, float64 `[]`; 0 if none is. */
  readonly scale: Tensor;
}

/** Options of the layer that are the function's too. */
export const knownOfLayer: OptionNames<DropBlockSettings> = {
  dims: true,
  p: true,
  blockSize: true,
  mask: true,
};
const known: OptionNames<DropBlockOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  seeds: true,
};

/**
 * Settings of a layer or a call, all checked.
 *
 * @throws RangeError or TypeError for values that fit no map
 */
export function requireDropBlock(
  name: string,
  { dims = 2, p = 0.1, blockSize = 7, mask = 'per_channel' }: DropBlockSettings,
): { readonly rate: number | Tensor; readonly settings: Required<DropBlockSettings> } {
  if (dims !== 1 && dims !== 2) {
    throw new RangeError(
      `${name}: dims must be 1 or 2, got ${showValue(dims)}.\n  It is the number of spatial axes: 1 for [N, C, L], 2 for [N, C, H, W].`,
    );
  }
  if (mask !== 'per_channel' && mask !== 'shared') {
    throw new TypeError(
      `${name}: mask must be 'per_channel' or 'shared', got ${showValue(mask)}.\n  Decisions of your own are given as seeds.`,
    );
  }
  requireSize(name, 'blockSize', blockSize);
  const rate = unitStrength(name, 'p', p, { closed: true });
  return { rate, settings: { dims, p, blockSize, mask } };
}

/** Checked options with the blocks that they make of the input. */
function blocksOf(
  name: string,
  x: TensorLike,
  options: DropBlockOptions,
): { readonly source: Tensor; readonly blocks: (() => DropBlockMask) | null } {
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const { rate, settings } = requireDropBlock(name, options);
  const { dims, blockSize, mask } = settings;
  requireStructure(name, source, [dims + 2], dims === 1 ? '[N, C, L]' : '[N, C, H, W]');
  if (source.size === 0) return { source, blocks: null };
  const geometry = blockGeometry(name, source.shape.slice(2), blockSize);
  const lead = [source.shape[0]!, mask === 'shared' ? 1 : source.shape[1]!];
  const blocks = (): DropBlockMask => {
    const { rng, seeds: given } = options;
    const shape = [...lead, ...geometry.grid];
    const seeds = decide(name, 'seeds', shape, gammaOf(rate, geometry), { rng, given });
    return withScale(logicalNot(dilated(seeds, geometry)));
  };
  return { source, blocks };
}

/** True within the block of any seed: one axis after the other, as blocks are squares. */
function dilated(seeds: Tensor, { side, grid }: BlockGeometry): Tensor {
  if (side === 1) return seeds;
  const first = seeds.rank - grid.length;
  return grid.reduce<Tensor>((grown, _, axis) => {
    const around = grown.shape.map((_n, k): readonly [number, number] =>
      k === first + axis ? [side - 1, side - 1] : [0, 0],
    );
    const size = grid.map((_n, k) => (k === axis ? side : 1));
    const views = windows(pad(grown, around), { size });
    return any(views, { axis: size.map((_n, k) => k - size.length) });
  }, seeds);
}

function withScale(mask: Tensor): DropBlockMask {
  const kept = sum(astype(mask, 'float64'));
  // Without any: 0, not a quotient by 0. With some the quotient is taken by their own number.
  const some = astype(greater(kept, 0), 'float64');
  return { mask, scale: div(some.mul(mask.size), maximum(kept, 1)) };
}

/**
 * Drops squares of every map: `y = x M size(M) / sum(M)` in training, `y = x` in evaluation. Seeds are drawn with
 * probability `gamma` (`dropBlockGamma`) at all places where a block fits, and each drops the block of side `b` whose
 * first corner it is. Sizes and sums are over the whole batch, so that the mean of `M` times its scale is exactly 1,
 * unless everything is dropped: then `y` is 0. Mask and scale are constants for derivatives; dropped NaN become 0.
 *
 * For a rate that grows during training, as in the paper, take a cell for `p`: `Scheduled` with `linearRamp`.
 *
 * @param x  `[N, C, H, W]`, or `[N, C, L]` with `dims: 1`; floating
 * @returns of the same shape and dtype
 * @throws ShapeError for another rank or seeds that do not fit; RangeError if `p` is outside [0, 1] or a size is no
 * integer >= 1; TypeError in training without `rng` and `seeds`; DTypeError for integers
 * @see Ghiasi, Lin & Le, "DropBlock: a regularization method for convolutional networks", NeurIPS 2018,
 * arXiv 1810.12890
 * @example
 * ```ts
 * const seeds = tensor([[[[1, 0], [0, 0]]]]);
 * const options = { p: 0.2, blockSize: 2, training: true, seeds };
 * reg.dropBlock(ones([1, 1, 3, 3]), options).toArray(); // => [[[[0, 0, 1.8], [0, 0, 1.8], [1.8, 1.8, 1.8]]]]
 * ```
 */
export function dropBlock(x: TensorLike, options: DropBlockOptions = {}): Tensor {
  const { source, blocks } = blocksOf('dropBlock', x, options);
  if (options.training !== true || blocks === null) return source;
  const { mask, scale } = blocks();
  return scaledBy(source, scale, mask);
}

/**
 * The blocks that `dropBlock` drops with the same options in training, and its scale.
 *
 * @param x  the input of `dropBlock`; only its shape counts
 * @throws as `dropBlock`
 * @example
 * ```ts
 * const seeds = tensor([[[1, 0, 0]]]);
 * const { mask, scale } = reg.dropBlockMask(ones([1, 1, 4]), { dims: 1, blockSize: 2, seeds });
 * mask.toArray(); // => [[[false, false, true, true]]]
 * scale.item(); // => 2
 * ```
 */
export function dropBlockMask(x: TensorLike, options: DropBlockOptions = {}): DropBlockMask {
  const { source, blocks } = blocksOf('dropBlockMask', x, options);
  return blocks === null ? emptyMask(source.shape) : blocks();
}

const emptyMask = (shape: Shape): DropBlockMask => ({
  mask: full(shape, 1, { dtype: 'bool' }),
  scale: full([], 0, { dtype: 'float64' }),
});
