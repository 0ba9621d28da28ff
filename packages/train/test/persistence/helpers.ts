import { readFileSync } from 'node:fs';
import { FormatError } from '@tikhonov/data';

/** A file that `scripts/make-safetensors-fixtures.py` made. */
export const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

/** What `f` fails with, which must be a FormatError. */
export async function formatError(f: () => unknown): Promise<string> {
  try {
    await f();
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('It did not throw.');
}

/** A safetensors file with this header and as many bytes of data. */
export function fileOf(header: string, bytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}
