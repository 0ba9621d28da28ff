import { describe, expect, test } from '@jest/globals';
import {
  allClose,
  Cell,
  DTypeError,
  flip,
  grad,
  ones,
  random,
  reshape,
  ShapeError,
  select,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { cutout, gaussianNoise, randomCrop, randomFlip, randomShift } from '@tikhonov/data';

const key = random.key(3);
const images = random.normal(random.key(1), [4, 2, 3, 5]);
const int = (values: number[] | number[][] | number[][][]): Tensor =>
  tensor(values, { dtype: 'int32' });

describe('gaussianNoise', () => {
  test('adds normal draws of the given size', () => {
    const x = gaussianNoise(ones([10_000]), { sigma: 2, key });
    expect(Math.abs(x.mean().item() - 1)).toBeLessThan(5 * 0.02);
    // The variance of a sample variance is 2 sigma^4 / n.
    const spread = x.sub(1).mul(x.sub(1)).mean().item();
    expect(Math.abs(spread - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / 10_000));
  });

  test('of strength 0, a number or a cell, changes nothing, even with infinite noise', () => {
    const x = tensor([1, -0, Infinity]);
    const noise = tensor([Infinity, -Infinity, 1]);
    for (const sigma of [0, new Cell(tensor(0))]) {
      expect(gaussianNoise(x, { sigma, noise }).toArray()).toEqual(x.toArray());
    }
  });

  test('keeps float64 and reads a strength from a cell', () => {
    const x = ones([2], { dtype: 'float64' });
    const sigma = new Cell(tensor(0.5));
    const noise = ones([2], { dtype: 'float64' });
    expect(gaussianNoise(x, { sigma, noise }).toArray()).toEqual([1.5, 1.5]);
    expect(gaussianNoise(x, { sigma, key }).dtype).toBe('float64');
  });

  test('says what does not fit', () => {
    const x = ones([2]);
    expect(() => gaussianNoise(x, { sigma: 1 })).toThrow(
      'gaussianNoise: needs a key to draw with, or noise.\n  Pass { key }',
    );
    expect(() => gaussianNoise(x, { sigma: -1, key })).toThrow(
      'gaussianNoise: sigma must be finite and >= 0, got -1.',
    );
    expect(() => gaussianNoise(x, { sigma: new Cell(tensor(-1)), key })).toThrow(RangeError);
    expect(() => gaussianNoise(x, { sigma: ones([2]), key })).toThrow(ShapeError);
    expect(() => gaussianNoise(x, { sigma: 1, noise: ones([3]) })).toThrow(
      'gaussianNoise: noise must be float32 [2], got float32 [3].',
    );
    expect(() => gaussianNoise(x, { sigma: 1, noise: ones([2], { dtype: 'float64' }) })).toThrow(
      DTypeError,
    );
    expect(() => gaussianNoise(int([1]), { sigma: 1, key })).toThrow(
      /^gaussianNoise: x must be floating, got int32\./,
    );
  });
});

describe('randomFlip', () => {
  test('mirrors the chosen images, all channels of them', () => {
    const flips = tensor([true, false, true, false]);
    const out = randomFlip(images, { flips });
    const mirrored = flip(images, 3);
    for (const [i, flipped] of [true, false, true, false].entries()) {
      const want = select(flipped ? mirrored : images, i);
      expect(select(out, i).toArray()).toEqual(want.toArray());
    }
  });

  test('mirrors with the given probability', () => {
    const x = tensor(
      Float32Array.from({ length: 8000 }, (_, i) => i % 2),
      {
        shape: [4000, 1, 1, 2],
      },
    );
    const share = (p: number): number =>
      select(randomFlip(x, { p, key }), 0, { axis: 3 }).mean().item();
    expect([share(0), share(1)]).toEqual([0, 1]);
    expect(Math.abs(share(0.3) - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 4000));
  });

  test('refuses rows that are no images, and other options', () => {
    expect(() => randomFlip(ones([2, 64]), { key })).toThrow(
      'randomFlip: images must be [n, channels, height, width], got shape [2, 64].\n  Reshape rows of pixels first',
    );
    expect(() => randomFlip(images, { p: 1.5, key })).toThrow(
      'randomFlip: p must be in [0, 1], got 1.5.',
    );
    const direction = 'diagonal' as 'vertical';
    expect(() => randomFlip(images, { direction, key })).toThrow(TypeError);
  });
});

describe('randomShift and randomCrop', () => {
  test('a shift by nothing is the image itself, one out of sight leaves zeros', () => {
    const shifts = (dy: number, dx: number): Tensor => int(Array(4).fill([dy, dx]));
    expect(randomShift(images, { pixels: 0, shifts: shifts(0, 0) }).toArray()).toEqual(
      images.toArray(),
    );
    expect(sum(randomShift(images, { pixels: 9, shifts: shifts(0, -5) })).item()).toBe(0);
  });

  test('moving by (dy, dx) is cropping the padded image at (p - dy, p - dx)', () => {
    const shifts = [
      [1, -2],
      [0, 2],
      [-1, 0],
      [2, 1],
    ];
    const offsets = shifts.map(([dy, dx]) => [2 - dy!, 2 - dx!]);
    expect(randomShift(images, { pixels: 2, shifts: int(shifts) }).toArray()).toEqual(
      randomCrop(images, { padding: 2, offsets: int(offsets) }).toArray(),
    );
  });

  test('every place is drawn about equally often', () => {
    const n = 9000;
    const x = reshape(ones([n * 9]), [n, 1, 3, 3]);
    const kept = sum(randomShift(x, { pixels: 1, key }), { axis: [1, 2, 3] }).data();
    // 9 pixels stay in one place of nine, 6 in four, 4 in four.
    for (const [pixels, p] of [
      [9, 1 / 9],
      [6, 4 / 9],
      [4, 4 / 9],
    ] as const) {
      const count = kept.filter((k) => k === pixels).length;
      expect(Math.abs(count - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p)));
    }
    const crop = randomCrop(x, { padding: 1, key });
    expect(crop.shape).toEqual(x.shape);
    expect(Math.abs(crop.mean().item() - 49 / 81)).toBeLessThan(0.02);
  });

  test('gradients go back to the pixels that are seen', () => {
    const offsets = int([[0, 1]]);
    const seen = grad((x: Tensor) => sum(randomCrop(x, { size: [1, 2], offsets })));
    expect(seen(ones([1, 1, 2, 3])).toArray()).toEqual([
      [
        [
          [0, 1, 1],
          [0, 0, 0],
        ],
      ],
    ]);
  });

  test('sizes are checked', () => {
    expect(() => randomCrop(images, { size: [4, 2], key })).toThrow(
      'randomCrop: size [4, 2] does not fit into the padded image [3, 5].\n  Take a smaller crop, or more padding.',
    );
    expect(() => randomCrop(images, { padding: -1, key })).toThrow(
      'randomCrop: padding must be an integer >= 0, got -1.',
    );
    expect(() => randomShift(images, { pixels: 0.5, key })).toThrow(RangeError);
    expect(() => randomShift(images, { pixels: 1, shifts: int([[0, 0]]) })).toThrow(
      'randomShift: shifts must be int32 [4, 2], got int32 [1, 2].',
    );
  });
});

