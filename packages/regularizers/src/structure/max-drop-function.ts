import {
  abs,
  add,
  arange,
  argmax,
  astype,
  type DType,
  div,
  equal,
  floor,
  full,
  greater,
  lessEqual,
  logicalAnd,
  logicalNot,
  mul,
  reshape,
  type Shape,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  check,
  type OptionNames,
  requireOptions,
  showShape,
  showValue,
} from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { requireSize } from '@tikhonov/nn/engine';
import { decide } from './decisions.ts';
import {
  normalNoise,
  requireFloating,
  requireStructure,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';

/** What `MaxDrop` and `maxDrop` have in common. */
export interface MaxDropSettings {
  /**
   * Probability of dropping a maximum, in [0, 1], below 1 for Gaussian noise; a 0-d tensor or cell can be
   * annealed. @defaultValue 0.1 (the authors' code)
   */
  readonly p?: Strength;
  /**
   * `'feature'`: one maximum for each map; `'channel'`: one for each place, over the channels.
   * @defaultValue 'feature' (the authors' code)
   */
  readonly mode?: 'feature' | 'channel';
  /** Side of the square around a map's maximum that is dropped with it, odd. @defaultValue 1 */
  readonly kernelSize?: number;
  /** Whether what is left is scaled by about its inverse share. @defaultValue true */
  readonly rescale?: boolean;
  /**
   * `'gaussian'` multiplies the maximum by `1 + sqrt(p / (1 - p)) e` instead of dropping it.
   * @defaultValue 'bernoulli'
   */
  readonly noise?: 'bernoulli' | 'gaussian';
}

/** Options of `maxDrop` and `maxDropMask`. */
export interface MaxDropOptions extends MaxDropSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the decisions; the same key gives the same ones. */
  readonly rng?: Tensor;
  /** Instead of a key, which maxima are dropped: 1 or true, `[N, C]` or, by place, `[N, H, W]`. */
  readonly drop?: Tensor;
  /** Instead of a key, standard normal noise of the same shape. */
  readonly normal?: Tensor;
}

/** Options of the layer that are the function's too. */
export const knownOfLayer: OptionNames<MaxDropSettings> = {
  p: true,
  mode: true,
  kernelSize: true,
  rescale: 'boolean',
  noise: true,
};
const known: OptionNames<MaxDropOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  drop: true,
  normal: true,
};

/** Settings with their defaults, and the rate as a number or a float64 constant. */
export function requireMaxDrop(
  name: string,
  {
    p = 0.1,
    mode = 'feature',
    kernelSize = 1,
    rescale = true,
    noise = 'bernoulli',
  }: MaxDropSettings,
): { readonly settings: Required<MaxDropSettings>; readonly rate: number | Tensor } {
  if (mode !== 'feature' && mode !== 'channel') {
    throw new TypeError(`${name}: mode must be 'feature' or 'channel', got ${showValue(mode)}.`);
  }
  if (noise !== 'bernoulli' && noise !== 'gaussian') {
    throw new TypeError(
      `${name}: noise must be 'bernoulli' or 'gaussian', got ${showValue(noise)}.`,
    );
  }
  requireSize(name, 'kernelSize', kernelSize);
  if (kernelSize % 2 === 0) {
    throw new RangeError(
      `${name}: kernelSize must be odd, got ${kernelSize}.\n  The square has the maximum in its middle: take ${kernelSize + 1}, or 1 for the maximum alone.`,
    );
  }
  if (kernelSize > 1 && (mode === 'channel' || noise === 'gaussian')) {
    throw new RangeError(
      `${name}: kernelSize must be 1 ${mode === 'channel' ? "in mode 'channel'" : 'with Gaussian noise'}, got ${kernelSize}.\n  Squares are dropped in mode 'feature' with noise 'bernoulli'.`,
    );
  }
  const rate = unitStrength(name, 'p', p, { closed: noise === 'bernoulli' });
  return { settings: { p, mode, kernelSize, rescale, noise }, rate };
}

/** Where the maxima are, and one place for each decision. */
interface Maxima {
  /** True at the maxima and what is dropped with them, bool `[N, C, H, W]`. */
  readonly at: Tensor;
  /** Of the decisions. */
  readonly shape: Shape;
  /** The same with axes of 1 that broadcast. */
  readonly broadcasting: Shape;
}

function maximaOf(x: Tensor, { mode, kernelSize }: Required<MaxDropSettings>): Maxima {
  const [n, channels, height, width] = x.shape as readonly [number, number, number, number];
  const values = stopGradient(x);
  const places = (size: number): Tensor => arange(size, { dtype: 'int32' });
  if (mode === 'channel') {
    const winner = argmax(values, { axis: 1, keepdims: true });
    const at = equal(reshape(places(channels), [channels, 1, 1]), winner);
    return { at, shape: [n, height, width], broadcasting: [n, 1, height, width] };
  }
  const shape = [n, channels];
  const winner = argmax(reshape(values, [...shape, height * width]), { axis: 2 });
  const reach = (kernelSize - 1) / 2;
  const near = (place: Tensor, size: number): Tensor =>
    lessEqual(abs(sub(places(size), reshape(place, [...shape, 1]))), reach);
  const row = astype(floor(div(astype(winner, 'float64'), width)), 'int32');
  const column = sub(winner, mul(row, width));
  const rows = reshape(near(row, height), [...shape, height, 1]);
  const columns = reshape(near(column, width), [...shape, 1, width]);
  return { at: logicalAnd(rows, columns), shape, broadcasting: [...shape, 1, 1] };
}

