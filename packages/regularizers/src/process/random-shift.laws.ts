import { drawn, type Law, law } from '@tikhonov/check';
import { concat, random, select, sum, tensor } from '@tikhonov/core';
import { everyPixel, imagesOf, reader } from '../laws/images.ts';
import { onRows, rowsLaw } from '../laws/recipe-parts.ts';
import { exactly, holds } from '../laws/slack.ts';
import { randomCrop, randomShift, randomShiftMethod } from './random-shift.ts';

/** What random shifts promise. */
export const randomShiftLaws: readonly Law[] = [
  law({
    id: 'random-shift/moves-pixels',
    statement:
      'A pixel comes from (i - a, j - b) of the same image and channel, or is 0 if that is outside.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      return { images, shifts: draw.integers([images.shape[0]!, 2], -3, 3) };
    }),
    slack: ({ images, shifts }) => {
      const [at, by] = [reader(images), shifts.data()];
      const want = everyPixel(images.shape, (i, c, y, x) =>
        at(i, c, y - by[2 * i]!, x - by[2 * i + 1]!),
      );
      return exactly(randomShift(images, { pixels: 3, shifts }), want);
    },
  }),
  law({
    id: 'random-shift/is-padded-crop',
    statement:
      'A shift by (a, b) is the crop at (p - a, p - b) of the image padded by p zeros, whatever p >= |a|, |b|.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      return {
        images,
        shifts: draw.integers([images.shape[0]!, 2], -2, 2),
        padding: draw.integer(2, 4),
      };
    }),
    slack: ({ images, shifts, padding }) =>
      exactly(
        randomCrop(images, { padding, offsets: shifts.mul(-1).add(padding) }),
        randomShift(images, { pixels: 2, shifts }),
      ),
  }),
  law({
    id: 'random-shift/crop-is-a-window',
    statement: 'A crop is a window of each image, which gives every pixel of it at its place.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      const [, , height, width] = images.shape as [number, number, number, number];
      return {
        images,
        size: [draw.integer(1, height), draw.integer(1, width)] as const,
        seed: draw.integer(0, 1e6),
      };
    }),
    slack: ({ images, size, seed }) => {
      const at = reader(images);
      const crops = randomCrop(images, { size, key: random.key(seed) });
      const [n, channels, height, width] = images.shape as [number, number, number, number];
      const places = Array.from({ length: height - size[0] + 1 }, (_, dy) =>
        Array.from({ length: width - size[1] + 1 }, (_, dx) => [dy, dx] as const),
      ).flat();
      const isWindow = (i: number): boolean => {
        const got = select(crops, i).data();
        return places.some(([dy, dx]) => {
          const want = everyPixel([1, channels, ...size], (_, c, y, x) => at(i, c, y + dy, x + dx));
          return want.every((value, k) => value === got[k]);
        });
      };
      return holds(Array.from({ length: n }, (_, i) => i).every(isWindow));
    },
  }),
  law({
    id: 'random-shift/stays-in-reach',
    statement:
      'Drawn shifts are at most p in each direction, and all (2 p + 1)^2 of them occur: none is missing among 40 for each.',
    cases: drawn((draw) => ({ pixels: draw.integer(0, 2), seed: draw.integer(0, 1e6) })),
    effort: 0.2,
    slack: ({ pixels, seed }) => {
      const [side, kinds] = [2 * pixels + 1, (2 * pixels + 1) ** 2];
      const n = 40 * kinds;
      // One lit pixel in the middle shows where an image went.
      const middle = (side * side - 1) / 2;
      const lit = everyPixel([n, 1, side, side], (_i, _c, y, x) => Number(y * side + x === middle));
      const images = tensor(lit, { shape: [n, 1, side, side] });
      const shifted = randomShift(images, { pixels, key: random.key(seed) });
      const moved = shifted.data();
      const places = Array.from(moved.keys()).filter((k) => moved[k] === 1);
      const seen = new Set(places.map((k) => k % kinds));
      const total = sum(shifted).item();
      return holds(total === n && seen.size === kinds);
    },
  }),
  rowsLaw(randomShiftMethod, (batch, { pixels }, key) => ({
    ...batch,
    x: onRows(batch.x, (images) => randomShift(images, { pixels: pixels!, key })),
  })),
  law({
    id: 'random-shift/all-crops',
    statement: 'All places of a crop are drawn, rows and columns by themselves.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000) })),
    slack: ({ seed }) => {
      const pixel = tensor(Float64Array.of(1, 2, 3, 4), { shape: [1, 1, 2, 2] });
      const images = concat(
        Array.from({ length: 100 }, () => pixel),
        { axis: 0 },
      );
      const crops = randomCrop(images, { size: [1, 1], key: random.key(seed) });
      // Each is missed with probability 0.75^100 < 1e-12.
      return holds(new Set(crops.data()).size === 4);
    },
    effort: 0.1,
  }),
];
