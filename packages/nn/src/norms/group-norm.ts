import {
  type DType,
  ones,
  type Parameter,
  parameter,
  reshape,
  ShapeError,
  type Tensor,
  type TensorLike,
  zeros,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { requireSize } from '../keys.ts';
import { Module } from '../module.ts';
import {
  fitted,
  given,
  inverseDeviation,
  moments,
  perChannel,
  requireChannels,
  requireEps,
  requireNorm,
  scaled,
} from './standardize.ts';

/** Options of `instanceNorm`. */
export interface InstanceNormOptions {
  /** `[c]`. @defaultValue 1 */
  readonly weight?: TensorLike;
  /** `[c]`. @defaultValue 0 */
  readonly bias?: TensorLike;
  /** Added to the variance, >= 0. @defaultValue 1e-5, as PyTorch */
  readonly eps?: number;
}

/** Options of `groupNorm`. */
export interface GroupNormOptions extends InstanceNormOptions {
  /** Divides the number of channels. */
  readonly numGroups: number;
}

const knownOfInstance: OptionNames<InstanceNormOptions> = {
  weight: true,
  bias: true,
  eps: true,
};
const known: OptionNames<GroupNormOptions> = { ...knownOfInstance, numGroups: true };

/**
 * Group normalisation: each sample's channels are normalised in groups of neighbours, over the group's
 * channels and all further axes, with biased variance; then scaled and shifted per channel.
 *
 * @param x  `[n, c, ...]`, floating
 * @returns shape and dtype of `x`
 * @throws ShapeError if shapes do not fit or a group is empty; RangeError for groups that do not divide
 * the channels or a negative `eps`; DTypeError for integers
 * @see Wu & He, "Group normalization", ECCV 2018, arXiv 1803.08494
 * @example
 * ```ts
 * const x = tensor([[1, 3, 10, 30]]);
 * nn.groupNorm(x, { numGroups: 2, eps: 0 }).toArray(); // => [[-1, 1, -1, 1]]
 * ```
 */
export function groupNorm(x: TensorLike, options: GroupNormOptions): Tensor {
  requireOptions('groupNorm', options, known);
  const { numGroups, weight, bias, eps = 1e-5 } = options;
  const source = requireNorm('groupNorm', x, eps);
  requireChannels('groupNorm', source);
  const [n, channels, ...rest] = source.shape as readonly [number, number, ...number[]];
  requireGroups('groupNorm', numGroups, channels);
  if (rest.includes(0) || channels === 0) {
    throw new ShapeError(`groupNorm: nothing to normalise in ${showShape(source.shape)}.`);
  }
  const grouped = reshape(source, [n, numGroups, channels / numGroups, ...rest]);
  const axes = grouped.shape.map((_, k) => k).slice(2);
  const { centred, variance } = moments(grouped, axes);
  const layout = [1, numGroups, channels / numGroups, ...rest.map(() => 1)];
  const y = scaled(
    centred,
    inverseDeviation(variance, eps),
    fitted('groupNorm', 'weight', weight, [channels], layout),
    fitted('groupNorm', 'bias', bias, [channels], layout),
  );
  return reshape(y, source.shape);
}

function requireGroups(name: string, numGroups: number, channels: number): void {
  requireSize(name, 'numGroups', numGroups);
  if (channels % numGroups !== 0) {
    throw new RangeError(
      `${name}: numGroups must divide the channels, got ${numGroups} groups for ${channels} channels.`,
    );
  }
}

/**
 * Instance normalisation: every channel of every sample by itself, over the further axes, with biased
 * variance and without running statistics.
 *
 * @param x  `[n, c, ...]` with at least two values per channel, floating
 * @returns shape and dtype of `x`
 * @throws ShapeError if shapes do not fit; RangeError if a channel has one value, or for a negative `eps`;
 * DTypeError for integers
 * @see Ulyanov, Vedaldi & Lempitsky, "Instance normalization: the missing ingredient for fast
 * stylization" (2016), arXiv 1607.08022
 * @example
 * ```ts
 * nn.instanceNorm(tensor([[[1, 3], [10, 30]]]), { eps: 0 }).toArray(); // => [[[-1, 1], [-1, 1]]]
 * ```
 */
export function instanceNorm(x: TensorLike, options: InstanceNormOptions = {}): Tensor {
  requireOptions('instanceNorm', options, knownOfInstance);
  const { weight, bias, eps = 1e-5 } = options;
  const source = requireNorm('instanceNorm', x, eps);
  const values = source.shape.slice(2).reduce((product, n) => product * n, 1);
  if (source.rank < 3) {
    throw new ShapeError(`instanceNorm: x must be [n, c, ...], got ${showShape(source.shape)}.`);
  }
  if (values < 2) {
    throw new RangeError(
      `instanceNorm: needs more than one value per channel of a sample, got x ${showShape(source.shape)}.\n` +
        '  Normalise before space is pooled away, or use layerNorm.',
    );
  }
  const channels = [source.shape[1]!];
  const layout = perChannel(source.shape);
  const { centred, variance } = moments(source, source.shape.map((_, k) => k).slice(2));
  return scaled(
    centred,
    inverseDeviation(variance, eps),
    fitted('instanceNorm', 'weight', weight, channels, layout),
    fitted('instanceNorm', 'bias', bias, channels, layout),
  );
}

/** Options of `GroupNorm`. */
export interface GroupNormSettings {
  /** @defaultValue 1e-5 */
  readonly eps?: number;
  /** Whether there are weight and bias. @defaultValue true */
  readonly affine?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/**
 * `groupNorm` as a layer; the weight starts as 1, the bias as 0.
 *
 * @throws RangeError for groups that do not divide the channels or a negative `eps`; ShapeError from
 * `forward` if `x` has other channels
 * @example
 * ```ts
 * const layer = new nn.GroupNorm(2, 4);
 * layer.forward(ones([3, 4, 5])).shape; // => [3, 4, 5]
 * ```
 */
export class GroupNorm extends Module {
  /** `[numChannels]` */
  readonly weight: Parameter | null;
  /** `[numChannels]` */
  readonly bias: Parameter | null;
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;

  constructor(numGroups: number, numChannels: number, options: GroupNormSettings = {}) {
    super();
    requireOptions('GroupNorm', options, { eps: true, affine: 'boolean', dtype: true });
    requireSize('GroupNorm', 'numChannels', numChannels);
    requireGroups('GroupNorm', numGroups, numChannels);
    const { eps = 1e-5, affine = true, dtype = 'float32' } = options;
    requireEps('GroupNorm', eps);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? parameter(ones([numChannels], { dtype }), { name: 'weight' }) : null;
    this.bias = affine ? parameter(zeros([numChannels], { dtype }), { name: 'bias' }) : null;
  }

  override describe(): string {
    return `GroupNorm(${this.numGroups}, ${this.numChannels})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { numGroups, numChannels, eps, weight, bias } = this;
    if (x.shape[1] !== numChannels) {
      throw new ShapeError(
        `${this.describe()}: x must be [n, ${numChannels}, ...], got ${showShape(x.shape)}.`,
      );
    }
    return groupNorm(x, { numGroups, eps, ...given({ weight, bias }) });
  }
}

/** Options of `InstanceNorm1d` and `InstanceNorm2d`. */
export interface InstanceNormSettings {
  /** @defaultValue 1e-5 */
  readonly eps?: number;
  /** Whether there are weight and bias. @defaultValue false, as PyTorch */
  readonly affine?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/** What the layers of instance normalisation have in common. */
abstract class InstanceNorm extends Module {
  /** `[numFeatures]`, starts as 1; `null` unless affine. */
  readonly weight: Parameter | null;
  /** `[numFeatures]`, starts as 0; `null` unless affine. */
  readonly bias: Parameter | null;
  readonly numFeatures: number;
  readonly eps: number;
  readonly #name: string;
  readonly #rest: readonly string[];

  protected constructor(
    name: string,
    rest: readonly string[],
    numFeatures: number,
    options: InstanceNormSettings,
  ) {
    super();
    requireSize(name, 'numFeatures', numFeatures);
    requireOptions(name, options, { eps: true, affine: 'boolean', dtype: true });
    const { eps = 1e-5, affine = false, dtype = 'float32' } = options;
    requireEps(name, eps);
    this.#name = name;
    this.#rest = rest;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.weight = affine ? parameter(ones([numFeatures], { dtype }), { name: 'weight' }) : null;
    this.bias = affine ? parameter(zeros([numFeatures], { dtype }), { name: 'bias' }) : null;
  }

  override describe(): string {
    return `${this.#name}(${this.numFeatures})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { numFeatures, eps, weight, bias } = this;
    if (x.rank !== this.#rest.length + 2 || x.shape[1] !== numFeatures) {
      throw new ShapeError(
        `${this.describe()}: x must be [n, ${[numFeatures, ...this.#rest].join(', ')}], got ${showShape(x.shape)}.`,
      );
    }
    return instanceNorm(x, { eps, ...given({ weight, bias }) });
  }
}

/**
 * `instanceNorm` of `[n, c, l]` as a layer. As in PyTorch there are no weights unless `affine`; running
 * statistics there are none.
 *
 * @throws RangeError for a size that is not an integer >= 1 or a negative `eps`, and from `forward` with one value
 * per channel; ShapeError from `forward` for other shapes
 * @example
 * ```ts
 * new nn.InstanceNorm1d(1, { eps: 0 }).forward(tensor([[[1, 3]]])).toArray(); // => [[[-1, 1]]]
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormSettings = {}) {
    super('InstanceNorm1d', ['l'], numFeatures, options);
  }
}

/**
 * `instanceNorm` of images `[n, c, h, w]` as a layer; otherwise as `InstanceNorm1d`.
 *
 * @example
 * ```ts
 * const layer = new nn.InstanceNorm2d(3, { affine: true });
 * layer.forward(ones([2, 3, 4, 4])).shape; // => [2, 3, 4, 4]
 * ```
 */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormSettings = {}) {
    super('InstanceNorm2d', ['h', 'w'], numFeatures, options);
  }
}
