import { constants } from 'node:fs';
import { access, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** Refuses a path that could not be written at the end, before hours are spent on what goes there. */
export async function requireWritable(flag: string, file: string): Promise<void> {
  const path = resolve(file);
  const existing = await stat(path).catch(() => null);
  if (existing?.isDirectory() === true) {
    throw new UsageError(`--${flag}: ${file} is a directory; give a file name`);
  }
  // A device or a pipe is written as it is; the folder it is in need not be writable.
  if (existing !== null && !existing.isFile()) {
    await access(path, constants.W_OK).catch(() => refuse(flag, file));
    return;
  }
  const folder = dirname(path);
  const folderStat = await stat(folder).catch(() => null);
  if (folderStat?.isDirectory() !== true) {
    throw new UsageError(`--${flag}: cannot write ${file}: the folder ${folder} does not exist`);
  }
  try {
    if (existing !== null) await access(path, constants.W_OK);
    // A trial, because permission bits do not tell on every file system (read-only mounts, /proc).
    const trial = temporary(path);
    await (await open(trial, 'wx')).close();
    await rm(trial);
  } catch {
    refuse(flag, file);
  }
}

function refuse(flag: string, file: string): never {
  throw new UsageError(`--${flag}: cannot write ${file}: permission denied or read-only`);
}

/** Refuses one file for two contents: the second would replace the first. */
export async function requireDistinct(files: Readonly<Record<string, string>>): Promise<void> {
  const seen = new Map<string, string>();
  for (const [flag, file] of Object.entries(files)) {
    if (await isSpecial(file)) continue;
    const path = await target(file);
    const other = seen.get(path);
    if (other !== undefined) {
      throw new UsageError(`--${other} and --${flag} are the same file, ${file}; give two names`);
    }
    seen.set(path, flag);
  }
}

/**
 * Writes a whole file or none: to a temporary file beside it, then renamed. A link stays a link. What
 * is no file (`/dev/stdout`, a pipe) is written to directly, because a rename would replace it.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  if (await isSpecial(file)) {
    await writeFile(file, text);
    return;
  }
  const path = await target(file);
  const part = temporary(path);
  try {
    const handle = await open(part, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

const isSpecial = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => null))?.isFile() === false;

/** Where the file is, links followed. */
async function target(file: string): Promise<string> {
  const path = resolve(file);
  const folder = await realpath(dirname(path));
  return realpath(path).catch(() => join(folder, basename(path)));
}

const temporary = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}.part`);
