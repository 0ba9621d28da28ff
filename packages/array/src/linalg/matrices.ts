import { allocate, type DType } from '../dtype.ts';
import { contiguous, copyAs, type Shape, sizeOf, type View, viewOf } from '../view.ts';

// All factorizations run on row-major float64 matrices that follow one another, whatever the dtype, and
// round once at the end.

/** The elements of a stack of matrices in float64, row-major; shared with the view, so only for reading. */
export function doubles(view: View): Float64Array {
  const { data } = view.dtype === 'float64' ? contiguous(view) : copyAs(view, 'float64');
  return data as Float64Array;
}

/** As `doubles`, but the caller's own. */
export function ownDoubles(view: View): Float64Array {
  const data = doubles(view);
  return data === view.data ? data.slice() : data;
}

/** The elements rounded to `dtype`; in float64 the data itself. */
export function rounded(data: Float64Array, shape: Shape, dtype: DType): View {
  if (dtype === 'float64') return viewOf(data, shape, dtype);
  const out = allocate(dtype, data.length);
  out.set(data);
  return viewOf(out, shape, dtype);
}

/** How many matrices a stack `[...batch, n, m]` holds. */
export const countOf = (shape: Shape): number => sizeOf(shape.slice(0, -2));

/** Whether a range holds a NaN. */
export function hasNaN(data: Float64Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) if (Number.isNaN(data[i]!)) return true;
  return false;
}

/** Whether all elements of a range are finite. */
export function allFinite(data: Float64Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) if (!Number.isFinite(data[i]!)) return false;
  return true;
}

/**
 * The power of two next below the largest magnitude of a range, or 1 for zeros. Dividing by it is exact
 * and keeps squares from over- and underflowing.
 */
export function scaleOf(data: Float64Array, start: number, stop: number, step = 1): number {
  let largest = 0;
  for (let i = start; i < stop; i += step) {
    const value = Math.abs(data[i]!);
    if (value > largest) largest = value;
  }
  // 2^-1022 and not less: its reciprocal is finite.
  return largest === 0 ? 1 : 2 ** Math.max(-1022, Math.min(1023, Math.floor(Math.log2(largest))));
}

/** Euclidean length of `x[start], x[start + step], ...`, `count` of them, without over- or underflow. */
export function lengthOf(x: Float64Array, start: number, step: number, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const value = Math.abs(x[start + i * step]!);
    if (value > largest) largest = value;
  }
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (x[start + i * step]! / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** A product of many factors that neither over- nor underflows on the way: `mantissa * 2^(256 power)`. */
export interface LongProduct {
  readonly mantissa: number;
  readonly power: number;
}

const unit = 2 ** 256;

/** `product * factor`. */
export function times(product: LongProduct, factor: number): LongProduct {
  let { mantissa, power } = product;
  let f = factor;
  if (!Number.isFinite(f) || f === 0) return { mantissa: mantissa * f, power: 0 };
  for (; Math.abs(f) >= unit; power++) f /= unit;
  for (; Math.abs(f) < 1 / unit; power--) f *= unit;
  mantissa *= f;
  if (Math.abs(mantissa) >= unit) {
    mantissa /= unit;
    power++;
  } else if (Math.abs(mantissa) < 1 / unit && mantissa !== 0) {
    mantissa *= unit;
    power--;
  }
  return { mantissa, power };
}

/** The product as a number, times `factor`; infinite or 0 only if the result is out of range. */
export function numberOf(product: LongProduct, factor = 1): number {
  let { mantissa: value, power } = times(product, factor);
  for (; power > 0 && Number.isFinite(value); power--) value *= unit;
  for (; power < 0 && value !== 0; power++) value /= unit;
  return value;
}

/** The empty product. */
export const one: LongProduct = { mantissa: 1, power: 0 };
