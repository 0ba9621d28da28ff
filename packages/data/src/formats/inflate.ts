import { dataView } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { FormatError } from './format-error.ts';

/** What compressed data say of themselves. */
export interface Deflated {
  readonly bytes: Uint8Array;
  /** Bytes when inflated. */
  readonly size: number;
  /** CRC-32 of the inflated bytes. */
  readonly crc: number;
}

/** How much an archive may inflate to. */
export interface InflateLimit {
  /**
   * The most bytes that all compressed parts of the file together may inflate to.
   * @defaultValue 64 times the bytes of the file, but at least 256 MiB
   */
  readonly maxBytes?: number;
}

/** DEFLATE makes at most 258 bytes of 2 bits: a larger claim is false. */
const mostPerByte = 1032;

/** The limit in force for a file. @throws RangeError unless it is a number >= 0 */
export function inflateLimit(where: string, file: Uint8Array, maxBytes?: number): number {
  if (maxBytes === undefined) return Math.max(64 * file.length, 2 ** 28);
  if (typeof maxBytes === 'number' && maxBytes >= 0) return maxBytes;
  throw new RangeError(`${where}: maxBytes must be a number >= 0, got ${String(maxBytes)}.`);
}

/** Throws if a file claims more than its limit. */
export function requireWithin(where: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new FormatError(
    `${where}: the file inflates to ${size} bytes, more than maxBytes = ${limit}.\n` +
      '  If you trust it, pass a larger maxBytes.',
  );
}

/**
 * Inflates into exactly the bytes that are claimed, after a look at whether they can be true; memory is
 * never taken on trust.
 *
 * @throws FormatError unless size and checksum are as claimed
 */
export async function inflate(where: string, deflated: Deflated): Promise<Uint8Array> {
  const { bytes, size, crc } = deflated;
  const damaged = (what: string): FormatError =>
    new FormatError(`${where}: ${what}.\n  The file is damaged; fetch or write it again.`);
  if (size > mostPerByte * bytes.length + mostPerByte) {
    throw damaged(`${bytes.length} compressed bytes cannot hold ${size}`);
  }
  const { inflateSync } = await import('fflate');
  // One byte more than claimed shows whether there is more.
  let out: Uint8Array;
  try {
    out = inflateSync(bytes, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw damaged(
      `the compressed data are invalid (${error instanceof Error ? error.message : error})`,
    );
  }
  if (out.length !== size)
    throw damaged(`the data inflate to another size than the ${size} bytes claimed`);
  if (crc32(out) !== crc) throw damaged('the checksum (CRC-32) of the inflated data is wrong');
  return out;
}

/** Whether the bytes begin like a gzip file. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The contents of a gzip file of one member. */
export async function gunzip(where: string, file: Uint8Array, limit: number): Promise<Uint8Array> {
  const start = gzipHeaderEnd(file);
  if (start === null || start + 8 > file.length) {
    throw new FormatError(
      `${where}: the gzip file is cut short or of an unknown kind.\n  Unpack it first.`,
    );
  }
  const view = dataView(file);
  const size = view.getUint32(file.length - 4, true);
  requireWithin(where, size, limit);
  const crc = view.getUint32(file.length - 8, true);
  return inflate(where, { bytes: file.subarray(start, file.length - 8), size, crc });
}

/** Where the compressed data begin (RFC 1952); null if there are none. */
function gzipHeaderEnd(file: Uint8Array): number | null {
  const [method, flags] = [file[2], file[3]];
  if (method !== 8 || flags === undefined || (flags & 0xe0) !== 0) return null;
  let at = 10;
  if (flags & 4) at += 2 + (file[at] ?? 0) + 256 * (file[at + 1] ?? 0);
  for (const bit of [8, 16]) {
    if (!(flags & bit)) continue;
    const end = file.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  return flags & 2 ? at + 2 : at;
}
