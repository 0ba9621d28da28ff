import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own, and its files as texts in Latin-1, for exact comparison. */
export interface Folder {
  readonly path: string;
  files(): Record<string, string>;
}

/** Calls `body` with a new folder, which is removed afterwards. */
export async function inFolder<T>(body: (folder: Folder) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'tikhonov-callbacks-'));
  const files = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(path)
        .sort()
        .map((name) => [name, readFileSync(join(path, name), 'latin1')]),
    );
  try {
    return await body({ path, files });
  } finally {
    rmSync(path, { recursive: true });
  }
}
