import { constants } from 'node:fs';
import { access, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** Refuses a path that could not be written at the end, before hours are spent on what goes there. */
export async function requireWritable(flag: string, file: string): Promise<void> {
  const path = resolve(file);
  const existing = await stat(path).catch(() => null);
  if (existing?.isDirectory() === true) {
    throw new UsageError(`--${flag}: ${file} is a directory; give a file name`);
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
    throw new UsageError(`--${flag}: cannot write ${file}: permission denied or read-only`);
  }
}

/** Writes a whole file or none: to a temporary file beside it, then renamed. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const path = resolve(file);
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

const temporary = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}.part`);
