import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { requireWritable, writeWhole } from '../src/write-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('writeWhole replaces a file and leaves nothing beside it', async () => {
  const file = join(folder, 'out.json');
  await writeWhole(file, 'first');
  await writeWhole(file, 'second');
  expect(await readFile(file, 'utf8')).toBe('second');
  expect(await readdir(folder)).toEqual(['out.json']);
});

test('requireWritable leaves no trace', async () => {
  await requireWritable('json', join(folder, 'out.json'));
  expect(await readdir(folder)).toEqual([]);
});

test('requireWritable refuses a directory and a folder that does not exist', async () => {
  await expect(requireWritable('json', folder)).rejects.toThrow('is a directory');
  await expect(requireWritable('json', join(folder, 'no', 'out.json'))).rejects.toThrow(
    'does not exist',
  );
});
