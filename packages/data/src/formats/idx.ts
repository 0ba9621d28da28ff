import { type DType, isFloating, type Tensor, tensor } from '@tikhonov/core';
import { fromView, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { dataView, exactSize, requireBytes } from './bytes.ts';
import { decodeElements, dtypeOfElement, type ElementType, elementSize } from './elements.ts';
import { FormatError } from './format-error.ts';
import { gunzip, type InflateLimit, inflateLimit, isGzip } from './inflate.ts';

/** Options of `readIdx`. */
export interface ReadIdxOptions extends InflateLimit {
  /** @defaultValue int32 for integers, float32 and float64 for those */
  readonly dtype?: DType;
}

const known: OptionNames<ReadIdxOptions> = { maxBytes: true, dtype: true };

const elementTypes: ReadonlyMap<number, ElementType> = /* @__PURE__ */ new Map([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/**
 * The array of an IDX file, the format of MNIST; gzipped files (`train-images-idx3-ubyte.gz`) are
 * inflated. Allocates at most eight times the bytes of the array.
 *
 * @param bytes  the file
 * @returns a tensor of the file's shape, such as `[60000, 28, 28]`
 * @throws FormatError if the file is damaged, or inflates to more than `maxBytes`
 * @throws DTypeError for an unknown dtype, or if it cannot hold a value
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998)
 * @example
 * ```ts
 * const bytes = new Uint8Array([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 255]);
 * (await data.readIdx(bytes)).toArray(); // => [[7, 8, 255]]
 * (await data.readIdx(bytes, { dtype: 'float32' })).dtype; // => 'float32'
 * ```
 */
export async function readIdx(bytes: Uint8Array, options: ReadIdxOptions = {}): Promise<Tensor> {
  requireBytes('readIdx', bytes);
  requireOptions('readIdx', options, known);
  const limit = inflateLimit('readIdx', bytes, options.maxBytes);
  return parseIdx(isGzip(bytes) ? await gunzip('readIdx', bytes, limit) : bytes, options.dtype);
}

function parseIdx(bytes: Uint8Array, dtype?: DType): Tensor {
  const type = elementTypes.get(bytes[2] ?? -1);
  const rank = bytes[3] ?? -1;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || rank < 0) {
    throw new FormatError(
      `readIdx: these ${bytes.length} bytes do not begin like an IDX file.\n` +
        '  It begins with two zeros, the type (8, 9, 11 to 14) and the number of axes.',
    );
  }
  const start = 4 + 4 * rank;
  const shape: number[] = [];
  for (let at = 4; at < start && at + 4 <= bytes.length; at += 4) {
    shape.push(dataView(bytes).getUint32(at));
  }
  const body = bytes.subarray(start);
  const count = shape.length === rank ? exactSize(shape) : null;
  if (count === null || count * elementSize[type] !== body.length) {
    throw new FormatError(
      `readIdx: shape ${showShape(shape)} of ${type} does not fit ${body.length} bytes of elements.\n  The file is cut short or damaged.`,
    );
  }
  const stored = decodeElements('readIdx', { type, littleEndian: false, bytes: body });
  const own = dtypeOfElement[type];
  const isKept = dtype === undefined || dtype === own;
  if (!isKept && !isFloating(dtype)) return tensor(stored, { shape, dtype });
  // Images are millions of numbers: the engine converts them faster than a loop.
  const elements = isKept
    ? stored
    : new (dtype === 'float32' ? Float32Array : Float64Array)(stored);
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, d) => n * d, 1));
  return fromView({ dtype: dtype ?? own, data: elements, shape, stride, offset: 0 });
}
