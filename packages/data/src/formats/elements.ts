import type { DType, TypedArray } from '@tikhonov/core';
import { hostIsLittleEndian } from './bytes.ts';
import { FormatError } from './format-error.ts';

/** How files store an element. */
export type ElementType =
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

/** Bytes of an element in a file. */
export const elementSize: Readonly<Record<ElementType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/** The dtype that holds every value of an element type; of 64-bit integers, those that are read. */
export const dtypeOfElement: Readonly<Record<ElementType, DType>> = {
  float16: 'float32',
  bfloat16: 'float32',
  float32: 'float32',
  float64: 'float64',
  int8: 'int32',
  int16: 'int32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  uint16: 'int32',
  uint32: 'uint32',
  uint64: 'uint32',
  bool: 'bool',
};

/** What `decodeElements` reads. */
export interface StoredElements {
  readonly type: ElementType;
  /** Exactly those of the elements. */
  readonly bytes: Uint8Array;
  /** @defaultValue true */
  readonly littleEndian?: boolean;
}

/**
 * The elements in an array of their own, at most four times the bytes. Nothing is rounded: float16 and
 * bfloat16 become float32, smaller integers int32.
 *
 * @throws FormatError for a 64-bit integer that 32 bits do not hold, or a bool other than 0 and 1
 */
export function decodeElements(where: string, stored: StoredElements): TypedArray {
  const { type, littleEndian = true } = stored;
  const size = elementSize[type];
  const bytes = copied(stored.bytes);
  if (size > 1 && littleEndian !== hostIsLittleEndian) reverseEach(bytes, size);
  const { buffer } = bytes;
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'bool':
      return bools(where, bytes);
    case 'int8':
      return new Int32Array(new Int8Array(buffer));
    case 'uint8':
      return new Int32Array(bytes);
    case 'int16':
      return new Int32Array(new Int16Array(buffer));
    case 'uint16':
      return new Int32Array(new Uint16Array(buffer));
    case 'float16':
      return floatsFrom(new Uint16Array(buffer), halfBits);
    case 'bfloat16':
      return floatsFrom(new Uint16Array(buffer), (half) => half << 16);
    case 'int64':
    case 'uint64':
      return narrowed(where, new Uint32Array(buffer), type);
  }
}

/** The bytes of elements in the order of memory, low byte first; may share the array's memory. */
export function encodeElements(elements: TypedArray): Uint8Array {
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  if (hostIsLittleEndian || elements.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = copied(bytes);
  reverseEach(swapped, elements.BYTES_PER_ELEMENT);
  return swapped;
}

// Not `slice`: that of a Buffer shares its memory.
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

function reverseEach(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    bytes.subarray(start, start + size).reverse();
  }
}

function bools(where: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! > 1) {
      throw new FormatError(
        `${where}: element ${i} of a bool array is ${bytes[i]}, not 0 or 1.\n  The file is damaged.`,
      );
    }
  }
  return bytes;
}

function floatsFrom(halves: Uint16Array, bitsOf: (half: number) => number): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = bitsOf(halves[i]!);
  return new Float32Array(bits.buffer);
}

/** The float32 with the value of an IEEE 754 binary16; NaNs keep their payload. */
function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal: mantissa * 2^-24. The shift brings its highest one to where float32 does not store it.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

function narrowed(where: string, words: Uint32Array, type: 'int64' | 'uint64'): TypedArray {
  const count = words.length / 2;
  const [low, high] = hostIsLittleEndian ? [0, 1] : [1, 0];
  const out = type === 'int64' ? new Int32Array(count) : new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const [value, above] = [words[2 * i + low]!, words[2 * i + high]!];
    out[i] = value;
    const extension = type === 'int64' && out[i]! < 0 ? 0xffffffff : 0;
    if (above === extension) continue;
    const whole = (BigInt(above) << 32n) | BigInt(value);
    const seen = type === 'int64' ? BigInt.asIntN(64, whole) : whole;
    throw new FormatError(
      `${where}: element ${i} is ${seen}, which 32 bits do not hold.\n` +
        `  ${type} is read as ${dtypeOfElement[type]}; save the array as float64 if it holds such values.`,
    );
  }
  return out;
}
