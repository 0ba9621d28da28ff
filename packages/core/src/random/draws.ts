import { type DType, isFloating, type Shape } from '@tikhonov/array';
import { bind } from '../bind.ts';
import { DTypeError } from '../errors.ts';
import { type OptionNames, requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { floor } from '../primitives/floor.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { sliceP } from '../primitives/slice-pad.ts';
import type { Tensor } from '../tensor.ts';
import { bits } from './bits.ts';

/** Options of floating draws. */
export interface DrawOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/** The floating dtype that the options ask for; a TypeError for unknown options. */
export function floatOption<Options extends DrawOptions>(
  name: string,
  options: Options,
  known: OptionNames<Options>,
): DType {
  requireOptions(name, options, known);
  const dtype = options.dtype ?? 'float32';
  if (!isFloating(dtype)) {
    throw new DTypeError(`${name}: dtype must be float32 or float64, got ${dtype}.`);
  }
  return dtype;
}

/** A RangeError unless the number is finite (and positive, where it must be). */
export function requireFinite(name: string, what: string, value: number, positive = false): void {
  if (!(Number.isFinite(value) && (value > 0 || !positive))) {
    throw new RangeError(
      `${name}: ${what} must be finite${positive ? ' and positive' : ''}, got ${value}.`,
    );
  }
}

/** One of the two words of each element. */
export function word(pairs: Tensor, which: number): Tensor {
  const shape = pairs.shape.slice(0, -1);
  // Not `slice`, whose ranges and backward walks every program that draws would have to load.
  const part = bind(sliceP, [pairs], {
    starts: [...shape.map(() => 0), which],
    stops: [...shape, which + 1],
    steps: pairs.shape.map(() => 1),
  });
  return reshape(part, shape);
}

/** `floor(x 2^-k)` of float64 words: their top bits. */
export const topBits = (x: Tensor, k: number): Tensor => floor(mul(x, 1 / 2 ** k));

/** Uniform float64 values strictly between 0 and 1, odd multiples of 2^-53. */
export function openFraction(pairs: Tensor): Tensor {
  const words = astype(pairs, 'float64');
  const top = add(mul(topBits(word(words, 0), 6), 2 ** 26), topBits(word(words, 1), 6));
  return mul(add(top, 0.5), 1 / 2 ** 52);
}

/** As `openFraction`, of fresh bits. */
export const drawFraction = (from: Tensor, shape: Shape): Tensor => openFraction(bits(from, shape));

/** `x scale + shift` in float64, without the work where it is none, rounded once to `dtype`. */
export function scaleShift(x: Tensor, scale: number, shift: number, dtype: DType): Tensor {
  const scaled = scale === 1 ? x : mul(x, scale);
  return astype(shift === 0 ? scaled : add(scaled, shift), dtype);
}

/** The largest value of the floating dtype that is less than `bound`. */
export function largestBelow(bound: number, dtype: DType): number {
  const value = dtype === 'float32' ? new Float32Array([bound]) : new Float64Array([bound]);
  const nearest = value[0]!;
  if (nearest < bound) return nearest;
  // Neighbours in order of magnitude have neighbouring bit patterns.
  if (nearest === 0) return dtype === 'float32' ? -(2 ** -149) : -Number.MIN_VALUE;
  const outward = nearest < 0;
  if (dtype === 'float32') new Uint32Array(value.buffer)[0]! += outward ? 1 : -1;
  else new BigUint64Array(value.buffer)[0]! += outward ? 1n : -1n;
  return value[0]!;
}
