import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { DTypeError } from '@tikhonov/core';
import { readIdx } from '@tikhonov/data';
import { fixture, formatError } from './fixture.ts';

const images = Array.from({ length: 24 }, (_, i) => 10 * i);

test.each(['images.idx', 'images.idx.gz'])('%s is read', async (name) => {
  const x = await readIdx(fixture(name));
  expect([x.dtype, x.shape]).toEqual(['int32', [2, 3, 4]]);
  expect([...x.data()]).toEqual(images);
});

test('elements are big-endian', async () => {
  const x = await readIdx(fixture('doubles.idx'));
  expect(x.dtype).toBe('float64');
  expect(x.toArray()).toEqual([
    [0, 1 / 8, 2 / 8],
    [3 / 8, 4 / 8, 5 / 8],
  ]);
});

test('a dtype can be asked for, if it holds the values', async () => {
  const x = await readIdx(fixture('images.idx'), { dtype: 'float32' });
  expect([x.dtype, ...x.data()]).toEqual(['float32', ...images]);
  await expect(readIdx(fixture('doubles.idx'), { dtype: 'int32' })).rejects.toThrow(DTypeError);
});

describe('damaged files', () => {
  test('every cut is a FormatError', async () => {
    for (const name of ['images.idx', 'images.idx.gz']) {
      const bytes = fixture(name);
      for (let n = 0; n < bytes.length; n++) await formatError(() => readIdx(bytes.subarray(0, n)));
    }
  });

  test('a size that cannot be true is refused before memory is taken', async () => {
    const shape = [255, 255, 255, 255, 255, 255, 255, 255];
    const error = await formatError(() => readIdx(new Uint8Array([0, 0, 8, 2, ...shape, 1])));
    expect(error).toContain('shape [4294967295, 4294967295] of uint8 does not fit 1 bytes');
  });

  test('a gzip file is checked: its size against the limit, its contents against the checksum', async () => {
    const zeros = gzipSync(new Uint8Array(1e6));
    expect(await formatError(() => readIdx(zeros, { maxBytes: 1e5 }))).toContain(
      '1000000 bytes, more than',
    );
    const packed = fixture('images.idx.gz');
    packed[packed.length - 8]! ^= 1;
    expect(await formatError(() => readIdx(packed))).toContain('CRC-32');
  });
});
