import type { DType, Tensor } from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import { requireTensor } from '../validate.ts';
import { dataView } from './bytes.ts';
import { elementSize } from './elements.ts';
import { type IdxType, idxCodes } from './idx-header.ts';

/** Options of `writeIdx`. */
export interface WriteIdxOptions {
  /**
   * How elements are stored; it must hold every value exactly. Images and labels are `'uint8'`.
   * @defaultValue that of the dtype: float64, float32, int32 (also for uint32), uint8 for bool
   */
  readonly type?: IdxType;
}

const typeOfDType: Readonly<Record<DType, IdxType>> = {
  float64: 'float64',
  float32: 'float32',
  int32: 'int32',
  uint32: 'int32',
  bool: 'uint8',
};

type Put = (view: DataView, at: number, value: number) => void;

/** High byte first, which is what a DataView does unless told otherwise. */
const puts: Readonly<Record<IdxType, Put>> = {
  uint8: (view, at, value) => view.setUint8(at, value),
  int8: (view, at, value) => view.setInt8(at, value),
  int16: (view, at, value) => view.setInt16(at, value),
  int32: (view, at, value) => view.setInt32(at, value),
  float32: (view, at, value) => view.setFloat32(at, value),
  float64: (view, at, value) => view.setFloat64(at, value),
};

/**
 * A tensor as an IDX file, the format of MNIST; `readIdx` gives it back. Nothing is rounded or wrapped.
 *
 * @param x  any shape of at most 255 axes, any dtype
 * @returns the file, not gzipped
 * @throws RangeError for an element that the type does not hold, an unknown type, or more axes
 * @throws TypeError unless `x` is a tensor
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998)
 * @example
 * ```ts
 * const bytes = data.writeIdx(tensor([[7, 8, 255]]), { type: 'uint8' });
 * [...bytes]; // => [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 255]
 * (await data.readIdx(bytes)).toArray(); // => [[7, 8, 255]]
 * ```
 */
export function writeIdx(x: Tensor, options: WriteIdxOptions = {}): Uint8Array {
  requireTensor('writeIdx', 'x', x);
  requireOptions('writeIdx', options, { type: true });
  const { type = typeOfDType[x.dtype] } = options;
  if (!Object.hasOwn(idxCodes, type)) {
    throw new RangeError(
      `writeIdx: type must be one of ${Object.keys(idxCodes).join(', ')}, got ${showValue(type)}.`,
    );
  }
  if (x.rank > 255) {
    throw new RangeError(
      `writeIdx: ${x.rank} axes are more than a header can say.\n  Reshape the tensor first.`,
    );
  }
  const start = 4 + 4 * x.rank;
  const size = elementSize[type];
  const bytes = new Uint8Array(start + x.size * size);
  bytes.set([0, 0, idxCodes[type], x.rank]);
  const view = dataView(bytes);
  for (const [axis, n] of x.shape.entries()) view.setUint32(4 + 4 * axis, n);
  const [values, put, holds] = [x.data(), puts[type], holdsOf(type)];
  for (let i = 0; i < values.length; i++) {
    if (!holds(values[i]!)) refuse(type, values[i]!, i);
    put(view, start + i * size, values[i]!);
  }
  return bytes;
}

/** Whether a value comes back as it was. */
function holdsOf(type: IdxType): (value: number) => boolean {
  if (type === 'float64') return () => true;
  if (type === 'float32') return (value) => Object.is(Math.fround(value), value);
  const [low, high] = rangeOf(type);
  return (value) => Number.isInteger(value) && value >= low && value <= high;
}

function rangeOf(type: IdxType): readonly [number, number] {
  if (type === 'uint8') return [0, 255];
  const half = 2 ** (8 * elementSize[type] - 1);
  return [-half, half - 1];
}

function refuse(type: IdxType, value: number, i: number): never {
  const holds =
    type === 'float32'
      ? "which holds 24 bits.\n  Write float64, or round it first with astype('float32')."
      : `which holds integers in [${rangeOf(type).join(', ')}].\n  Write a wider type, or round the values first.`;
  throw new RangeError(`writeIdx: element ${i} is ${value}, and the type is ${type}, ${holds}`);
}
