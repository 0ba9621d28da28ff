import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  ones,
  random,
  ShapeError,
  select,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { cutmix, mixup } from '@tikhonov/data';

const key = random.key(4);
const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const rows = {
  x: tensor([
    [0, 0],
    [4, 8],
    [8, 16],
  ]),
  y: int([0, 1, 2]),
};
const permutation = int([1, 2, 0]);
const pictures = {
  x: tensor(Float32Array.from({ length: 3 * 16 }, (_, i) => Math.floor(i / 16))).reshape([
    3, 1, 4, 4,
  ]),
  y: int([0, 1, 2]),
};

describe('mixup', () => {
  test('draws one share per batch, from the distribution asked for', () => {
    const { lambda, x, y } = mixup(rows, { classes: 3, key });
    const [first, ...others] = lambda.data();
    expect(new Set([...others])).toEqual(new Set([first]));
    expect([x.shape, y.shape]).toEqual([
      [3, 2],
      [3, 3],
    ]);
    // The variance of Beta(a, a) is 1 / (4 (2 a + 1)).
    const draws = Array.from(
      { length: 400 },
      (_, i) => mixup(rows, { alpha: 2, classes: 3, key: random.foldIn(key, i) }).lambda.data()[0]!,
    );
    const spread = draws.reduce((total, u) => total + (u - 0.5) ** 2, 0) / draws.length;
    expect(Math.abs(spread - 1 / 20)).toBeLessThan(0.012);
  });

  test('of strength 0, a number or a cell, leaves the rows as they are', () => {
    for (const alpha of [0, new Cell(tensor(0))]) {
      const { x, y, lambda } = mixup(rows, { alpha, classes: 3, key });
      expect(x.toArray()).toEqual(rows.x.toArray());
      expect(y.toArray()).toEqual([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]);
      expect(lambda.toArray()).toEqual([1, 1, 1]);
    }
  });

  test('mixes floating targets as they are, also those of a regression', () => {
    const { y } = mixup({ x: rows.x, y: tensor([0, 2, 4]) }, { lambda: 0.5, permutation });
    expect(y.toArray()).toEqual([1, 3, 2]);
  });

  test('rows that fill a batch are mixed with none, and weights are mixed like targets', () => {
    const sampleWeight = tensor([1, 3, 0]);
    const mixed = mixup({ ...rows, sampleWeight }, { classes: 3, lambda: 0.5, permutation });
    expect(mixed.lambda.toArray()).toEqual([0.5, 1, 1]);
    expect(mixed.x.toArray()).toEqual([
      [2, 4],
      [4, 8],
      [8, 16],
    ]);
    // 0.5 * 1 of the first class and 0.5 * 3 of the second.
    expect(mixed.sampleWeight!.toArray()).toEqual([2, 3, 0]);
    expect(mixed.y.toArray()).toEqual([
      [0.25, 0.75, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect('sampleWeight' in mixup(rows, { classes: 3, key })).toBe(false);
  });

  test('says what does not fit', () => {
    expect(() => mixup(rows, { key })).toThrow(
      'mixup: class labels need the number of classes.\n  Pass { classes }',
    );
    expect(() => mixup(rows, { classes: 2, key })).toThrow(RangeError);
    expect(() => mixup(rows, { classes: 3 })).toThrow(/^mixup: needs a key to draw with, or /);
    expect(() => mixup(rows, { classes: 3, lambda: 1.5, permutation })).toThrow(
      'mixup: lambda must be in [0, 1], got 1.5.',
    );
    expect(() => mixup({ x: rows.x, y: int([0]) }, { classes: 3, key })).toThrow(
      'mixup: x and y must have the same number of rows, got shapes [3, 2] and [1].',
    );
    const flags = tensor([true, false, true]);
    expect(() => mixup({ x: rows.x, y: flags }, { classes: 3, key })).toThrow(DTypeError);
    const short = { ...rows, sampleWeight: ones([2]) };
    expect(() => mixup(short, { classes: 3, key })).toThrow(ShapeError);
    const outside = int([0, 1, 3]);
    expect(() => mixup(rows, { classes: 3, lambda: 0.5, permutation: outside })).toThrow(
      RangeError,
    );
  });
});

describe('cutmix', () => {
  test('lambda is the area that is left after cutting off at the border', () => {
    const box = int([3, 9, -2, 2]);
    const { x, y, lambda } = cutmix(pictures, { classes: 3, box, permutation });
    expect(lambda.data()[0]).toBe(1 - 2 / 16);
    expect(x.sum({ axis: [1, 2, 3] }).toArray()).toEqual([2, 16 + 2, 32 - 4]);
    expect(select(y, 0).toArray()).toEqual([0.875, 0.125, 0]);
  });

  test('draws boxes whose share is that of the drawn area, where they are whole', () => {
    for (let i = 0; i < 50; i++) {
      const { x, y, lambda } = cutmix(pictures, { classes: 3, key: random.foldIn(key, i) });
      const own = lambda.data()[0]!;
      // Multiples of one pixel, and never more than half the side on either side of the centre.
      expect(Number.isInteger(own * 16)).toBe(true);
      expect(x.shape).toEqual([3, 1, 4, 4]);
      for (const total of y.sum({ axis: 1 }).data()) expect(total).toBeCloseTo(1, 6);
    }
  });

  test('of strength 0 it leaves the images as they are', () => {
    for (const alpha of [0, new Cell(tensor(0))]) {
      const { x, lambda } = cutmix(pictures, { alpha, classes: 3, key });
      expect(x.toArray()).toEqual(pictures.x.toArray());
      expect(lambda.toArray()).toEqual([1, 1, 1]);
    }
  });

  test('rows that fill a batch are mixed with none', () => {
    const sampleWeight = tensor([1, 1, 0]);
    const box = int([0, 2, 0, 4]);
    const mixed = cutmix({ ...pictures, sampleWeight }, { classes: 3, box, permutation });
    expect(mixed.x.sum({ axis: [1, 2, 3] }).toArray()).toEqual([8, 16, 32]);
    expect(mixed.lambda.toArray()).toEqual([0.5, 1, 1]);
  });

  test('needs images', () => {
    expect(() => cutmix(rows, { classes: 3, key })).toThrow(
      /^cutmix: images must be \[n, channels, height, width\], got shape \[3, 2\]\./,
    );
  });
});
