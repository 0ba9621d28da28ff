import { readFileSync } from 'node:fs';
import { FormatError } from '@tikhonov/data';

/** A file that `scripts/make-format-fixtures.py` made. */
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
