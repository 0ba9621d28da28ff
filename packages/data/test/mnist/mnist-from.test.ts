import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type MnistOptions, mnistFrom, standardize } from '@tikhonov/data';
import { formatError } from '../formats/fixture.ts';
import { classCounts } from '../helpers.ts';
import { cycled, imagesFile, labelsFile, pixel, smallFiles } from './files.ts';

describe('mnistFrom', () => {
  test('rows of pixels in [0, 1] and labels, as they are in the files', async () => {
    const { train, test: held } = await mnistFrom(smallFiles());
    expect([train.x.shape, train.x.dtype, train.y.dtype, train.classes]).toEqual([
      [40, 6],
      'float32',
      'int32',
      10,
    ]);
    expect([...train.y.data()]).toEqual(cycled(40));
    expect(held.x.shape).toEqual([20, 6]);
    const x = train.x.data();
    // Correctly rounded: the quotient of two integers, to float32.
    const wanted = (k: number) => Math.fround(pixel(Math.floor(k / 6), k % 6) / 255);
    expect([...x]).toEqual(Array.from(x, (_, k) => wanted(k)));
    expect([Math.min(...x), Math.max(...x)]).toEqual([0, 1]);
  });

  test('images of one channel, and pixels as they are', async () => {
    const { train } = await mnistFrom(smallFiles(), { flatten: false, normalize: false });
    expect(train.x.shape).toEqual([40, 1, 3, 2]);
    expect(train.take([1]).x.toArray()).toEqual([
      [
        [
          [7, 8],
          [9, 10],
          [11, 12],
        ],
      ],
    ]);
  });

  test('gzipped files are the same', async () => {
    const files = smallFiles();
    const packed = Object.entries(files).map(([name, bytes]) => [name, gzipSync(bytes)]);
    const { train } = await mnistFrom(Object.fromEntries(packed));
    expect(train.x.data()).toEqual((await mnistFrom(files)).train.x.data());
  });

  test('sizes draw stratified rows, with their labels, in the order of the file', async () => {
    const draw = async (options: MnistOptions) =>
      (await mnistFrom(smallFiles(), { normalize: false, ...options })).train;
    const some = await draw({ trainSize: 20, seed: 3 });
    expect(classCounts(some)).toEqual(Array(10).fill(2));
    // Pixels count from 7 times the row, which is below 256 for the first 37 rows; the label is its last digit.
    const rows = Array.from({ length: 20 }, (_, i) => some.x.data()[6 * i]! / 7).slice(0, 17);
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(rows.map((row) => row % 10)).toEqual([...some.y.data()].slice(0, 17));
    expect((await draw({ trainSize: 20, seed: 3 })).x.data()).toEqual(some.x.data());
    expect((await draw({ trainSize: 20, seed: 4 })).x.data()).not.toEqual(some.x.data());
    expect((await draw({ trainSize: 40 })).x.data()).toEqual((await draw({})).x.data());
    const { train, test: held } = await mnistFrom(smallFiles(), { testSize: 10 });
    expect([train.size, held.size, classCounts(held)]).toEqual([40, 10, Array(10).fill(1)]);
  });

  test('the result can be standardised', async () => {
    const { train } = await mnistFrom(smallFiles());
    const z = standardize(train).apply(train).x.data();
    const mean = Array.from(z).reduce((a, b) => a + b, 0) / z.length;
    // 240 values of order 1, rounded to float32.
    expect(Math.abs(mean)).toBeLessThan(240 * 2 ** -23);
  });
});

describe('attribution', () => {
  test('nothing is claimed of unknown images', async () => {
    const { train } = await mnistFrom(smallFiles());
    expect([train.name, train.source, train.citation, train.license]).toEqual([
      'images',
      undefined,
      undefined,
      undefined,
    ]);
    expect(train.with({ name: 'fashion' }).name).toBe('fashion');
  });

  test('the labels of MNIST are known by their checksum', async () => {
    const { train } = await mnistFrom({ ...smallFiles(), ...forged(0xba07e8ef) });
    expect([train.name, train.license]).toEqual([
      'mnist',
      'CC BY-SA 3.0, copyright Y. LeCun and C. Cortes',
    ]);
    expect(train.source).toContain('MNIST');
    expect(train.citation).toContain('1998');
  });
});

