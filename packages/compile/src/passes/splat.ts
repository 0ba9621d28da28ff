import type { DType } from '@tikhonov/core';
import type { Aval, View } from '@tikhonov/core/engine';

/** A view of one number, repeated over a shape with strides of 0. */
export function splatView(value: number, { shape, dtype }: Aval): View {
  const data = storage(dtype, 1);
  data[0] = value;
  return { dtype, data, shape, stride: shape.map(() => 0), offset: 0 };
}

/** The number that a view repeats by strides of 0 alone; nothing of views without elements. */
export function splatOf({ shape, stride, data, offset }: View): number | undefined {
  for (const [k, n] of shape.entries()) {
    if (n === 0 || (n !== 1 && stride[k] !== 0)) return undefined;
  }
  return data[offset];
}

/** A typed array for elements of the dtype. */
export function storage(dtype: DType, size: number): View['data'] {
  if (dtype === 'float32') return new Float32Array(size);
  if (dtype === 'float64') return new Float64Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  return dtype === 'uint32' ? new Uint32Array(size) : new Uint8Array(size);
}

/** Whether two lists of numbers are equal. */
export const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, k) => n === b[k]);
