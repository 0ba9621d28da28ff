import { type Parameter, tensor } from '@tikhonov/core';
import type { Named } from '../transform.ts';

/** All elements of all tensors, in the order of the names, in float64. */
export function gathered(names: readonly string[], named: Named): Float64Array {
  const parts = names.map((name) => named[name]!.data());
  const out = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Writes the elements back into the parameters, each in its own dtype. */
export function scatter(parameters: Readonly<Record<string, Parameter>>, x: Float64Array): void {
  let offset = 0;
  for (const cell of Object.values(parameters)) {
    const part = x.slice(offset, offset + cell.size);
    offset += cell.size;
    cell.write(tensor(part, { shape: [...cell.shape], dtype: cell.dtype }));
  }
}

/** The inner product. */
export function dot(x: Float64Array, y: Float64Array): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * y[i]!;
  return total;
}

/** `x + a y`. */
export const along = (x: Float64Array, a: number, y: Float64Array): Float64Array =>
  x.map((value, i) => value + a * y[i]!);

/** The largest magnitude; NaN if an element is NaN. */
export const largest = (x: Float64Array): number =>
  x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