/**
 * Labels of 0 and 1 with this CRC-32, since the real ones are too many for a test: the checksum is affine in
 * them over the field of two elements, so the labels that must be 1 solve a linear system.
 */
function forged(checksum: number): { trainImages: Uint8Array; trainLabels: Uint8Array } {
  const count = 64;
  const labels = Array<number>(count).fill(0);
  const crcOf = (values: readonly number[]): number => {
    // The trailer of a gzip file has the checksum of its contents.
    const packed = gzipSync(Uint8Array.from(values));
    return packed.readUInt32LE(packed.length - 8);
  };
  const none = crcOf(labels);
  // What every label changes, reduced to one leading bit each, with the labels that it stands for.
  const basis = new Map<number, { crc: number; set: bigint }>();
  const reduce = (crc: number, set: bigint) => {
    let rest = { crc, set };
    for (let bit = 31; bit >= 0; bit--) {
      const pivot = basis.get(bit);
      if (((rest.crc >>> bit) & 1) === 0 || pivot === undefined) continue;
      rest = { crc: rest.crc ^ pivot.crc, set: rest.set ^ pivot.set };
    }
    return rest;
  };
  for (let i = 0; i < count; i++) {
    const rest = reduce(
      crcOf(labels.map((label, k) => (k === i ? 1 : label))) ^ none,
      1n << BigInt(i),
    );
    if (rest.crc !== 0) basis.set(31 - Math.clz32(rest.crc), rest);
  }
  const { set } = reduce(checksum ^ none, 0n);
  const chosen = labels.map((_, i) => Number((set >> BigInt(i)) & 1n));
  expect(crcOf(chosen)).toBe(checksum);
  return { trainImages: imagesFile(count, [3, 2]), trainLabels: labelsFile(chosen) };
}

describe('files that do not fit are refused', () => {
  const refusal = (files: object) => formatError(() => mnistFrom({ ...smallFiles(), ...files }));

  test('by the part and the file', async () => {
    const { trainImages, trainLabels } = smallFiles();
    expect(await refusal({ trainImages: trainImages.subarray(0, 100) })).toBe(
      'mnistFrom (train): images: shape [40, 3, 2] of uint8 does not fit 84 bytes of elements.\n' +
        '  The file is cut short or damaged.',
    );
    expect(await refusal({ testImages: trainLabels })).toBe(
      'mnistFrom (test): images: the file holds uint8 [40], not uint8 [n, height, width] with n >= 1.\n' +
        '  Are the files in the right places?',
    );
    expect(await refusal({ testLabels: trainLabels })).toBe(
      'mnistFrom (test): 20 images and 40 labels.\n' +
        '  Take both files from the same data set, and the same part of it.',
    );
    expect(await refusal({ testLabels: labelsFile([...cycled(19), 10]) })).toContain(
      'the label 10 is outside [0, 10)',
    );
    expect(await refusal({ testImages: imagesFile(20, [2, 2]) })).toBe(
      'mnistFrom: images of [6] for training and of [4] for the test.\n' +
        '  Take all files from one data set.',
    );
    expect(await refusal({ trainImages: imagesFile(0, [3, 2]) })).toContain('with n >= 1');
  });

  test('what is no file, and options that are none', async () => {
    const files = smallFiles();
    const { trainLabels: _, ...rest } = files;
    await expect(mnistFrom(rest as typeof files)).rejects.toThrow(
      'mnistFrom (train): labels: needs a Uint8Array, got undefined.',
    );
    await expect(mnistFrom(files, { trainSize: 41 })).rejects.toThrow(
      'mnistFrom: trainSize must be an integer in [1, 40], got 41.',
    );
    await expect(mnistFrom(files, { testSize: 0.5 })).rejects.toThrow('testSize must be');
    const none: unknown = undefined;
    await expect(mnistFrom(none as typeof files)).rejects.toThrow(
      'must be an object, got undefined',
    );
    await expect(mnistFrom({ ...files, labels: none } as typeof files)).rejects.toThrow('"labels"');
    await expect(mnistFrom(files, { scale: 1 } as object)).rejects.toThrow(
      'unknown option "scale"',
    );
  });
});
