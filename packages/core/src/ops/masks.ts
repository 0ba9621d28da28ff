// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the field's names, which shadow only where imported.
import { broadcastShapes, isFloating, sameShape } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { coercePair } from '../coerce.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { abs } from '../primitives/abs.ts';
import { equal, less, notEqual } from '../primitives/compare.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Whether each element is NaN, as `bool`. Integers never are.
 *
 * @example
 * ```ts
 * isNaN(tensor([1, NaN, Infinity])).toArray(); // => [false, true, false]
 * ```
 */
export function isNaN(x: TensorLike): Tensor {
  const source = asTensor(x, 'isNaN');
  return notEqual(source, source);
}

/**
 * Whether each element is neither infinite nor NaN, as `bool`. Integers always are finite.
 *
 * @example
 * ```ts
 * isFinite(tensor([1, NaN, -Infinity])).toArray(); // => [true, false, false]
 * ```
 */
export function isFinite(x: TensorLike): Tensor {
  const source = asTensor(x, 'isFinite');
  return isFloating(source.dtype) ? less(abs(source), Infinity) : equal(source, source);
}

/**
 * Whether each element is Infinity or -Infinity, as `bool`. Integers never are.
 *
 * @example
 * ```ts
 * isInf(tensor([1, NaN, -Infinity])).toArray(); // => [false, false, true]
 * ```
 */
export function isInf(x: TensorLike): Tensor {
  const source = asTensor(x, 'isInf');
  return isFloating(source.dtype) ? equal(abs(source), Infinity) : notEqual(source, source);
}

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  /** @defaultValue 0 */
  readonly nan?: number;
  /** In place of Infinity. @defaultValue the largest number of the dtype */
  readonly posinf?: number;
  /** In place of -Infinity. @defaultValue the smallest number of the dtype */
  readonly neginf?: number;
}

const replaced = { nan: 'number', posinf: 'number', neginf: 'number' } as const;

/**
 * NaN and infinities replaced by numbers; these get gradient 0. Integers and bool are returned as they are.
 *
 * @throws TypeError for options that are not numbers
 * @example
 * ```ts
 * nanToNum(tensor([1, NaN, -Infinity]), { neginf: -9 }).toArray(); // => [1, 0, -9]
 * ```
 */
export function nanToNum(x: TensorLike, options: NanToNumOptions = {}): Tensor {
  requireOptions('nanToNum', options, replaced);
  const source = asTensor(x, 'nanToNum');
  if (!isFloating(source.dtype)) return source;
  const largest = source.dtype === 'float32' ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
  const { nan = 0, posinf = largest, neginf = -largest } = options;
  const finite = where(
    equal(source, Infinity),
    posinf,
    where(equal(source, -Infinity), neginf, source),
  );
  return where(isNaN(source), nan, finite);
}

/**
 * `value` where `mask` is true, else `x`. Masked elements get gradient exactly 0, whatever they hold.
 *
 * @param mask  `bool`; broadcasts to the shape of `x`
 * @param value  a number, or a tensor that broadcasts to the shape of `x`
 * @returns the shape and dtype of `x`
 * @throws DTypeError if the mask is not `bool`; ShapeError if it does not broadcast to the shape of `x`
 * @example
 * ```ts
 * maskedFill(tensor([1, 2, 3]), tensor([false, true, false]), -Infinity).toArray(); // => [1, -Infinity, 3]
 * ```
 */
export function maskedFill(x: TensorLike, mask: TensorLike, value: TensorLike): Tensor {
  const [source, chosen] = [asTensor(x, 'maskedFill'), asTensor(mask, 'maskedFill')];
  if (chosen.dtype !== 'bool') {
    throw new DTypeError(
      `maskedFill: the mask must be bool, got ${chosen.dtype}. Compare first, as in notEqual(mask, 0).`,
    );
  }
  fitting('mask', chosen, source);
  if (typeof value !== 'number') fitting('value', asTensor(value, 'maskedFill'), source);
  const [filling] = coercePair('maskedFill', value, source);
  return where(chosen, filling, source);
}

function fitting(what: string, part: Tensor, x: Tensor): void {
  const shape = broadcastShapes(part.shape, x.shape);
  if (shape === undefined || !sameShape(shape, x.shape)) {
    throw new ShapeError(
      `maskedFill: the ${what} of shape ${showShape(part.shape)} does not broadcast to ${showShape(x.shape)}, the shape of x.`,
    );
  }
}
