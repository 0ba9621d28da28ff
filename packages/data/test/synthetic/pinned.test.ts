import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  blobs,
  circles,
  DataLoader,
  type Dataset,
  kFold,
  linearRegression,
  moons,
  sinusoid,
  spirals,
  xor,
} from '@tikhonov/data';
import { countedRows, rowsOf } from '../helpers.ts';

// A seed gives the same data on every platform and in every release: others' results depend on it.

const hashOf = (arrays: readonly ArrayBufferView[]): string => {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, 16);
};

const options = { n: 31, seed: 7, dtype: 'float64' } as const;
const noisy = { ...options, noise: 0.25 } as const;

test.each<[string, string, Dataset]>([
  ['moons', '4bfb6d3557c622de', moons(noisy)],
  ['circles', 'd56c50b158dad5cb', circles(noisy)],
  ['spirals', 'd6667a21d407ee7c', spirals(noisy)],
  ['xor', '2fc0c06971d04739', xor(noisy)],
  ['blobs', 'd376fcedfd86127b', blobs({ ...options, centers: 3 })],
  ['sinusoid', 'ae831d3e912ce212', sinusoid(noisy)],
  [
    'linearRegression',
    '42f4d9c97c49348b',
    linearRegression({ ...noisy, correlation: 0.5 }).dataset,
  ],
])('%s of a seed has the bits it always had', (_, want, { x, y }) => {
  expect(hashOf([x.data(), y.data()])).toBe(want);
});

test('orders and folds of a seed are what they always were', () => {
  const set = countedRows([8, 5]);
  const [batch] = new DataLoader(set, { batchSize: 6, seed: 7 });
  expect(rowsOf(batch!)).toEqual([6, 8, 1, 5, 9, 12]);
  expect(rowsOf(kFold(set, { seed: 7 })[0]!.validation)).toEqual([5, 10, 2]);
});
