import type { Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { requireTensor } from '../validate.ts';
import { requireBytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { FormatError } from './format-error.ts';
import { type InflateLimit, inflate, inflateLimit, requireWithin } from './inflate.ts';
import { parseNpy, writeNpy } from './npy.ts';
import { type ZipEntry, zipEntries } from './zip-directory.ts';

/** Options of `readNpz`. */
export interface ReadNpzOptions extends InflateLimit {
  /** Read only these arrays. @defaultValue all */
  readonly names?: readonly string[];
}

const knownOfRead: OptionNames<ReadNpzOptions> = { maxBytes: true, names: true };

/**
 * The arrays of a `.npz` file by name, as `np.savez` and `np.savez_compressed` write it; see `readNpy` for
 * what they may hold. Checksums are checked. Sizes are checked before anything is inflated: against
 * `maxBytes`, and against what the compressed bytes can hold at most.
 *
 * @param bytes  the file
 * @throws FormatError if the file is damaged, encrypted or inflates to more than `maxBytes`
 * @throws RangeError for a name that the file does not have
 * @example
 * ```ts
 * const bytes = await data.writeNpz({ x: tensor([1, 2]), y: tensor([3]) });
 * const arrays = await data.readNpz(bytes);
 * Object.keys(arrays); // => ['x', 'y']
 * arrays.x.toArray(); // => [1, 2]
 * ```
 */
export async function readNpz(
  bytes: Uint8Array,
  options: ReadNpzOptions = {},
): Promise<Record<string, Tensor>> {
  requireBytes('readNpz', bytes);
  requireOptions('readNpz', options, knownOfRead);
  const limit = inflateLimit('readNpz', bytes, options.maxBytes);
  const entries = new Map<string, ZipEntry>();
  for (const entry of zipEntries('readNpz', bytes)) {
    if (entry.name.endsWith('/')) continue;
    entries.set(nameOf(entry), entry);
  }
  const names = options.names ?? [...entries.keys()];
  requireWithin('readNpz', inflatedSize(names, entries), limit);
  const arrays: [string, Tensor][] = [];
  for (const name of names) arrays.push([name, await arrayOf(name, entries.get(name)!)]);
  return Object.fromEntries(arrays);
}

function nameOf({ name }: ZipEntry): string {
  if (!name.endsWith('.npy') || name === '__proto__.npy') {
    throw new FormatError(
      `readNpz: the archive holds '${name}', which is no array.\n  A .npz file holds .npy files only.`,
    );
  }
  return name.slice(0, -'.npy'.length);
}

function inflatedSize(names: readonly string[], entries: ReadonlyMap<string, ZipEntry>): number {
  let size = 0;
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw new RangeError(
        `readNpz: there is no array '${name}'; there is ${[...entries.keys()].join(', ') || 'none'}.`,
      );
    }
    if (entry.compressed) size += entry.size;
  }
  return size;
}

async function arrayOf(name: string, entry: ZipEntry): Promise<Tensor> {
  const where = `readNpz: '${name}'`;
  if (entry.compressed) return parseNpy(where, await inflate(where, entry));
  if (crc32(entry.bytes) !== entry.crc) {
    throw new FormatError(`${where}: the checksum (CRC-32) is wrong.\n  The file is damaged.`);
  }
  return parseNpy(where, entry.bytes);
}

/** Options of `writeNpz`. */
export interface WriteNpzOptions {
  /** Whether the arrays are deflated, as `np.savez_compressed` does. @defaultValue false */
  readonly compress?: boolean;
}

const knownOfWrite: OptionNames<WriteNpzOptions> = { compress: 'boolean' };

/**
 * Tensors as a `.npz` file, as `np.savez` writes it. Equal tensors give equal bytes: the files in it are
 * dated 1 January 1980.
 *
 * @param arrays  by name; the file has them as `name.npy`
 * @throws TypeError for anything but tensors; RangeError for an empty name
 * @example
 * ```ts
 * const small = await data.writeNpz({ x: zeros([1000]) }, { compress: true });
 * small.length < 300; // => true
 * ```
 */
export async function writeNpz(
  arrays: Readonly<Record<string, Tensor>>,
  options: WriteNpzOptions = {},
): Promise<Uint8Array> {
  requireOptions('writeNpz', options, knownOfWrite);
  if (typeof arrays !== 'object' || arrays === null) {
    throw new TypeError(
      `writeNpz: needs tensors by name, got ${kindOf(arrays)}.\n  Pass { x, y }.`,
    );
  }
  const files: [string, Uint8Array][] = [];
  for (const [name, x] of Object.entries(arrays)) {
    requireTensor('writeNpz', `'${name}'`, x);
    if (name === '' || name === '__proto__') {
      throw new RangeError(`writeNpz: an array cannot be called '${name}'.\n  Rename it.`);
    }
    files.push([`${name}.npy`, writeNpy(x)]);
  }
  const { zipSync } = await import('fflate');
  // Zip has local times, so a local one gives the same bytes everywhere.
  return zipSync(Object.fromEntries(files), {
    level: options.compress === true ? 6 : 0,
    mtime: new Date(1980, 0, 1),
  });
}
