import type { DType } from '@tikhonov/core';
import type { Lanes } from '../../math/lanes.ts';
import { entry, type MapEntry } from './entry.ts';
import { isInteger, narrowed, widened, word, words, wrapped } from './integers.ts';

/** In float64 lanes most casts are nothing: the lanes hold every number exactly. */
function castPair(x: Lanes, from: DType, to: DType): Lanes {
  if (to === 'bool') return x.op('ne', 0);
  if (from === 'bool') return x.and(x.number(1));
  if (!isInteger(to)) return x;
  return isInteger(from) ? widened(narrowed(x, from), to) : wrapped(x.op('trunc'), to);
}

/**
 * Four float32 lanes truncated, modulo 2^32; what is not finite is 0. What remains of a division by
 * 2^32 is exact with the dividend's sign, and so is its size as an integer.
 */
function wrappedSingles(x: Lanes): Lanes {
  const whole = x.op('trunc');
  const turns = whole.mul(2 ** -32).op('trunc');
  const rest = whole.sub(turns.mul(2 ** 32));
  const size = words('i32x4.trunc_sat_f32x4_u', rest.abs());
  const negative = rest.lt(0);
  return size.xor(negative).minus(negative);
}

function castFour(x: Lanes, from: DType, to: DType): Lanes {
  if (to === 'bool') return isInteger(from) ? words('i32x4.ne', x, word(x, 0)) : x.op('ne', 0);
  if (from === 'bool') return x.and(to === 'float32' ? x.number(1) : word(x, 1));
  if (isInteger(from)) {
    if (isInteger(to)) return x;
    return words(from === 'int32' ? 'f32x4.convert_i32x4_s' : 'f32x4.convert_i32x4_u', x);
  }
  return wrappedSingles(x);
}

/** Casts as typed arrays make them; to bool is whether it differs from 0, as NaN does. */
export const casts: readonly MapEntry[] = [
  entry('astype', 'cheap', ([x], { dtype: to }, { width, inputs }) => {
    const from = inputs[0]!.dtype;
    if (from === to) return x!;
    return width === 2 ? castPair(x!, from, to) : castFour(x!, from, to);
  }),
];
