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
  ['moons', '3fc421403add251e', moons(noisy)],
  ['circles', '0aebf69a13badaa5', circles(noisy)],
  ['spirals', 'b82872e045479490', spirals(noisy)],
  ['xor', '46b509345c1f6a8e', xor(noisy)],
  ['blobs', 'bf593acc77098323', blobs({ ...options, centers: 3 })],
  ['sinusoid', '11f6842e34c8ec45', sinusoid(noisy)],
  [
    'linearRegression',
    '29a572856d702976',
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
