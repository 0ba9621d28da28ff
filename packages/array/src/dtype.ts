/** Element types. `float32` is the default for floating values, `bool` is stored as bytes 0 and 1. */
export type DType = 'float64' | 'float32' | 'int32' | 'uint32' | 'bool';

/** Every typed array that can hold the elements of a view. */
export type TypedArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The dtypes, widest floating type first. */
export const dtypes: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'bool'];

/** Whether `dtype` is `float32` or `float64`; only these carry gradients. */
export const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** Fresh zeroed storage for `size` elements. */
export function allocate(dtype: DType, size: number): TypedArray {
  switch (dtype) {
    case 'float64':
      return new Float64Array(size);
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'uint32':
      return new Uint32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}

/** The dtype that a typed array stores, or `undefined` for kinds that have none (Int8Array, ...). */
export function dtypeOf(data: ArrayBufferView): DType | undefined {
  // Tags, not instanceof: arrays may come from another realm (a worker, a test sandbox).
  switch (Object.prototype.toString.call(data)) {
    case '[object Float64Array]':
      return 'float64';
    case '[object Float32Array]':
      return 'float32';
    case '[object Int32Array]':
      return 'int32';
    case '[object Uint32Array]':
      return 'uint32';
    default:
      return undefined;
  }
}
