import { tensor } from '@tikhonov/core';
import { type MnistFiles, writeIdx } from '@tikhonov/data';

/** Pixel `j` of image `i` is `7 i + j`, modulo 256. */
export const pixel = (i: number, j: number): number => (7 * i + j) % 256;

export function imagesFile(count: number, [height, width]: readonly [number, number]): Uint8Array {
  const size = height * width;
  const values = Int32Array.from({ length: count * size }, (_, k) =>
    pixel(Math.floor(k / size), k % size),
  );
  return writeIdx(tensor(values, { shape: [count, height, width] }), { type: 'uint8' });
}

export const labelsFile = (labels: readonly number[]): Uint8Array =>
  writeIdx(tensor(Int32Array.from(labels)), { type: 'uint8' });

/** Labels 0, 1, ..., 9, 0, 1, ... */
export const cycled = (count: number): number[] => Array.from({ length: count }, (_, i) => i % 10);

/** A data set in the form of MNIST: 40 and 20 images of 3 x 2 pixels. */
export const smallFiles = (): MnistFiles => ({
  trainImages: imagesFile(40, [3, 2]),
  trainLabels: labelsFile(cycled(40)),
  testImages: imagesFile(20, [3, 2]),
  testLabels: labelsFile(cycled(20)),
});
