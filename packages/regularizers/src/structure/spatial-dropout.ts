import { reshape, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  describeRate,
  drawing,
  inverted,
  keepMask,
  requireFloating,
  requireStructure,
  unitStrength,
} from './keep-mask.ts';
import { onMaps } from './places.ts';

/** What `SpatialDropout` and `spatialDropout` have in common. */
export interface SpatialDropoutSettings {
  /** Spatial axes of a map. They tell `[N, C, L]` from one sample `[C, H, W]`. */
  readonly dims: 1 | 2 | 3;
  /**
   * Probability of dropping a channel, in [0, 1]; a 0-d tensor or cell can be annealed.
   * @defaultValue 0.5 (PyTorch's Dropout1d to 3d)
   */
  readonly p?: Strength;
}

/** Options of `spatialDropout`. */
export interface SpatialDropoutOptions extends SpatialDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, `[N, C]` or `[C]`: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

const knownOfLayer: OptionNames<SpatialDropoutSettings> = { dims: true, p: true };
const known: OptionNames<SpatialDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

const layouts = {
  1: '[N, C, L] or [C, L]',
  2: '[N, C, H, W] or [C, H, W]',
  3: '[N, C, D, H, W] or [C, D, H, W]',
} as const;

function requireDims(name: string, dims: unknown): asserts dims is 1 | 2 | 3 {
  if (dims === 1 || dims === 2 || dims === 3) return;
  throw new RangeError(
    `${name}: dims must be 1, 2 or 3, got ${showValue(dims)}.\n  It is the number of spatial axes, 2 for images.`,
  );
}

/**
 * Drops whole channels: inverted dropout with one decision for each sample and channel, shared by all places of the
 * map. Neighbouring values of a map are alike, so that dropping single ones hides little. Training gives
 * `y = m x / (1 - p)`, evaluation `y = x`. Draws are those of `dropout` with `noiseShape: [N, C, 1, ...]`.
 *
 * @param x  `[N, C, ...spatial]` or one sample `[C, ...spatial]`, floating
 * @returns of the same shape and dtype
 * @throws ShapeError for another rank or a mask that does not fit; RangeError if `p` is outside [0, 1] or `dims` is
 * none of 1, 2, 3; TypeError in training without `rng` and `mask`; DTypeError for integers
 * @see Tompson, Goroshin, Jain, LeCun & Bregler, "Efficient object localization using convolutional networks",
 * CVPR 2015, arXiv 1411.4280
 * @example
 * ```ts
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const options = { dims: 1, p: 0.5, training: true, mask: tensor([[0, 1]]) } as const;
 * reg.spatialDropout(x, options).toArray(); // => [[[0, 0], [6, 8]]]
 * ```
 */
export function spatialDropout(x: TensorLike, options: SpatialDropoutOptions): Tensor {
  const name = 'spatialDropout';
  requireOptions(name, options, known);
  const { dims, training = false } = options;
  requireDims(name, dims);
  const source = requireFloating(name, x);
  requireStructure(name, source, [dims + 2, dims + 1], layouts[dims]);
  const { p: rate = 0.5 } = options;
  const p = unitStrength(name, 'p', rate, { closed: true });
  if (!training) return source;
  const channels = source.shape.slice(0, -dims);
  const mask = keepMask(name, channels, p, options);
  const shared = reshape(mask, [...channels, ...source.shape.slice(-dims).map(() => 1)]);
  return inverted(source, shared, p);
}

/**
 * `spatialDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.SpatialDropout({ dims: 2, p: 0.5 });
 * const y = layer.forward(ones([8, 4, 3, 3]), { training: true, rng: random.key(0) });
 * String(y.max({ axis: [2, 3] })) === String(y.min({ axis: [2, 3] })); // => true
 * ```
 */
export class SpatialDropout extends Module {
  readonly dims: 1 | 2 | 3;
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;

