import type { DType } from '@tikhonov/core';
import type { Emission } from '../../math/emission.ts';
import type { FloatLanes, Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';

/**
 * Lanes of a kernel: four of 32 bits, or two of 64. With two, everything is a float64: float32 values
 * are rounded when they are stored, integers are exact, and masks are 64 bits wide.
 */
export type Width = 4 | 2;

/** The type in which lanes of this number are computed. */
export const lanesOf = (width: Width): FloatLanes => (width === 4 ? 'f32x4' : 'f64x2');

/** Bytes of an element in a program's memory. A bool is a mask of 32 bits, all of them 0 or 1. */
export const bytesOf = (dtype: DType): 4 | 8 => (dtype === 'float64' ? 8 : 4);

/** Neighbouring elements in memory. */
export interface Run {
  readonly dtype: DType;
  /** The local that holds the address of the first. */
  readonly pointer: number;
  /** Elements from one to the next. */
  readonly stride: number;
  /** How many there are, at most the kernel's width. */
  readonly count: number;
  /** Bytes from the address to the first, not negative. @defaultValue 0 */
  readonly ahead?: number;
}

/** The elements as lanes; those beyond the run's count are 0 or repeat. */
export function loadRun(into: Emission, width: Width, run: Run): Lanes {
  const type = lanesOf(width);
  return into.leaf(type, (code) => {
    pushRun(code, width, run);
    if (width === 2) widen(code, run.dtype);
  });
}

function pushRun(
  code: Code,
  width: Width,
  { dtype, pointer, stride, count, ahead = 0 }: Run,
): void {
  const bytes = bytesOf(dtype);
  code.get(pointer);
  if (stride === 0) {
    code.memory(bytes === 4 ? 'v128.load32_splat' : 'v128.load64_splat', ahead);
  } else if (stride === 1 && count === width) {
    if (bytes * width === 16) code.memory('v128.load', ahead, bytes === 4 ? 2 : 3);
    else code.memory('v128.load64_zero', ahead, 2);
  } else {
    code.memory(bytes === 4 ? 'v128.load32_zero' : 'v128.load64_zero', ahead);
    for (let lane = 1; lane < count; lane++) {
      const at = lane * stride * bytes;
      code.get(pointer);
      if (at < 0) code.i32(at).op('i32.add');
      code.memory(bytes === 4 ? 'f32.load' : 'f64.load', ahead + Math.max(0, at));
      code.lane(bytes === 4 ? 'f32x4.replace_lane' : 'f64x2.replace_lane', lane);
    }
  }
}

/** Low elements of 32 bits as float64, a mask as a mask of 64 bits. */
function widen(code: Code, dtype: DType): void {
  if (dtype === 'float32') code.op('f64x2.promote_low_f32x4');
  else if (dtype === 'int32') code.op('f64x2.convert_low_i32x4_s');
  else if (dtype === 'uint32') code.op('f64x2.convert_low_i32x4_u');
  else if (dtype === 'bool') code.op('i64x2.extend_low_i32x4_s');
}

/** Writes a function's result to elements, none of whose steps is negative; `value` leaves the lanes on the stack. */
export function storeRun(
  code: Code,
  width: Width,
  { dtype, pointer, stride, count, ahead = 0 }: Run,
  value: () => void,
  scratch: number,
): void {
  const bytes = bytesOf(dtype);
  const whole = stride === 1 && count === width && bytes * width === 16;
  if (whole) code.get(pointer);
  value();
  if (width === 2) narrow(code, dtype, scratch);
  if (whole) {
    code.memory('v128.store', ahead, bytes === 4 ? 2 : 3);
    return;
  }
  code.set(scratch);
  // A mask of 64 bits is two of 32. V8 gives a shuffle the wrong register if it has widened its operand.
  const apart = width === 2 && dtype === 'bool' ? 2 : 1;
  for (let lane = 0; lane < count; lane++) {
    code.get(pointer).get(scratch);
    code.lane(bytes === 4 ? 'f32x4.extract_lane' : 'f64x2.extract_lane', lane * apart);
    code.memory(bytes === 4 ? 'f32.store' : 'f64.store', ahead + lane * stride * bytes);
  }
}

/** Lanes of 64 bits as low elements of 32. Integers wrap, and NaN is 0, as in typed arrays. */
function narrow(code: Code, dtype: DType, scratch: number): void {
  if (dtype === 'float32') code.op('f32x4.demote_f64x2_zero');
  else if (dtype !== 'float64' && dtype !== 'bool') {
    const turns = code.constant('f64x2', 2 ** 32);
    // Subtracts the multiple of 2^32 below it: every step is exact. Infinity becomes NaN.
    code.op('f64x2.trunc').tee(scratch).get(scratch).get(turns).op('f64x2.div', 'f64x2.floor');
    code.get(turns).op('f64x2.mul', 'f64x2.sub', 'i32x4.trunc_sat_f64x2_u_zero');
  }
}
