import { describe, expect, test } from '@jest/globals';
import { zeros } from '@tikhonov/core';
import { Dataset, split } from '@tikhonov/data';
import { classCounts, countedRows, rowsOf, sorted } from './helpers.ts';

const set = countedRows([50, 30, 17, 3]);

describe('split', () => {
  test('covers every row once when the fractions add up to 1', () => {
    for (const seed of [0, 1, 2]) {
      const parts = split(set, { fractions: [0.7, 0.2, 0.1], seed });
      expect(parts.map((part) => part.size)).toEqual([70, 20, 10]);
      expect(sorted(parts.flatMap(rowsOf))).toEqual(rowsOf(set));
    }
  });

  test('gives every part its share of every class, rounded up or down', () => {
    const { a, b } = split(set, { sizes: { a: 33, b: 67 }, seed: 5 });
    for (const [k, count] of classCounts(set).entries()) {
      expect(Math.abs(classCounts(a)[k]! - (33 * count) / 100)).toBeLessThan(1);
      expect(classCounts(b)[k]).toBe(count - classCounts(a)[k]!);
    }
  });

  test('unstratified parts follow the order alone, and differ from stratified ones', () => {
    const shares = [0, 1, 2, 3].map((seed) => {
      const [part] = split(set, { sizes: [20], stratify: false, seed });
      return classCounts(part)[0]!;
    });
    expect(new Set(shares).size).toBeGreaterThan(1);
    for (const seed of [0, 1, 2, 3]) {
      expect(classCounts(split(set, { sizes: [20], seed })[0])[0]).toBe(10);
    }
  });

  test('mixes the classes within a part', () => {
    const labels = Array.from(split(set, { fractions: { a: 1 } }).a.y.data());
    expect(labels).not.toEqual(sorted(labels));
  });

  test('refuses impossible sizes and fractions', () => {
    expect(() => split(set, { sizes: [60, 41] })).toThrow(
      new RangeError('split: sizes 60 + 41 = 101 are more than the 100 rows there are.'),
    );
    expect(() => split(set, { sizes: [0] })).toThrow(RangeError);
    expect(() => split(set, { fractions: [0.9, 0.2] })).toThrow(RangeError);
    expect(() => split(set, { fractions: [Number.NaN] })).toThrow(RangeError);
    expect(() => split(set, { fractions: [0.001] })).toThrow(/is no row/);
    expect(() => split(set, {})).toThrow(TypeError);
    expect(() => split(set, { sizes: [1], fractions: [0.1] })).toThrow(TypeError);
  });

  test('float targets are not stratified unless asked, which is an error', () => {
    const targets = new Dataset({ x: zeros([4, 1]), y: zeros([4]) });
    expect(split(targets, { sizes: [3] })[0].size).toBe(3);
    expect(() => split(targets, { sizes: [3], stratify: true })).toThrow(TypeError);
  });
});
