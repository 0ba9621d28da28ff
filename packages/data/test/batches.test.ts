import { describe, expect, test } from '@jest/globals';
import { random } from '@tikhonov/core';
import { batches } from '@tikhonov/data';
import { countedRows, rowsOf, sorted } from './helpers.ts';

const set = countedRows([6, 5]);
const key = random.key(3);

describe('batches', () => {
  test('are made of inputs and targets, too', () => {
    const sizes = [...batches({ x: set.x, y: set.y }, { batchSize: 4 })].map(({ size }) => size);
    expect(sizes).toEqual([4, 4, 3]);
    const neither: unknown = {};
    expect(() => batches(neither as never)).toThrow(/x must be a Tensor, got undefined/);
  });

  test('cover every row once, in order without a key and shuffled with one', () => {
    const plain = [...batches(set, { batchSize: 4 })];
    expect(plain.map((batch) => batch.size)).toEqual([4, 4, 3]);
    expect(plain.flatMap(rowsOf)).toEqual(rowsOf(set));
    const mixed = [...batches(set, { batchSize: 4, key })].flatMap(rowsOf);
    expect(mixed).not.toEqual(rowsOf(set));
    expect(sorted(mixed)).toEqual(rowsOf(set));
  });

  test('follow random.permutation of the key, labels with their rows, again and again', () => {
    const pass = batches(set, { batchSize: 3, key });
    const order = Array.from(random.permutation(key, 11).data());
    expect([...pass].flatMap(rowsOf)).toEqual(order);
    expect([...pass].flatMap(rowsOf)).toEqual(order);
    const labels = set.y.data();
    const given = [...pass].flatMap(({ y }) => Array.from(y.data()));
    expect(given).toEqual(order.map((row) => labels[row]));
  });

  test('another epoch has another order', () => {
    const order = (epoch: number) =>
      [...batches(set, { key: random.foldIn(key, epoch) })].flatMap(rowsOf);
    expect(order(1)).not.toEqual(order(2));
  });

  test('dropLast leaves the short batch out, and length counts what comes', () => {
    const pass = batches(set, { batchSize: 4, dropLast: true });
    expect([...pass].map((batch) => batch.size)).toEqual([4, 4]);
    expect([pass.length, batches(set, { batchSize: 4 }).length]).toEqual([2, 3]);
  });

  test('refuses before the first batch', () => {
    for (const batchSize of [0, -1, 2.5, Number.NaN]) {
      expect(() => batches(set, { batchSize })).toThrow(RangeError);
    }
    expect(() => batches(set, { batchSize: 12, dropLast: true })).toThrow(
      /no batch of 12 can be made of 11 rows/,
    );
    expect(() => batches(set, { shuffle: true })).toThrow(/needs a key/);
  });
});