/** `sqrt(p / (1 - p))` in float64, rounded once. */
const deviation = (p: number | Tensor, dtype: DType): number | Tensor =>
  typeof p === 'number' ? Math.sqrt(p / (1 - p)) : astype(sqrt(div(p, sub(1, p))), dtype);

/** The inverse of the share that is left if every maximum is dropped with probability `p`. */
function scaleOf(
  name: string,
  x: Tensor,
  rate: number | Tensor,
  { mode, kernelSize, rescale }: Required<MaxDropSettings>,
): number | Tensor {
  if (!rescale) return 1;
  const [, channels, height, width] = x.shape as readonly [number, number, number, number];
  const share = mode === 'channel' ? 1 / channels : kernelSize ** 2 / (height * width);
  const refuse = (): RangeError =>
    new RangeError(
      `${name}: p = ${String(rate)} with ${mode === 'channel' ? `${channels} channels` : `squares of ${kernelSize} in maps of ${showShape([height, width])}`} leaves nothing to rescale.\n` +
        '  Take a smaller p or kernelSize, or rescale: false.',
    );
  if (typeof rate === 'number') {
    const left = 1 - rate * share;
    if (left > 0) return 1 / left;
    throw refuse();
  }
  const left = sub(1, mul(rate, share));
  check(greater(left, 0), refuse);
  return div(1, left);
}

/**
 * Drops the highest activations: the maximum of each map, or of the channels at each place, is set to 0 with
 * probability `p`, independently; with a `kernelSize`, also what lies in the square around a map's maximum. What is
 * left is divided by `1 - p k^2 / (H W)`, or `1 - p / C`. Evaluation gives `x`. With Gaussian noise the maximum is
 * multiplied by a factor of mean 1, and nothing is rescaled.
 *
 * Of equal maxima it is the first in row-major order. What is dropped and the scale are constants for derivatives;
 * dropped NaN, which count as maxima, become 0.
 *
 * @param x  `[N, C, H, W]`, floating
 * @returns of the same shape and dtype
 * @throws RangeError if `p` is outside [0, 1] ([0, 1) for Gaussian noise), for a `kernelSize` that is not odd, or
 * not 1 where there are no squares, and if nothing is left to rescale; ShapeError for another rank or noise that does
 * not fit; TypeError in training without a source of noise, and for one of the other noise; DTypeError for integers
 * @see Park & Kwak, "Analysis on the dropout effect in convolutional neural networks", ACCV 2016
 * @example
 * ```ts
 * const x = tensor([[[[1, 4], [2, 3]]]]);
 * const options = { p: 0.4, training: true, drop: tensor([[1]]) };
 * reg.maxDrop(x, options).toArray(); // => [[[[1 / 0.9, 0], [2 / 0.9, 3 / 0.9]]]]
 * ```
 */
export function maxDrop(x: TensorLike, options: MaxDropOptions = {}): Tensor {
  const name = 'maxDrop';
  const { source, settings, rate } = prepared(name, x, options);
  if (options.training !== true || source.size === 0) return source;
  if (settings.noise === 'bernoulli') {
    const scale = scaleOf(name, source, rate, settings);
    return scaledBy(source, scale, logicalNot(droppedAt(name, source, rate, settings, options)));
  }
  const { at, shape, broadcasting } = maximaOf(source, settings);
  const normal = normalNoise(name, shape, source.dtype, options);
  const factor = add(mul(normal, deviation(rate, source.dtype)), 1);
  return where(at, mul(source, reshape(factor, broadcasting)), source);
}

function prepared(name: string, x: TensorLike, options: MaxDropOptions) {
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const checked = requireMaxDrop(name, options);
  requireStructure(name, source, [4], '[N, C, H, W]');
  const { noise } = checked.settings;
  const other = noise === 'gaussian' ? 'drop' : 'normal';
  if (options[other] !== undefined) {
    throw new TypeError(
      `${name}: ${other} is for ${other === 'drop' ? "noise 'bernoulli'" : "noise 'gaussian'"}, got it with '${noise}'.\n  Pass ${other === 'drop' ? 'normal' : 'drop'}, or the other noise.`,
    );
  }
  return { source, ...checked };
}

function droppedAt(
  name: string,
  x: Tensor,
  rate: number | Tensor,
  settings: Required<MaxDropSettings>,
  { rng, drop }: MaxDropOptions,
): Tensor {
  const { at, shape, broadcasting } = maximaOf(x, settings);
  const chosen = decide(name, 'drop', shape, rate, { rng, given: drop });
  return logicalAnd(at, reshape(chosen, broadcasting));
}

/**
 * What `maxDrop` keeps with the same options in training.
 *
 * @param x  the input of `maxDrop`
 * @returns bool, of the same shape
 * @throws as `maxDrop`; TypeError for Gaussian noise, which drops nothing
 * @example
 * ```ts
 * const x = tensor([[[[1, 4], [2, 3]]]]);
 * reg.maxDropMask(x, { drop: tensor([[1]]) }).toArray(); // => [[[[true, false], [true, true]]]]
 * ```
 */
export function maxDropMask(x: TensorLike, options: MaxDropOptions = {}): Tensor {
  const name = 'maxDropMask';
  const { source, settings, rate } = prepared(name, x, options);
  if (settings.noise === 'gaussian') {
    throw new TypeError(
      `${name}: Gaussian noise drops nothing, so that there is no mask.\n  Leave noise out, or call maxDrop.`,
    );
  }
  if (source.size === 0) return full(source.shape, 1, { dtype: 'bool' });
  return logicalNot(droppedAt(name, source, rate, settings, options));
}
