import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { tensor } from '@tikhonov/core';
import { loadSafetensorsFile, saveSafetensorsFile, writeFileAtomically } from '@tikhonov/train';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is written, replaced, and nothing else is left', async () => {
  const path = join(folder, 'model.safetensors');
  await saveSafetensorsFile(path, { w: tensor([1]) }, { metadata: { epoch: '1' } });
  await saveSafetensorsFile(path, { w: tensor([2]) });
  const { tensors, metadata } = await loadSafetensorsFile(path);
  expect([tensors.w!.toArray(), metadata]).toEqual([[2], {}]);
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});

test('a file that cannot be read is named', async () => {
  const path = join(folder, 'torn.safetensors');
  writeFileSync(path, 'abc');
  await expect(loadSafetensorsFile(path)).rejects.toThrow(
    `loadSafetensorsFile: '${path}': 3 bytes are too few for a header.\n`,
  );
});

test('a write that fails leaves the old file and no other', async () => {
  const path = join(folder, 'kept');
  writeFileSync(path, 'old');
  await expect(writeFileAtomically(path, {} as never)).rejects.toThrow();
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['kept']);
});

test('writes at the same time do not disturb each other', async () => {
  const path = join(folder, 'many');
  const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(10_000).fill(i));
  await Promise.all(contents.map((bytes) => writeFileAtomically(path, bytes)));
  const found = readFileSync(path);
  expect(found.every((byte) => byte === found[0])).toBe(true);
  expect(readdirSync(folder)).toEqual(['many']);
});

test('where there are no files, the error says what to use', async () => {
  const { getBuiltinModule } = process;
  Reflect.set(process, 'getBuiltinModule', undefined);
  try {
    await expect(writeFileAtomically('x', new Uint8Array(1))).rejects.toThrow(
      'writeFileAtomically: there are no files here',
    );
  } finally {
    Reflect.set(process, 'getBuiltinModule', getBuiltinModule);
  }
});
