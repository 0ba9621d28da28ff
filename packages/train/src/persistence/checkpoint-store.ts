import { readBytes, writeFileAtomically } from './files.ts';
import { nodeFiles } from './node-modules.ts';

/** Where checkpoints are kept: a place for one file. */
export interface CheckpointStore {
  /** What was saved last; null if nothing was. */
  load(): Promise<Uint8Array | null>;
  /** Replaces it, as a whole or not at all. */
  save(bytes: Uint8Array): Promise<void>;
}

/**
 * A file as a store, for one training at a time: written atomically, and freed of what killed processes
 * left half-written. Node only; in browsers, write a store on IndexedDB or the origin's private files.
 *
 * @param path  of the file; its folder must exist
 * @example
 * ```ts
 * const { mkdtemp } = await import('node:fs/promises');
 * const { tmpdir } = await import('node:os');
 * const store = train.fileStore(`${await mkdtemp(`${tmpdir()}/`)}/run.checkpoint`);
 * await store.load(); // => null
 * ```
 */
export const fileStore = (path: string): CheckpointStore => ({
  async load() {
    await removeLeftovers(path);
    try {
      return await readBytes(path);
    } catch (error) {
      if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') return null;
      throw error;
    }
  },
  save: (bytes) => writeFileAtomically(path, bytes),
});

async function removeLeftovers(path: string): Promise<void> {
  const { fs, path: paths } = nodeFiles('fileStore');
  const [folder, start] = [paths.dirname(path), `.${paths.basename(path)}.`];
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names) {
    const isOurs = name.startsWith(start) && /^\d+\.\d+\.tmp$/.test(name.slice(start.length));
    if (isOurs) await fs.rm(paths.join(folder, name), { force: true });
  }
}
