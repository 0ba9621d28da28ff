import { showShape } from '@tikhonov/core/engine';
import { dataView, exactSize, requireBytes } from './bytes.ts';
import { elementSize } from './elements.ts';
import { FormatError } from './format-error.ts';
import { gunzip, inflateLimit, isGzip } from './inflate.ts';

/** The elements that an IDX file can have, all high byte first. */
export type IdxType = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';

/** The number of each in the file. */
export const idxCodes: Readonly<Record<IdxType, number>> = {
  uint8: 0x08,
  int8: 0x09,
  int16: 0x0b,
  int32: 0x0c,
  float32: 0x0d,
  float64: 0x0e,
};

/** An IDX file whose header fits its size. */
export interface IdxFile {
  readonly type: IdxType;
  readonly shape: readonly number[];
  /** The elements; shares the memory of the file if that is not gzipped. */
  readonly body: Uint8Array;
}

/**
 * Inflates the file if it is gzipped, and reads its header.
 *
 * @throws FormatError if the file is damaged, or inflates to more than `maxBytes`
 */
export async function openIdx(
  where: string,
  bytes: Uint8Array,
  maxBytes?: number,
): Promise<IdxFile> {
  requireBytes(where, bytes);
  const limit = inflateLimit(where, bytes, maxBytes);
  return parse(where, isGzip(bytes) ? await gunzip(where, bytes, limit) : bytes);
}

function parse(where: string, bytes: Uint8Array): IdxFile {
  const type = typeOf(bytes[2]);
  const rank = bytes[3] ?? -1;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || rank < 0) {
    throw new FormatError(
      `${where}: these ${bytes.length} bytes do not begin like an IDX file.\n` +
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
      `${where}: shape ${showShape(shape)} of ${type} does not fit ${body.length} bytes of elements.\n  The file is cut short or damaged.`,
    );
  }
  return { type, shape, body };
}

function typeOf(code: number | undefined): IdxType | undefined {
  const types = Object.keys(idxCodes) as IdxType[];
  return types.find((type) => idxCodes[type] === code);
}
