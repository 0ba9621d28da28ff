import { drawn, type Law, law } from '@tikhonov/check';
import {
  greater,
  mean,
  ones,
  random,
  select,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { everyPixel, imagesOf, reader } from '../laws/images.ts';
import { onRows, rowsLaw } from '../laws/recipe-parts.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { cutout, cutoutMethod, cutoutProbability } from './cutout.ts';
import { Cutout } from './cutout-layer.ts';

/** What cutout promises. */
export const cutoutLaws: readonly Law[] = [
  law({
    id: 'cutout/hides-a-square',
    statement:
      'Rows and columns from the centre minus floor(s / 2), s of them, are 0 in every channel; all other pixels stay.',
    cases: drawn((draw) => {
      const images = imagesOf(draw);
      const [n, , height, width] = images.shape as [number, number, number, number];
      const centres = Array.from({ length: n }, () => [
        [draw.integer(0, height - 1), draw.integer(0, width - 1)],
      ]);
      return { images, size: draw.integer(0, 6), centres };
    }),
    slack: ({ images, size, centres }) => {
      const at = reader(images);
      const inside = (centre: number, k: number): boolean => {
        const from = centre - Math.floor(size / 2);
        return k >= from && k < from + size;
      };
      const want = everyPixel(images.shape, (i, c, y, x) => {
        const [cy, cx] = centres[i]![0]! as [number, number];
        return inside(cy, y) && inside(cx, x) ? 0 : at(i, c, y, x);
      });
      return exactly(cutout(images, { size, centres: tensor(centres, { dtype: 'int32' }) }), want);
    },
  }),
  law({
    id: 'cutout/expected-area',
    statement:
      'Over all centres the hidden share of a pixel is the share of centres that reach it: on average less than s^2, as the border cuts squares off.',
    cases: drawn((draw) => ({
      height: draw.integer(1, 5),
      width: draw.integer(1, 5),
      size: draw.integer(1, 5),
    })),
    slack: ({ height, width, size }) => {
      const centres = Array.from({ length: height * width }, (_, k) => [
        [Math.floor(k / width), k % width],
      ]);
      const images = ones([height * width, 1, height, width], { dtype: 'float64' });
      const left = cutout(images, { size, centres: tensor(centres, { dtype: 'int32' }) });
      // The number of centres along an axis that reach a place.
      const reach = (length: number, at: number): number =>
        Array.from({ length }, (_, centre) => at - centre + Math.floor(size / 2)).filter(
          (k) => k >= 0 && k < size,
        ).length;
      const hidden = sum(left, { axis: 0 })
        .mul(-1)
        .add(height * width);
      const want = everyPixel(
        [1, 1, height, width],
        (_i, _c, y, x) => reach(height, y) * reach(width, x),
      );
      const area = want.reduce((a, b) => a + b, 0) / (height * width);
      const exact = cutoutProbability(height, width, { size });
      return Math.min(
        exactly(hidden, want),
        near(exact.mul(height * width), hidden, 1e-13),
        holds(area <= size ** 2),
        // Something is cut off, unless the square is one pixel.
        holds(size === 1 || area < size ** 2),
      );
    },
  }),
  law({
    id: 'cutout/draws',
    statement:
      'Drawn centres are uniform: a hole of one pixel hides each of them equally often, within six standard errors.',
    cases: drawn((draw) => ({
      height: draw.integer(1, 3),
      width: draw.integer(1, 3),
      seed: draw.integer(0, 1e6),
    })),
    effort: 0.3,
    slack: ({ height, width, seed }) => {
      const n = 900;
      const images = ones([n, 1, height, width], { dtype: 'float64' });
      const left = sum(cutout(images, { size: 1, key: random.key(seed) }), { axis: 0 });
      const p = 1 / (height * width);
      const spread = 6 * Math.sqrt(n * p * (1 - p));
      const counts = Array.from(left.data(), (kept) => n - kept);
      return spread === 0
        ? near(counts, [n], 1e-15)
        : Math.min(...counts.map((count) => 1 - Math.abs(count - n * p) / spread));
    },
  }),
  law({
    id: 'cutout/several-squares',
    statement:
      'Of several squares the probability that a pixel is hidden is 1 - (1 - q)^holes, as over all centres of two; what is hidden is the same in all channels, also where it is NaN.',
    cases: drawn((draw) => ({
      height: draw.integer(1, 3),
      width: draw.integer(1, 3),
      size: draw.integer(0, 3),
    })),
    effort: 0.3,
    slack: ({ height, width, size }) => {
      const pixels = Array.from({ length: height * width }, (_, k) => [
        Math.floor(k / width),
        k % width,
      ]);
      const centres = tensor(
        pixels.flatMap((one) => pixels.map((other) => [one, other])),
        { dtype: 'int32' },
      );
      const images = ones([pixels.length ** 2, 2, height, width], { dtype: 'float64' });
      const left = cutout(images, { size, holes: 2, centres });
      const channels = [0, 1].map((c) => select(left, c, { axis: 1 })) as [Tensor, Tensor];
      const hidden = mean(channels[0], { axis: 0 }).mul(-1).add(1);
      const poisoned = where(greater(left, 0), images, Number.NaN);
      return Math.min(
        near(cutoutProbability(height, width, { size, holes: 2 }), hidden, 1e-13),
        exactly(channels[0], channels[1]),
        exactly(cutout(poisoned, { size, holes: 2, centres }), left),
      );
    },
  }),
  law({
    id: 'cutout/layer',
    statement:
      'The layer hides squares in training with the key of its context and gives its input itself in evaluation; the side is 16 and there is one square if nothing else is said; the same key gives the same squares in both precisions.',
    cases: drawn((draw) => ({
      images: imagesOf(draw),
      size: draw.integer(0, 4),
      holes: draw.integer(1, 2),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ images, size, holes, seed }) => {
      const rng = random.key(seed);
      const context = { training: true, rng };
      const layer = new Cutout({ size, holes });
      const want = cutout(images, { size, holes, key: rng });
      const large = ones([2, 1, 18, 18], { dtype: 'float64' });
      const usual = cutout(large, { size: 16, holes: 1, key: rng });
      return Math.min(
        exactly(layer.forward(images, context), want),
        exactly(layer.forward(images.astype('float32'), context), want.astype('float32')),
        holds(layer.forward(images) === images && layer.forward(images, { rng }) === images),
        exactly(cutout(large, { key: rng }), usual),
        exactly(new Cutout().forward(large, context), usual),
        exactly(cutoutProbability(18, 18), cutoutProbability(18, 18, { size: 16, holes: 1 })),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'cutout/idempotent',
    statement: 'Hiding the same squares twice is hiding them once, and a size of 0 hides nothing.',
    cases: drawn((draw) => ({
      images: imagesOf(draw),
      size: draw.integer(1, 4),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ images, size, seed }) => {
      const key = random.key(seed);
      const once = cutout(images, { size, holes: 2, key });
      return Math.min(
        exactly(cutout(once, { size, holes: 2, key }), once),
        exactly(cutout(images, { size: 0, key }), images),
      );
    },
  }),
  rowsLaw(cutoutMethod, (batch, { size }, key) => ({
    ...batch,
    x: onRows(batch.x, (images) => cutout(images, { size: size!, key })),
  })),
];
