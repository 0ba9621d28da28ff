import { isFloating, type Tensor } from '@tikhonov/core';
import { fromView, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { requireTensor } from '../validate.ts';
import { dataView, exactSize, requireBytes, utf8 } from './bytes.ts';
import { decodeElements, dtypeOfElement, elementSize, encodeElements } from './elements.ts';
import { FormatError } from './format-error.ts';
import { type NpyHeader, parseNpyHeader } from './npy-header.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The array of a `.npy` file of any version, in C or Fortran order and either byte order. float16 becomes
 * float32; int8, int16, uint8, uint16 and int64 become int32, uint64 becomes uint32, if all values fit:
 * nothing is rounded or wrapped. Allocates at most four times the bytes.
 *
 * @param bytes  the file
 * @returns a tensor of the file's shape
 * @throws FormatError if the file is damaged, holds objects, records, text, dates or complex numbers, or
 * a 64-bit integer that 32 bits do not hold
 * @see NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays" (2007)
 * @example
 * ```ts
 * const bytes = data.writeNpy(tensor([[1, 2], [3, 4]]));
 * data.readNpy(bytes).toArray(); // => [[1, 2], [3, 4]]
 * ```
 */
export function readNpy(bytes: Uint8Array): Tensor {
  requireBytes('readNpy', bytes);
  return parseNpy('readNpy', bytes);
}

/** As `readNpy`, for a file in an archive. */
export function parseNpy(where: string, bytes: Uint8Array): Tensor {
  const start = headerEnd(where, bytes);
  const header = parseNpyHeader(where, utf8(where, bytes.subarray(start.from, start.to)));
  const { type, littleEndian, shape } = header;
  const count = exactSize(shape);
  const body = bytes.subarray(start.to);
  if (count === null || count * elementSize[type] !== body.length) {
    throw new FormatError(
      `${where}: shape ${showShape(shape)} of ${type} needs ${count === null ? 'more than 2^53' : count * elementSize[type]} bytes, the file has ${body.length}.\n` +
        '  The file is cut short, or holds more than one array.',
    );
  }
  const data = decodeElements(where, { type, littleEndian, bytes: body });
  return fromView({
    dtype: dtypeOfElement[type],
    data,
    shape,
    stride: stridesOf(header),
    offset: 0,
  });
}

function headerEnd(
  where: string,
  bytes: Uint8Array,
): { readonly from: number; readonly to: number } {
  if (bytes.length < 10 || !magic.every((byte, i) => bytes[i] === byte)) {
    throw new FormatError(
      `${where}: these ${bytes.length} bytes do not begin like a .npy file.\n  Write it with np.save; of a .npz file use readNpz.`,
    );
  }
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FormatError(
      `${where}: version ${major}.${minor} is unknown; known are 1.0, 2.0 and 3.0.\n  Write it with np.save.`,
    );
  }
  const from = major === 1 ? 10 : 12;
  const view = dataView(bytes);
  const length =
    bytes.length < from
      ? Infinity
      : major === 1
        ? view.getUint16(8, true)
        : view.getUint32(8, true);
  if (from + length > bytes.length) {
    throw new FormatError(
      `${where}: the header would end at byte ${from + length} of ${bytes.length}.\n  The file is cut short.`,
    );
  }
  return { from, to: from + length };
}

function stridesOf({ shape, fortranOrder }: NpyHeader): number[] {
  const product = (sizes: readonly number[]): number => sizes.reduce((n, d) => n * d, 1);
  return shape.map((_, axis) =>
    product(fortranOrder ? shape.slice(0, axis) : shape.slice(axis + 1)),
  );
}

/** Options of `writeNpy`. */
export interface WriteNpyOptions {
  /** Whether the first axis runs fastest in the file. @defaultValue false (NumPy) */
  readonly fortranOrder?: boolean;
}

const known: OptionNames<WriteNpyOptions> = { fortranOrder: 'boolean' };

/**
 * A tensor as a `.npy` file of version 1.0, which every NumPy reads: low byte first, elements aligned to 64 bytes.
 *
 * @param x  any shape and dtype
 * @returns the file
 * @throws TypeError unless `x` is a tensor
 * @example
 * ```ts
 * const bytes = data.writeNpy(tensor([1, 2, 3]));
 * bytes.length; // => 140
 * String.fromCharCode(...bytes.subarray(1, 6)); // => 'NUMPY'
 * ```
 */
export function writeNpy(x: Tensor, options: WriteNpyOptions = {}): Uint8Array {
  requireTensor('writeNpy', 'x', x);
  requireOptions('writeNpy', options, known);
  const { fortranOrder = false } = options;
  const header = headerBytes(x, fortranOrder);
  const view = x.view;
  const ordered = fortranOrder
    ? fromView({ ...view, shape: view.shape.toReversed(), stride: [...view.stride].reverse() })
    : x;
  const body = encodeElements(ordered.data());
  const out = new Uint8Array(header.length + body.length);
  out.set(header);
  out.set(body, header.length);
  return out;
}

/** Padded with spaces and a line break, so that the elements begin at a multiple of 64. */
function headerBytes(x: Tensor, fortranOrder: boolean): Uint8Array {
  const kind = isFloating(x.dtype) ? 'f' : x.dtype === 'int32' ? 'i' : 'u';
  const descr = x.dtype === 'bool' ? '|b1' : `<${kind}${x.dtype === 'float64' ? 8 : 4}`;
  const sizes = x.shape.length === 1 ? `${x.shape[0]},` : x.shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? 'True' : 'False'}, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  if (length > 0xffff) {
    throw new RangeError(
      `writeNpy: ${x.shape.length} axes are more than a header can say.\n  Reshape the tensor first.`,
    );
  }
  const text = new TextEncoder().encode(`${dict.padEnd(length - 1)}\n`);
  return Uint8Array.from([...magic, 1, 0, length & 0xff, length >> 8, ...text]);
}
