import type { Tensor } from '@tikhonov/core';
import { FormatError } from '@tikhonov/data';
import { nodeFiles } from './node-modules.ts';
import {
  loadSafetensors,
  type Safetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from './safetensors.ts';

/** Files beside one another must not share a temporary name. */
let written = 0;

/**
 * Writes a file as a whole or not at all: to a temporary file beside it, forced to the disk, then renamed
 * over it. Whoever reads the path, after a power failure too, finds the old contents or the new ones.
 * Node, Deno and Bun only. A process that is killed may leave a file `.name.pid.n.tmp` behind.
 *
 * @param path  of the file; its folder must exist
 * @example
 * ```ts
 * const { mkdtemp, readFile } = await import('node:fs/promises');
 * const { tmpdir } = await import('node:os');
 * const path = `${await mkdtemp(`${tmpdir()}/`)}/three.bin`;
 * await train.writeFileAtomically(path, new Uint8Array([1, 2, 3]));
 * (await readFile(path)).length; // => 3
 * ```
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const { fs, path: paths, pid } = nodeFiles('writeFileAtomically');
  const folder = paths.dirname(path);
  const temporary = paths.join(folder, `.${paths.basename(path)}.${pid}.${written++}.tmp`);
  try {
    const file = await fs.open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    // The system names the temporary file.
    if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') {
      await requireWritable('writeFileAtomically', path);
    }
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Looks whether a file could be written, before a training whose weights it is for.
 *
 * @throws Error if its folder does not exist or may not be written to, or if it is a folder itself
 */
export async function requireWritable(where: string, path: string): Promise<void> {
  const { fs, path: paths } = nodeFiles(where);
  const folder = paths.dirname(path);
  const isFolder = async (at: string): Promise<boolean> =>
    (await fs.stat(at).catch(() => null))?.isDirectory() === true;
  if (!(await isFolder(folder))) {
    throw new Error(
      `${where}: '${path}' cannot be written: there is no folder '${folder}'.\n  Create the folder first.`,
    );
  }
  if (await isFolder(path)) {
    throw new Error(`${where}: '${path}' is a folder.\n  Give the path of a file in it.`);
  }
  try {
    await fs.access(folder, mayWrite);
  } catch (error) {
    throw new Error(
      `${where}: '${path}' cannot be written: the folder may not be written to.\n  Give another path, or change its rights.`,
      { cause: error },
    );
  }
}

/** `W_OK` of `node:fs`. */
const mayWrite = 2;

/** Makes the rename itself durable; Windows opens no folders, and needs none of this. */
async function syncFolder(folder: string): Promise<void> {
  const { fs } = nodeFiles('writeFileAtomically');
  const handle = await fs.open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** The bytes of a file. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return nodeFiles('loadSafetensorsFile').fs.readFile(path);
}

/**
 * `saveSafetensors` into a file, as a whole or not at all; see `writeFileAtomically`. Node only.
 *
 * @example
 * ```ts
 * const { mkdtemp } = await import('node:fs/promises');
 * const { tmpdir } = await import('node:os');
 * const path = `${await mkdtemp(`${tmpdir()}/`)}/model.safetensors`;
 * await train.saveSafetensorsFile(path, { w: tensor([1, 2]) });
 * (await train.loadSafetensorsFile(path)).tensors.w.toArray(); // => [1, 2]
 * ```
 */
export async function saveSafetensorsFile(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  await writeFileAtomically(path, saveSafetensors(tensors, options));
}

/**
 * `loadSafetensors` of a file. Node only.
 *
 * @throws FormatError as `loadSafetensors`, with the path; what the system says if it cannot be read
 */
export async function loadSafetensorsFile(path: string): Promise<Safetensors> {
  const bytes = await readBytes(path);
  try {
    return loadSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(
      error.message.replace(/^loadSafetensors:/, `loadSafetensorsFile: '${path}':`),
      {
        cause: error,
      },
    );
  }
}
