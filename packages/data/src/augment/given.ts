import {
  astype,
  Cell,
  type DType,
  DTypeError,
  greaterEqual,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  type Shape,
  ShapeError,
  Tensor,
} from '@tikhonov/core';
import { asTensor, check, kindOf, showShape } from '@tikhonov/core/engine';

/** How strong an augmentation is: a number, or a scalar or cell, which may change between steps. */
export type AugmentStrength = number | Tensor | Cell;

/** Images of a batch: `[n, channels, height, width]`. */
export interface ImageSizes {
  readonly n: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** @throws ShapeError unless the tensor is a batch of images */
export function imageSizes(name: string, x: Tensor): ImageSizes {
  const [n, channels, height, width] = x.shape;
  if (x.rank === 4) return { n: n!, channels: channels!, height: height!, width: width! };
  throw new ShapeError(
    `${name}: images must be [n, channels, height, width], got shape ${showShape(x.shape)}.\n  Reshape rows of pixels first, such as reshape(x, [n, 1, 8, 8]).`,
  );
}

/**
 * What is given, or else drawn with the key.
 *
 * @throws TypeError for both or neither; ShapeError or DTypeError if what is given does not fit
 */
export function drawnOr(
  name: string,
  what: string,
  { key, given }: { readonly key: Tensor | undefined; readonly given: Tensor | undefined },
  fits: { readonly shape: Shape; readonly dtype: DType },
  draw: (key: Tensor) => Tensor,
): Tensor {
  if (given === undefined) {
    if (key === undefined) {
      throw new TypeError(
        `${name}: needs a key to draw with, or ${what}.\n  Pass { key }, such as the one that a batch transform is given.`,
      );
    }
    return draw(key);
  }
  if (!(given instanceof Tensor)) {
    throw new TypeError(`${name}: ${what} must be a Tensor, got ${kindOf(given)}.`);
  }
  if (showShape(given.shape) !== showShape(fits.shape) || given.dtype !== fits.dtype) {
    const wanted = `${fits.dtype} ${showShape(fits.shape)}`;
    const text = `${name}: ${what} must be ${wanted}, got ${given.dtype} ${showShape(given.shape)}.`;
    throw given.dtype === fits.dtype ? new ShapeError(text) : new DTypeError(text);
  }
  return given;
}

/** The bounds of a strength. */
export interface StrengthRange {
  /** 1 for shares and probabilities. @defaultValue none, but it is finite */
  readonly max?: 1;
}

/**
 * A strength >= 0 in a floating dtype; numbers stay numbers.
 *
 * @throws RangeError if it is out of range; TypeError, ShapeError or DTypeError for another kind
 */
export function strengthOf(
  name: string,
  what: string,
  value: AugmentStrength,
  dtype: DType,
  { max }: StrengthRange = {},
): number | Tensor {
  const wanted = `${name}: ${what} must be ${max === 1 ? 'in [0, 1]' : 'finite and >= 0'}`;
  if (typeof value === 'number') {
    if (value >= 0 && (max === 1 ? value <= 1 : value < Infinity)) return value;
    throw new RangeError(`${wanted}, got ${value}.`);
  }
  if (!(value instanceof Tensor || value instanceof Cell)) {
    throw new TypeError(
      `${name}: ${what} must be a number, a scalar Tensor or a Cell, got ${kindOf(value)}.`,
    );
  }
  const given = asTensor(value, name);
  if (given.rank !== 0) {
    throw new ShapeError(`${name}: ${what} must be a scalar, got shape ${showShape(given.shape)}.`);
  }
  if (!isFloating(given.dtype)) {
    throw new DTypeError(
      `${name}: ${what} must be floating, got ${given.dtype}.\n  Cast with astype('float32').`,
    );
  }
  const below = max === 1 ? lessEqual(given, 1) : less(given, Infinity);
  check(
    logicalAnd(greaterEqual(given, 0), below),
    () => new RangeError(`${wanted}, got ${String(given)}.`),
  );
  return astype(given, dtype);
}

/** @throws DTypeError unless the tensor is floating */
export function requireFloating(name: string, what: string, x: Tensor): void {
  if (isFloating(x.dtype)) return;
  throw new DTypeError(
    `${name}: ${what} must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
  );
}

/** @throws RangeError unless it is an integer of at least `least` */
export function requireSize(name: string, what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`${name}: ${what} must be an integer >= ${least}, got ${value}.`);
}
