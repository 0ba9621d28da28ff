import { execFileSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { requireDistinct, requireWritable, writeWhole } from '../src/write-file.ts';

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

test('writeWhole follows a link and leaves it a link', async () => {
  const [file, link] = [join(folder, 'real.json'), join(folder, 'link.json')];
  await writeFile(file, 'old');
  await symlink(file, link);
  await requireWritable('json', link);
  await writeWhole(link, 'new');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('new');
});

// Windows has no named pipes in its file system.
const pipes = process.platform === 'win32' ? test.skip : test;
pipes('writeWhole writes into a pipe and does not replace it', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await requireWritable('json', pipe);
  const [text] = await Promise.all([readFile(pipe, 'utf8'), writeWhole(pipe, 'through')]);
  expect(text).toBe('through');
  expect((await lstat(pipe)).isFIFO()).toBe(true);
});

test('requireDistinct refuses two names of one file', async () => {
  const file = join(folder, 'out');
  const same = requireDistinct({ json: file, report: join(folder, '.', 'out') });
  await expect(same).rejects.toThrow('--json and --report are the same file');
  await writeFile(file, '');
  await symlink(file, join(folder, 'link'));
  const linked = requireDistinct({ json: file, report: join(folder, 'link') });
  await expect(linked).rejects.toThrow('are the same file');
  await requireDistinct({ json: file, report: `${file}.html` });
});
