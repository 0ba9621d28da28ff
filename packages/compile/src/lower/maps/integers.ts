import type { DType } from '@tikhonov/core';
import type { Lanes } from '../../math/lanes.ts';
import type { Instruction } from '../../wasm/code.ts';

/** The dtypes of whole numbers. */
export type Integer = 'int32' | 'uint32';

/** Whether a dtype has whole numbers of 32 bits. */
export const isInteger = (dtype: DType): dtype is Integer =>
  dtype === 'int32' || dtype === 'uint32';

/** The sign suffix of instructions. */
const suffix = (dtype: Integer): 's' | 'u' => (dtype === 'int32' ? 's' : 'u');

/** An instruction on lanes of 32 bits. */
export const words = (name: Instruction, x: Lanes, ...others: readonly Lanes[]): Lanes =>
  x.raw('f32x4', (code) => code.op(name), ...others);

/** The constant in every lane of 32 bits. */
export const word = (x: Lanes, value: number): Lanes => x.into.constant('f32x4', 'i32x4', value);

/** Exact float64 lanes as the low two of four integers. */
export const narrowed = (x: Lanes, dtype: Integer): Lanes =>
  words(`i32x4.trunc_sat_f64x2_${suffix(dtype)}_zero`, x);

/** The low two of four integers as float64 lanes. */
export const widened = (x: Lanes, dtype: Integer): Lanes =>
  x.raw('f64x2', (code) => code.op(`f64x2.convert_low_i32x4_${suffix(dtype)}`));

/**
 * An operation on 32 bits for both widths: pairs of float64 become integers for it, and so wrap as the
 * integers do.
 */
export function onWords(
  dtype: Integer,
  inputs: readonly Lanes[],
  f: (...words: readonly Lanes[]) => Lanes,
): Lanes {
  if (inputs[0]?.type === 'f32x4') return f(...inputs);
  return widened(f(...inputs.map((x) => narrowed(x, dtype))), dtype);
}

/**
 * Whole float64 lanes modulo 2^32, as the low two of four integers; what is not finite is 0. Subtracts
 * the multiple of 2^32 below: every step is exact, and infinities become NaN.
 */
export function wrappedWords(whole: Lanes): Lanes {
  const turns = whole.mul(2 ** -32).op('floor');
  return narrowed(whole.sub(turns.mul(2 ** 32)), 'uint32');
}

/** Whole float64 lanes as the integers that typed arrays would store, never -0. */
export const wrapped = (whole: Lanes, dtype: Integer): Lanes => widened(wrappedWords(whole), dtype);

/** Two pairs of low integers as four. */
export const joinedWords = (low: Lanes, high: Lanes): Lanes =>
  low.raw('f32x4', (code) => code.shuffle([...bytes(0), ...bytes(16)]), high);

/** The last two of four integers as the first. */
export const highWords = (x: Lanes): Lanes =>
  x.raw('f32x4', (code) => code.shuffle([...bytes(8), ...bytes(8)]), x);

const bytes = (from: number): number[] => Array.from({ length: 8 }, (_, k) => from + k);