describe('cutout', () => {
  test('hides whole squares of the full side, odd sizes too, cut off at the border', () => {
    const hidden = (size: number, y: number, x: number): number =>
      25 - sum(cutout(ones([1, 1, 5, 5]), { size, centres: int([[[y, x]]]) })).item();
    expect([hidden(3, 2, 2), hidden(2, 2, 2), hidden(3, 0, 0), hidden(0, 2, 2)]).toEqual([
      9, 4, 4, 0,
    ]);
  });

  test('the expected area is the mean over all centres', () => {
    const n = 4000;
    const left = cutout(ones([n, 1, 4, 4]), { size: 3, key })
      .mean()
      .item();
    // Per axis 2, 3, 3 and 2 pixels of the four centres: 2.5 on average.
    expect(Math.abs(1 - left - 2.5 ** 2 / 16)).toBeLessThan(0.01);
  });

  test('several holes may overlap, and all channels are hidden alike', () => {
    const centres = int([
      [
        [0, 0],
        [0, 1],
      ],
    ]);
    const out = cutout(ones([1, 2, 1, 4]), { size: 1, holes: 2, centres });
    expect(out.toArray()).toEqual([[[[0, 0, 1, 1]], [[0, 0, 1, 1]]]]);
  });

  test('draws rows and columns independently', () => {
    const out = cutout(ones([500, 1, 3, 3]), { size: 1, key });
    const places = sum(out, { axis: [0, 1] });
    const want = ones([3, 3]).mul(500 * (8 / 9));
    expect(allClose(places, want, { atol: 5 * Math.sqrt(500 * (8 / 81)) }).item()).toBe(1);
  });
});
