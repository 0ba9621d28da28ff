import { drawn, type Law, law } from '@tikhonov/check';
import { random, tensor } from '@tikhonov/core';
import { everyPixel, imagesOf, reader } from '../laws/images.ts';
import { onRows, rowsLaw } from '../laws/recipe-parts.ts';
import { exactly } from '../laws/slack.ts';
import { randomFlip, randomFlipMethod } from './random-flip.ts';

/** What random flips promise. */
export const randomFlipLaws: readonly Law[] = [
  law({
    id: 'random-flip/involution',
    statement: 'Flipping the same images twice gives them back, bit for bit.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      const direction = draw.pick(['horizontal', 'vertical'] as const);
      return { images, direction, flips: draw.booleans([images.shape[0]!]) };
    }),
    slack: ({ images, direction, flips }) => {
      const once = randomFlip(images, { direction, flips });
      return exactly(randomFlip(once, { direction, flips }), images);
    },
  }),
  law({
    id: 'random-flip/mirrors',
    statement:
      'A flipped image has its columns (or rows) in reverse order, in every channel; the others stay.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      const direction = draw.pick(['horizontal', 'vertical'] as const);
      return { images, direction, flips: draw.booleans([images.shape[0]!]) };
    }),
    slack: ({ images, direction, flips }) => {
      const [at, flipped] = [reader(images), flips.data()];
      const [, , height, width] = images.shape as [number, number, number, number];
      const want = everyPixel(images.shape, (i, c, y, x) => {
        if (flipped[i] === 0) return at(i, c, y, x);
        return direction === 'horizontal'
          ? at(i, c, y, width - 1 - x)
          : at(i, c, height - 1 - y, x);
      });
      return exactly(randomFlip(images, { direction, flips }), want);
    },
  }),
  law({
    id: 'random-flip/probability',
    statement:
      'A probability of 0 flips nothing, 1 everything, and p a share of p within six standard errors.',
    cases: drawn((draw) => ({ p: draw.pick([0, 0.1, 0.5, 0.9, 1]), seed: draw.integer(0, 1e6) })),
    slack: ({ p, seed }) => {
      const n = 1000;
      const images = tensor(
        everyPixel([n, 1, 1, 2], (_i, _c, _y, x) => x),
        { shape: [n, 1, 1, 2] },
      );
      const flipped = randomFlip(images, { p, key: random.key(seed) }).data();
      const count = flipped.filter((value, k) => k % 2 === 0 && value === 1).length;
      const spread = 6 * Math.sqrt(n * p * (1 - p));
      return spread === 0 ? exactly(count, n * p) : 1 - Math.abs(count - n * p) / spread;
    },
  }),
  law({
    id: 'random-flip/default-chance',
    statement: 'Without p every image is flipped with probability 1/2, along its rows.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1e6) })),
    slack: ({ seed }) => {
      const key = random.key(seed);
      const images = random.uniform(key, [32, 1, 2, 2]);
      return exactly(
        randomFlip(images, { key }),
        randomFlip(images, { key, p: 0.5, direction: 'horizontal' }),
      );
    },
    effort: 0.3,
  }),
  rowsLaw(randomFlipMethod, (batch, { p }, key) => ({
    ...batch,
    x: onRows(batch.x, (images) => randomFlip(images, { p: p!, key })),
  })),
  law({
    id: 'random-flip/default',
    statement: 'Half of the images are flipped unless p says otherwise.',
    cases: drawn((draw) => ({ x: draw.tensor([8, 1, 1, 3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const key = random.key(seed);
      return exactly(randomFlip(x, { key }), randomFlip(x, { key, p: 0.5 }));
    },
    effort: 0.2,
  }),
];
