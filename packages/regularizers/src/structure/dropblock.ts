import type { Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type DropBlockSettings,
  dropBlock,
  knownOfLayer,
  requireDropBlock,
} from './dropblock-function.ts';
import { describeRate, drawing } from './keep-mask.ts';
import { onMaps } from './places.ts';

/**
 * `dropBlock` as a layer.
 *
 * @example
 * ```ts
 * const ramp = reg.linearRamp(0.1, 1000);
 * const layer = new reg.Scheduled(ramp, (p) => new reg.DropBlock({ p, blockSize: 3 }));
 * const x = ones([2, 4, 8, 8]);
 * layer.forward(x, { training: true, rng: random.key(0) }).sub(x).sum().item(); // => 0
 * layer.layer.describe(); // => 'DropBlock2d(p in a cell, blockSize 3)'
 * ```
 */
export class DropBlock extends Module {
  readonly dims: 1 | 2;
  /** About the share of places that are dropped; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly blockSize: number;
  readonly mask: 'per_channel' | 'shared';

  constructor(options: DropBlockSettings = {}) {
    super();
    requireOptions('DropBlock', options, knownOfLayer);
    const { settings } = requireDropBlock('DropBlock', options);
    this.dims = settings.dims;
    this.p = settings.p;
    this.blockSize = settings.blockSize;
    this.mask = settings.mask;
  }

  override describe(): string {
    const shared = this.mask === 'shared' ? ', shared' : '';
    return `DropBlock${this.dims}d(${describeRate(this.p)}, blockSize ${this.blockSize}${shared})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { dims, p, blockSize, mask } = this;
    return dropBlock(x, { dims, p, blockSize, mask, ...drawing(context) });
  }
}

/** Settings of the layers with a number of axes in their names. */
export type DropBlockShape = Omit<DropBlockSettings, 'dims'>;

const withDims = (dims: 1 | 2, options: DropBlockShape | undefined = {}): DropBlockSettings => {
  const { dims: _dims, ...knownOfShape } = knownOfLayer;
  const name = `DropBlock${dims}d`;
  requireOptions(name, options, knownOfShape);
  return requireDropBlock(name, { ...options, dims }).settings;
};

/**
 * `DropBlock` of sequences, `[N, C, L]`.
 *
 * @example
 * ```ts
 * String(new reg.DropBlock1d({ blockSize: 3 })); // => 'DropBlock1d(0.1, blockSize 3)'
 * ```
 */
export class DropBlock1d extends DropBlock {
  constructor(options?: DropBlockShape) {
    super(withDims(1, options));
  }
}

/**
 * `DropBlock` of images, `[N, C, H, W]`.
 *
 * @example
 * ```ts
 * new reg.DropBlock2d({ p: 0.2 }).forward(ones([2, 3, 8, 8])).shape; // => [2, 3, 8, 8]
 * ```
 */
export class DropBlock2d extends DropBlock {
  constructor(options?: DropBlockShape) {
    super(withDims(2, options));
  }
}

const settings = [
  {
    name: 'p',
    description: 'about the share of places that are dropped',
    default: 0.1,
    source: 'the paper, which keeps 0.9',
    min: 0,
    max: 1,
    open: 'max',
  },
  {
    name: 'blockSize',
    description: 'side of a block',
    default: 3,
    source: 'ours, for maps of 8 x 8 and 14 x 14; the paper takes 7 for 28 x 28',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of DropBlock. */
export const dropBlockMethod: Method = {
  id: 'dropblock',
  section: '2.1',
  title: 'DropBlock',
  family: 'structure',
  statement: String.raw`x \mapsto x \odot M \, \frac{|M|}{\sum M}, \quad M = 0 \text{ on } b \times b \text{ blocks}, \quad \gamma = \frac{p\, F_1 F_2}{b^2 (F_1 - b + 1)(F_2 - b + 1)}`,
  reference: {
    authors: 'G. Ghiasi, T.-Y. Lin, Q. V. Le',
    title: 'DropBlock: A Regularization Method for Convolutional Networks',
    venue: 'NeurIPS',
    year: 2018,
    arxiv: '1810.12890',
  },
  arguments: settings,
  notes: [
    'A seed is the first corner of its block, and seeds lie where the block fits into the map. For odd blocks that is what centred seeds give; the code of the linked article makes maps that are too large for even ones.',
    'The article gives the mask of the blocks the shape (N, C, b, b); it is that of the map.',
    'Blocks overlap, so that less than p is dropped; that gamma is equivalent to p holds in first order only.',
    'Channels have blocks of their own by default. Sources differ on what the paper does; both are there.',
    'If everything is dropped the output is 0; other code divides by a small number.',
    'The rate of the recipe is constant. In code a schedule raises it, as in the paper: Scheduled with linearRamp.',
    'Behind every activation of maps; in residual networks behind the blocks.',
  ],
  networks: ['cnn', 'resnet'],
  recipe: (plan, values) => {
    const { p, blockSize } = resolveArguments('dropblock', settings, values);
    const make = (): DropBlock => new DropBlock({ p, blockSize });
    return { ...plan, parts: [...plan.parts, onMaps(make)] };
  },
  gradientCases: (draw) => {
    const [dims, blockSize] = [draw.pick([1, 2] as const), draw.integer(1, 3)];
    const mask = draw.pick(['per_channel', 'shared'] as const);
    const [n, channels, extent] = [draw.integer(1, 2), 2, [3, 4].slice(0, dims)];
    const grid = extent.map((size) => size - blockSize + 1);
    const seeds = draw.booleans([n, mask === 'shared' ? 1 : channels, ...grid]);
    return {
      f: (x) => {
        const y = dropBlock(x!, { dims, blockSize, mask, training: true, seeds });
        return y.mul(y).sum();
      },
      args: [draw.tensor([n, channels, ...extent])],
    };
  },
};
