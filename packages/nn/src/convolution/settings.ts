import {
  type DType,
  type Padding,
  type Parameter,
  type PerAxis,
  ShapeError,
  Tensor,
} from '@tikhonov/core';
import {
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
  showValue,
} from '@tikhonov/core/engine';
import { draw, type Initializer, torchLinear, uniformInit } from '../initializers.ts';
import { initialKey, type KeySource, requireSize } from '../keys.ts';

/** What all convolution layers take. One of `key` and `seed` is needed: there is no hidden generator. */
export interface ConvLayerSettings extends KeySource {
  /** One number, or one per spatial axis. @defaultValue 1 */
  readonly stride?: PerAxis;
  /** @defaultValue 1 */
  readonly dilation?: PerAxis;
  /** Blocks of channels that do not see each other; divides both numbers of channels. @defaultValue 1 */
  readonly groups?: number;
  /** Whether there is a bias. @defaultValue true */
  readonly bias?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** @defaultValue `init.torchLinear`, `U(-1 / sqrt(fanIn), 1 / sqrt(fanIn))` */
  readonly weightInit?: Initializer;
  /** @defaultValue `U(-1 / sqrt(fanIn), 1 / sqrt(fanIn))`, as PyTorch */
  readonly biasInit?: Initializer;
}

/** The names of `ConvLayerSettings`. */
export const settingNames: OptionNames<ConvLayerSettings> = {
  seed: true,
  key: true,
  stride: true,
  dilation: true,
  groups: true,
  bias: 'boolean',
  dtype: true,
  weightInit: true,
  biasInit: true,
};

/** A convolution layer to be built. */
export interface ConvPlan {
  /** The class, for messages. */
  readonly name: string;
  readonly axes: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: PerAxis;
  /** Whether the weight is `[in, out / groups, ...]` rather than `[out, in / groups, ...]`. */
  readonly transposed: boolean;
}

/** The parameters of a convolution layer, drawn. */
export interface ConvCells {
  readonly kernelSize: readonly number[];
  readonly weight: Parameter;
  readonly bias: Parameter | null;
}

/** Checks what a convolution layer was built with and draws its parameters. */
export function convCells(
  plan: ConvPlan,
  options: ConvLayerSettings & { readonly padding?: Padding | 'same' | 'valid' },
  known: OptionNames<ConvLayerSettings>,
): ConvCells {
  const { name, axes, inChannels, outChannels, transposed } = plan;
  requireSize(name, 'inChannels', inChannels);
  requireSize(name, 'outChannels', outChannels);
  requireOptions<ConvLayerSettings>(name, options, known);
  const key = initialKey(name, options);
  const { groups = 1, bias = true, dtype = 'float32', weightInit = torchLinear } = options;
  requireSize(name, 'groups', groups);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new RangeError(
      `${name}: ${groups} groups do not divide ${inChannels} and ${outChannels} channels.\n  Choose groups that divide both.`,
    );
  }
  const kernelSize = integers(name, 'kernelSize', plan.kernelSize, axes);
  integers(name, 'stride', options.stride ?? 1, axes);
  integers(name, 'dilation', options.dilation ?? 1, axes);
  requirePadding(name, options.padding);
  const [first, second] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
  const shape = [first, second / groups, ...kernelSize];
  // As PyTorch computes it, also for transposed layouts.
  const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
  const { biasInit = uniformInit(1 / Math.sqrt(fanIn)) } = options;
  return {
    kernelSize,
    weight: draw(name, key, 'weight', weightInit, shape, dtype),
    bias: bias ? draw(name, key, 'bias', biasInit, [outChannels], dtype) : null,
  };
}

/** One integer >= 1 per axis. */
export function integers(name: string, what: string, value: PerAxis, axes: number): number[] {
  const list = Array.isArray(value) ? [...value] : new Array<unknown>(axes).fill(value);
  if (list.length !== axes || !list.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(
      `${name}: ${what} must be an integer >= 1${axes === 1 ? '' : ` or ${axes} of them`}, got ${showValue(value)}.`,
    );
  }
  return list;
}

/** A RangeError unless the padding, where it is numbers, holds integers >= 0. */
export function requirePadding(
  name: string,
  padding: Padding | 'same' | 'valid' | undefined,
): void {
  if (padding === undefined || padding === 'same' || padding === 'valid') return;
  const numbers: unknown[] = Array.isArray(padding) ? padding.flat() : [padding];
  if (!numbers.every((n) => Number.isInteger(n) && (n as number) >= 0)) {
    throw new RangeError(
      `${name}: padding must be integers >= 0${name.startsWith('ConvT') ? '' : ", 'same' or 'valid'"}, got ${showValue(padding)}.`,
    );
  }
}

/** Throws unless `x` is `[N, C, ...spatial]` or `[C, ...spatial]` with the layer's channels. */
export function requireChannels(layer: string, x: Tensor, channels: number, axes: number): void {
  if (!(x instanceof Tensor)) {
    throw new TypeError(
      `${layer}: x must be a Tensor, got ${kindOf(x)}.\n  Make one with tensor(...).`,
    );
  }
  const spatial = axes === 1 ? 'L' : ['D', 'H', 'W'].slice(3 - axes).join(', ');
  const fits = x.rank === axes + 2 || x.rank === axes + 1;
  if (!fits || x.shape[x.rank - axes - 1] !== channels) {
    throw new ShapeError(
      `${layer}: x must be [N, ${channels}, ${spatial}] or [${channels}, ${spatial}], got shape ${showShape(x.shape)}.\n` +
        `  Channels come before the ${axes === 1 ? 'length' : 'spatial axes'}; insert an axis with expandDims, reorder with permute, make images of rows with Unflatten.`,
    );
  }
}
