import { type DType, isFloating, type Tensor, tensor } from '@tikhonov/core';
import { fromView, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { decodeElements, dtypeOfElement } from './elements.ts';
import { openIdx } from './idx-header.ts';
import type { InflateLimit } from './inflate.ts';

/** Options of `readIdx`. */
export interface ReadIdxOptions extends InflateLimit {
  /** @defaultValue int32 for integers, float32 and float64 for those */
  readonly dtype?: DType;
}

const known: OptionNames<ReadIdxOptions> = { maxBytes: true, dtype: true };

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
  requireOptions('readIdx', options, known);
  const { type, shape, body } = await openIdx('readIdx', bytes, options.maxBytes);
  const stored = decodeElements('readIdx', { type, littleEndian: false, bytes: body });
  const own = dtypeOfElement[type];
  const { dtype = own } = options;
  if (dtype !== own && !isFloating(dtype)) return tensor(stored, { shape, dtype });
  // Images are millions of numbers: the engine converts them faster than a loop.
  const elements =
    dtype === own ? stored : new (dtype === 'float32' ? Float32Array : Float64Array)(stored);
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, d) => n * d, 1));
  return fromView({ dtype, data: elements, shape, stride, offset: 0 });
}
