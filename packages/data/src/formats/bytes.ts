import { FormatError } from './format-error.ts';

/** Throws unless the value is bytes; also for Node's `Buffer`, which is a `Uint8Array`. */
export function requireBytes(where: string, bytes: unknown): asserts bytes is Uint8Array {
  // By its tag: bytes of another realm, such as a frame's, will do.
  if (Object.prototype.toString.call(bytes) === '[object Uint8Array]') return;
  const hint =
    bytes instanceof ArrayBuffer
      ? 'Wrap it: new Uint8Array(buffer).'
      : 'Pass the contents of the file, as fs.readFile and new Uint8Array(await response.arrayBuffer()) give them.';
  const seen =
    bytes === null ? 'null' : bytes instanceof ArrayBuffer ? 'an ArrayBuffer' : typeof bytes;
  throw new TypeError(`${where}: needs a Uint8Array, got ${seen}.\n  ${hint}`);
}

/** A view of the same bytes. */
export const dataView = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The text of UTF-8 bytes, exactly: a byte order mark stays. */
export function utf8(where: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(
      `${where}: the text is not UTF-8.\n  The file is damaged, or in another encoding.`,
    );
  }
}

/** Whether the host stores the low byte first, as nearly all do. */
export const hostIsLittleEndian: boolean = /* @__PURE__ */ (() =>
  new Uint8Array(new Uint16Array([1]).buffer)[0] === 1)();

/** The number of elements of a shape, or null if it cannot be told exactly. */
export function exactSize(shape: readonly number[]): number | null {
  let size = 1;
  let extent = 1;
  for (const n of shape) {
    size *= n;
    if (n > 0) extent *= n;
    if (!Number.isSafeInteger(extent)) return null;
  }
  return size;
}
