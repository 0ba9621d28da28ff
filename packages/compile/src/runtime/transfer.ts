import type { DType, TypedArray } from '@tikhonov/core';
import type { View } from '@tikhonov/core/engine';
import { isDense, sizeOf } from '../layout/layout.ts';

/** The elements at an address of a program's memory. */
export function elementsAt(
  memory: WebAssembly.Memory,
  dtype: DType,
  address: number,
  count: number,
): Float32Array | Float64Array | Int32Array | Uint32Array {
  const { buffer } = memory;
  if (dtype === 'float64') return new Float64Array(buffer, address, count);
  if (dtype === 'float32') return new Float32Array(buffer, address, count);
  if (dtype === 'uint32') return new Uint32Array(buffer, address, count);
  return new Int32Array(buffer, address, count);
}

/** Writes a view's elements to memory, in order. A bool becomes a mask. */
export function writeView(memory: WebAssembly.Memory, address: number, view: View): void {
  const { data, dtype, shape, stride, offset } = view;
  const size = sizeOf(shape);
  const target = elementsAt(memory, dtype, address, size);
  if (dtype !== 'bool' && isDense({ shape, strides: stride })) {
    target.set(offset === 0 && data.length === size ? data : data.subarray(offset, offset + size));
    return;
  }
  const isBool = dtype === 'bool';
  let at = 0;
  const visit = (axis: number, from: number): void => {
    if (axis === shape.length) {
      const value = data[from]!;
      target[at++] = isBool ? (value === 0 ? 0 : -1) : value;
      return;
    }
    for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, from + i * stride[axis]!);
  };
  visit(0, offset);
}

/** A copy of elements in memory, as tensors hold them. */
export function readElements(
  memory: WebAssembly.Memory,
  dtype: DType,
  address: number,
  count: number,
): TypedArray {
  const source = elementsAt(memory, dtype, address, count);
  if (dtype !== 'bool') return source.slice();
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = source[i] === 0 ? 0 : 1;
  return out;
}
