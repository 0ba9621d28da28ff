import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../../kernels/map/elements.ts';
import type { Code } from '../../../wasm/code.ts';

// Sums of elements as the eager kernels make them: floats in float64, rounded where they are stored,
// integers in 32 bits. One sum is a scalar local, several neighbours' a vector.

/** Whether sums are float64. */
export const floating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** The local of one sum. */
export const sumType = (dtype: DType): 'f64' | 'i32' => (floating(dtype) ? 'f64' : 'i32');

/** How many sums a vector holds. */
export const sumLanes = (dtype: DType): 2 | 4 => (floating(dtype) ? 2 : 4);

/** Leaves an element as a sum. */
export function loadSum(code: Code, dtype: DType, pointer: number, offset: number): void {
  code.get(pointer);
  if (dtype === 'float64') code.memory('f64.load', offset);
  else if (dtype === 'float32') code.memory('f32.load', offset).op('f64.promote_f32');
  else code.memory('i32.load', offset);
}

/** Stores the sum on the stack, which lies on the address. */
export function storeSum(code: Code, dtype: DType, offset: number): void {
  if (dtype === 'float64') code.memory('f64.store', offset);
  else if (dtype === 'float32') code.op('f32.demote_f64').memory('f32.store', offset);
  else code.memory('i32.store', offset);
}

/** Leaves 0, and sets nothing. */
export function pushZero(code: Code, dtype: DType): void {
  if (floating(dtype)) code.f64(0);
  else code.i32(0);
}

/** Adds two sums on the stack. */
export const addSums = (code: Code, dtype: DType): Code =>
  code.op(floating(dtype) ? 'f64.add' : 'i32.add');

/** Adds two vectors of sums on the stack. */
export const addVectors = (code: Code, dtype: DType): Code =>
  code.op(floating(dtype) ? 'f64x2.add' : 'i32x4.add');

/** Elements of which a vector of sums is made: its lanes are `stride` apart, and others are 0. */
export interface Lane {
  readonly pointer: number;
  /** Bytes from the pointer to the first lane's element, if it were there. */
  readonly offset: number;
  /** Elements from lane to lane. */
  readonly stride: number;
  /** The lanes from `first` below `end` are there. */
  readonly first: number;
  readonly end: number;
}

/** Leaves neighbouring elements as a vector of sums. */
export function loadSums(
  code: Code,
  dtype: DType,
  { pointer, offset, stride, first, end }: Lane,
): void {
  const lanes = sumLanes(dtype);
  const bytes = bytesOf(dtype);
  if (first === 0 && end === lanes && (stride === 1 || stride === 0)) {
    code.get(pointer);
    if (stride === 0) code.memory(bytes === 8 ? 'v128.load64_splat' : 'v128.load32_splat', offset);
    else if (dtype === 'float32') code.memory('v128.load64_zero', offset, 2);
    else code.memory('v128.load', offset, 2);
    if (dtype === 'float32') code.op('f64x2.promote_low_f32x4');
    return;
  }
  const at = (lane: number): number => offset + lane * stride * bytes;
  if (floating(dtype)) {
    if (first === 0) {
      loadSum(code, dtype, pointer, at(0));
      code.op('f64x2.splat');
      if (end === 1) code.get(code.constant('f64x2', 0)).shuffle(lowHalf);
    } else code.get(code.constant('f64x2', 0));
    if (end === 2) {
      loadSum(code, dtype, pointer, at(1));
      code.lane('f64x2.replace_lane', 1);
    }
    return;
  }
  code.get(code.constant('i32x4', 0));
  for (let lane = first; lane < end; lane++) {
    loadSum(code, dtype, pointer, at(lane));
    code.lane('i32x4.replace_lane', lane);
  }
}

/** Bytes that take the low half of the first vector and of the second. */
export const lowHalf: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/**
 * Stores vectors of sums of neighbours, `stride` elements apart; `left` of them in all. Every lane of a
 * float32 vector is rounded here.
 */
export function storeSums(
  code: Code,
  dtype: DType,
  pointer: number,
  offset: number,
  vectors: readonly number[],
  left: number,
  stride = 1,
): void {
  const bytes = bytesOf(dtype);
  const lanes = sumLanes(dtype);
  for (let v = 0; v * lanes < left; v++) {
    const at = offset + v * lanes * stride * bytes;
    const count = Math.min(lanes, left - v * lanes);
    const one = vectors[v]!;
    if (stride === 1 && dtype === 'float32' && left - v * lanes >= 4) {
      code.get(pointer);
      code.get(one).op('f32x4.demote_f64x2_zero');
      code.get(vectors[v + 1]!).op('f32x4.demote_f64x2_zero');
      code.shuffle(lowHalf).memory('v128.store', at, 2);
      v += 1;
    } else if (stride === 1 && dtype !== 'float32' && count === lanes) {
      code.get(pointer).get(one).memory('v128.store', at, 2);
    } else {
      for (let lane = 0; lane < count; lane++) {
        code.get(pointer).get(one);
        code.lane(floating(dtype) ? 'f64x2.extract_lane' : 'i32x4.extract_lane', lane);
        storeSum(code, dtype, at + lane * stride * bytes);
      }
    }
  }
}

/** Bytes that take the elements of two vectors in turns, from their low and from their high halves. */
const inTurns = (bytes: 4 | 8, from: number): number[] =>
  Array.from({ length: 16 }, (_, at) => {
    const element = Math.floor(at / (2 * bytes));
    const second = Math.floor(at / bytes) % 2;
    return second * 16 + from + element * bytes + (at % bytes);
  });

/** Stores the lanes of two vectors of sums in turns. */
export function storePairs(
  code: Code,
  dtype: DType,
  pointer: number,
  offset: number,
  first: number,
  second: number,
): void {
  const bytes = bytesOf(dtype);
  if (dtype === 'float32') {
    code.get(pointer);
    for (const one of [first, second]) code.get(one).op('f32x4.demote_f64x2_zero');
    code.shuffle(inTurns(4, 0)).memory('v128.store', offset, 2);
    return;
  }
  for (const half of [0, 1]) {
    code
      .get(pointer)
      .get(first)
      .get(second)
      .shuffle(inTurns(bytes, half * 8));
    code.memory('v128.store', offset + half * 16, 2);
  }
}