  constructor(options: SpatialDropoutSettings) {
    super();
    requireOptions('SpatialDropout', options, knownOfLayer);
    const { dims, p = 0.5 } = options;
    requireDims('SpatialDropout', dims);
    unitStrength('SpatialDropout', 'p', p, { closed: true });
    this.dims = dims;
    this.p = p;
  }

  override describe(): string {
    return `SpatialDropout${this.dims}d(${describeRate(this.p)})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return spatialDropout(x, { dims: this.dims, p: this.p, ...drawing(context) });
  }
}

/** Settings of the layers with a number of axes in their names. */
export type SpatialDropoutRate = Omit<SpatialDropoutSettings, 'dims'>;

const withDims = (
  dims: 1 | 2 | 3,
  options: SpatialDropoutRate | undefined = {},
): SpatialDropoutSettings => {
  const name = `SpatialDropout${dims}d`;
  requireOptions(name, options, { p: true });
  unitStrength(name, 'p', options.p ?? 0.5, { closed: true });
  return { ...options, dims };
};

/**
 * `SpatialDropout` of sequences, `[N, C, L]` or `[C, L]`.
 *
 * @example
 * ```ts
 * String(new reg.SpatialDropout1d({ p: 0.2 })); // => 'SpatialDropout1d(0.2)'
 * ```
 */
export class SpatialDropout1d extends SpatialDropout {
  constructor(options?: SpatialDropoutRate) {
    super(withDims(1, options));
  }
}

/**
 * `SpatialDropout` of images, `[N, C, H, W]` or `[C, H, W]`.
 *
 * @example
 * ```ts
 * new reg.SpatialDropout2d().forward(ones([2, 3, 4, 4])).shape; // => [2, 3, 4, 4]
 * ```
 */
export class SpatialDropout2d extends SpatialDropout {
  constructor(options?: SpatialDropoutRate) {
    super(withDims(2, options));
  }
}

/**
 * `SpatialDropout` of volumes, `[N, C, D, H, W]` or `[C, D, H, W]`.
 *
 * @example
 * ```ts
 * new reg.SpatialDropout3d().dims; // => 3
 * ```
 */
export class SpatialDropout3d extends SpatialDropout {
  constructor(options?: SpatialDropoutRate) {
    super(withDims(3, options));
  }
}

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a channel',
    default: 0.1,
    source: "ours, for layers of 16 and 32 channels; PyTorch's layers take 0.5",
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of spatial dropout. */
export const spatialDropoutMethod: Method = {
  id: 'spatial-dropout',
  section: '2.1',
  title: 'Spatial dropout',
  family: 'structure',
  statement: String.raw`x_{nc\cdot} \mapsto \frac{m_{nc}}{1 - p}\, x_{nc\cdot}, \quad m_{nc} \sim \mathrm{Bernoulli}(1 - p) \text{ in training}`,
  reference: {
    authors: 'J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler',
    title: 'Efficient Object Localization Using Convolutional Networks',
    venue: 'CVPR',
    year: 2015,
    arxiv: '1411.4280',
  },
  arguments: settings,
  notes: [
    'One decision for each sample and channel, shared by all places of the map.',
    'The number of spatial axes is an argument: PyTorch guesses it, and its Dropout2d once took [C, H, W] for a batch.',
    'Behind every activation of maps; in residual networks behind the blocks.',
  ],
  networks: ['cnn', 'resnet'],
  recipe: (plan, values) => {
    const { p } = resolveArguments('spatial-dropout', settings, values);
    const make = (): SpatialDropout => new SpatialDropout({ dims: 2, p });
    return { ...plan, parts: [...plan.parts, onMaps(make)] };
  },
  gradientCases: (draw) => {
    const [dims, p] = [draw.pick([1, 2, 3] as const), draw.pick([0, 0.3, 0.5])];
    const shape = [draw.integer(1, 2), draw.integer(1, 3), ...[2, 1, 2].slice(0, dims)];
    const mask = draw.booleans(shape.slice(0, 2));
    return {
      f: (x) => {
        const y = spatialDropout(x!, { dims, p, training: true, mask });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};
