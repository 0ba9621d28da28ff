import {
  astype,
  type DType,
  DTypeError,
  isFloating,
  less,
  random,
  type Shape,
  ShapeError,
  stopGradient,
  Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, kindOf, showShape, showValue } from '@tikhonov/core/engine';
import type { ForwardContext, Strength } from '@tikhonov/nn';
import {
  keepMask as drawKeepMask,
  inverseKeep,
  type MaskSource,
  scaledBy,
  survivors,
} from '@tikhonov/nn/engine';

export {
  inverseKeep,
  keepProbability,
  scaledBy,
  survivors,
} from '@tikhonov/nn/engine';
export { unitStrength } from './rate.ts';

/**
 * The tensor of an input.
 *
 * @throws DTypeError unless it is floating
 */
export function requireFloating(name: string, x: TensorLike, what = 'x'): Tensor {
  const source = asTensor(x, name);
  if (isFloating(source.dtype)) return source;
  throw new DTypeError(
    `${name}: ${what} must be floating, got ${source.dtype}.\n  Cast with astype('float32').`,
  );
}

/**
 * A ShapeError unless the tensor has one of these numbers of axes.
 *
 * @param layout  what is accepted, such as `[N, C, H, W] or [C, H, W]`
 */
export function requireStructure(
  name: string,
  x: Tensor,
  ranks: readonly number[],
  layout: string,
): void {
  if (ranks.includes(x.rank)) return;
  throw new ShapeError(
    `${name}: x must be ${layout}, got shape ${showShape(x.shape)}.\n  Reshape it, channels before space.`,
  );
}

/**
 * The key of a call in training.
 *
 * @param instead  the option that gives the noise itself
 * @throws TypeError without one
 */
export function requireRng(name: string, rng: unknown, instead: string): Tensor {
  if (rng instanceof Tensor) return rng;
  throw new TypeError(
    `${name}: training needs a random key, got ${rng === undefined ? `neither rng nor ${instead}` : kindOf(rng)}.\n` +
      '  Call model.forward(x, { training: true, rng }) with rng = random.foldIn(random.key(seed), step), or leave training off.',
  );
}

/**
 * Given noise as a constant.
 *
 * @param what  the option's name
 * @throws TypeError unless it is a tensor; ShapeError unless it has the shape
 */
export function requireNoise(name: string, what: string, noise: unknown, shape: Shape): Tensor {
  if (!(noise instanceof Tensor)) {
    throw new TypeError(
      `${name}: ${what} must be a Tensor, got ${kindOf(noise)}.\n  Make one with tensor(...), or leave it out and pass rng.`,
    );
  }
  if (showShape(noise.shape) === showShape(shape)) return stopGradient(noise);
  throw new ShapeError(
    `${name}: ${what} must have shape ${showShape(shape)}, got ${showShape(noise.shape)}.\n` +
      '  Give one entry for each decision, or leave it out and pass rng.',
  );
}

/**
 * What is kept, as bool of the given shape: one uniform `u` per element, in row-major order, which is dropped iff
 * `u < p`, as `dropout` with that noise shape draws it; or the given mask of 0 (drop) and 1 (keep).
 *
 * @param p  probability of dropping: a number, or a constant tensor that broadcasts to the shape
 * @throws TypeError with neither key nor mask; ShapeError or RangeError for a mask that does not fit
 */
export function keepMask(
  name: string,
  shape: Shape,
  p: number | Tensor,
  { rng, mask }: MaskSource,
): Tensor {
  if (mask === undefined)
    return drawKeepMask(name, shape, p, { rng: requireRng(name, rng, 'mask') });
  return drawKeepMask(name, shape, p, { mask: requireNoise(name, 'mask', mask, shape) });
}

/**
 * Where the mask keeps, `x / (1 - p)`; elsewhere exactly 0, also for NaN. Zeros for `p` 1.
 *
 * @param mask  bool, broadcasts to `x`
 */
export function inverted(x: Tensor, mask: Tensor, p: number | Tensor): Tensor {
  const alive = typeof p === 'number' ? p < 1 : less(p, 1);
  return scaledBy(x, inverseKeep(p), survivors(mask, alive));
}

/**
 * Standard normal noise of the given shape: drawn, or as it is given; a constant.
 *
 * @throws TypeError with neither key nor noise; ShapeError or DTypeError for noise that does not fit
 */
export function normalNoise(
  name: string,
  shape: Shape,
  dtype: DType,
  { rng, normal }: { readonly rng?: Tensor; readonly normal?: Tensor },
): Tensor {
  if (normal === undefined) {
    return random.normal(requireRng(name, rng, 'normal'), shape, { dtype });
  }
  const given = requireNoise(name, 'normal', normal, shape);
  return astype(requireFloating(name, given, 'normal'), dtype);
}

/** What functional forms take from a context. */
export const drawing = ({
  training = false,
  rng,
}: ForwardContext): { readonly training: boolean; readonly rng?: Tensor } =>
  rng === undefined ? { training } : { training, rng };

/** A rate as `describe` shows it. */
export const describeRate = (p: Strength): string =>
  typeof p === 'number' ? String(p) : `p in a ${p instanceof Tensor ? 'tensor' : 'cell'}`;

/** A RangeError unless it is a number in [0, 1]. */
export function requireProbability(name: string, what: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw new RangeError(
    `${name}: ${what} must be in [0, 1], got ${showValue(value)}.\n  It is a probability: 0.2 is 20 percent.`,
  );
}
