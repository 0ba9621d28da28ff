import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  argmax,
  Cell,
  grad,
  greater,
  ones,
  random,
  sum,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { mapLayerLaws, mapPlacesLaw, mapsOf } from '../laws/map-layer.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { MaxDrop, maxDropMethod } from './max-drop.ts';
import { type MaxDropOptions, maxDrop, maxDropMask } from './max-drop-function.ts';

const flags = (mask: Tensor): number[] => Array.from(mask.data(), Number);

/** Whether what is kept is multiplied by `scale`, and nothing else is left: a slack. */
function keeps(x: Tensor, options: MaxDropOptions, kept: readonly number[], scale: number): number {
  const want = x.data().map((value, at) => value * kept[at]! * scale);
  return Math.min(
    exactly(flags(maxDropMask(x, options)), kept),
    near(maxDrop(x, { ...options, training: true }), want, 1e-14),
  );
}

/** What max-drop promises. */
export const maxDropLaws: readonly Law[] = [
  law({
    id: 'max-drop/feature',
    statement:
      'A map loses, iff its decision says so, the square around its first maximum and nothing else; what is left is multiplied by 1 / (1 - p k^2 / (H W)).',
    cases: drawn((draw) => {
      const shape = [
        draw.integer(1, 2),
        draw.integer(1, 2),
        draw.integer(3, 5),
        draw.integer(3, 5),
      ];
      return {
        x: draw.pick([draw.tensor(shape), draw.integers(shape, 0, 2).astype('float64')]),
        drop: draw.booleans(shape.slice(0, 2)),
        kernelSize: draw.pick([1, 3]),
        rescale: draw.pick([true, false]),
        p: real(draw, 0, 0.9),
      };
    }),
    slack: ({ x, drop, kernelSize, rescale, p }) => {
      const [, , height, width] = x.shape as readonly [number, number, number, number];
      const best = argmax(x.reshape([drop.size, height * width]), { axis: 1 }).data();
      const chosen = flags(drop);
      const reach = (kernelSize - 1) / 2;
      const kept = Array.from({ length: x.size }, (_, at) => {
        const [map, i, j] = [
          Math.floor(at / (height * width)),
          Math.floor(at / width) % height,
          at % width,
        ];
        const [top, left] = [Math.floor(best[map]! / width), best[map]! % width];
        const near = Math.abs(i - top) <= reach && Math.abs(j - left) <= reach;
        return chosen[map] && near ? 0 : 1;
      });
      const options = { p, drop, kernelSize, rescale };
      const scale = rescale ? 1 / (1 - (p * kernelSize ** 2) / (height * width)) : 1;
      return keeps(x, options, kept, scale);
    },
  }),
  law({
    id: 'max-drop/channel',
    statement:
      'At a chosen place the first of the largest channels is dropped and no other; what is left is multiplied by 1 / (1 - p / C).',
    cases: drawn((draw) => {
      const x = mapsOf(draw);
      const [n, , height, width] = x.shape as readonly [number, number, number, number];
      return {
        x,
        drop: draw.booleans([n, height, width]),
        rescale: draw.pick([true, false]),
        p: real(draw, 0, 0.9),
      };
    }),
    slack: ({ x, drop, rescale, p }) => {
      const [, channels, height, width] = x.shape as readonly [number, number, number, number];
      const places = height * width;
      const [best, chosen] = [argmax(x, { axis: 1 }).data(), flags(drop)];
      const kept = Array.from({ length: x.size }, (_, at) => {
        const place = Math.floor(at / (channels * places)) * places + (at % places);
        return chosen[place] && best[place] === Math.floor(at / places) % channels ? 0 : 1;
      });
      const options = { p, drop, rescale, mode: 'channel' } as const;
      const scale = rescale ? 1 / (1 - p / channels) : 1;
      return keeps(x, options, kept, scale);
    },
  }),
  law({
    id: 'max-drop/extremes',
    statement:
      'p = 1 takes the maximum of every map, or is refused if nothing would be left to rescale; p = 0 changes nothing, bit for bit.',
    cases: drawn((draw) => ({
      x: mapsOf(draw, { min: 0.1, distinct: true }),
      mode: draw.pick(['feature', 'channel'] as const),
      seed: draw.integer(0, 1000),
      annealed: draw.pick([true, false]),
    })),
    slack: ({ x, mode, seed, annealed }) => {
      const [, channels, height, width] = x.shape as readonly [number, number, number, number];
      const rate = (p: number): number | Cell =>
        annealed ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const options = { mode, training: true, rng: random.key(seed) };
      const lost = sum(
        greater(maxDrop(x, { ...options, p: rate(1), rescale: false }), 0).astype('float64'),
      );
      const [sets, size] =
        mode === 'feature'
          ? [x.size / (height * width), height * width]
          : [x.size / channels, channels];
      const error = thrown(() => maxDrop(x, { ...options, p: rate(1) }));
      return Math.min(
        exactly(lost, x.size - sets),
        holds(error instanceof RangeError === (size === 1)),
        exactly(maxDrop(x, { ...options, p: rate(0) }), x),
      );
    },
  }),
  law({
    id: 'max-drop/gaussian',
    statement:
      'With Gaussian noise the maximum is multiplied by 1 + sqrt(p / (1 - p)) e, the rest stays, and the mean over e and -e is x; p = 1 is refused.',
    cases: drawn((draw) => {
      const x = mapsOf(draw, { distinct: true });
      const mode = draw.pick(['feature', 'channel'] as const);
      const [n, channels, height, width] = x.shape as readonly [number, number, number, number];
      const shape = mode === 'feature' ? [n, channels] : [n, height, width];
      return { x, mode, normal: draw.tensor(shape), p: real(draw, 0, 0.9) };
    }),
    slack: ({ x, mode, normal, p }) => {
      const options = { mode, noise: 'gaussian', training: true } as const;
      const at = (e: Tensor, rate: number | Cell = p): Tensor =>
        maxDrop(x, { ...options, p: rate, normal: e });
      const all = normal.mul(0).add(1);
      const gone = maxDropMask(x, { mode, drop: all });
      const full =
        mode === 'feature'
          ? [...normal.shape, 1, 1]
          : [normal.shape[0]!, 1, ...normal.shape.slice(1)];
      const factor = normal
        .mul(Math.sqrt(p / (1 - p)))
        .add(1)
        .reshape(full);
      const want = where(gone, x, x.mul(factor));
      return Math.min(
        near(at(normal), want, 1e-14),
        near(at(normal, new Cell(tensor(p, { dtype: 'float64' }))), want, 1e-14),
        near(add(at(normal), at(normal.mul(-1))).mul(0.5), x, 1e-14),
        holds(thrown(() => at(normal, 1)) instanceof RangeError),
      );
    },
  }),
  law({
    id: 'max-drop/constants',
    statement:
      'The gradient is the scale where something is kept and 0 where it is dropped; dropped NaN, which are maxima, become 0; without ties permuted places give the permuted result.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2, 1, 4], { distinct: true }),
      drop: draw.booleans([2, 2]),
      order: draw.permutation(4),
    })),
    slack: ({ x, drop, order }) => {
      const options = { p: 0.3, drop, training: true };
      const apply = (w: Tensor): Tensor => maxDrop(w, options);
      const kept = maxDropMask(x, options);
      const moved = (w: Tensor): Tensor => {
        const data = w.data();
        return tensor(
          Float64Array.from(data, (_, at) => data[at - (at % 4) + order[at % 4]!]!),
        ).reshape(w.shape);
      };
      const all = {
        ...options,
        drop: tensor([
          [1, 1],
          [1, 1],
        ]),
      };
      const poisoned = where(maxDropMask(x, all), x, Number.NaN);
      const scale = 1 / (1 - 0.3 / 4);
      return Math.min(
        near(grad((w: Tensor) => sum(apply(w)))(x), where(kept, zerosLike(x).add(scale), 0), 1e-15),
        near(maxDrop(poisoned, all), where(maxDropMask(x, all), x.mul(scale), 0), 1e-15),
        exactly(apply(moved(x)), moved(apply(x))),
      );
    },
  }),
  law({
    id: 'max-drop/mean-scale',
    statement:
      'Over all decisions the share of a constant map that is left, times its scale, is 1: the scale is that of the mean.',
    cases: drawn((draw) => ({
      p: real(draw, 0, 0.9),
      mode: draw.pick(['feature', 'channel'] as const),
      size: draw.integer(2, 3),
    })),
    slack: ({ p, mode, size }) => {
      const x = ones(mode === 'feature' ? [1, 1, 1, size] : [1, size, 1, 1], { dtype: 'float64' });
      const shape = mode === 'feature' ? [1, 1] : [1, 1, 1];
      let mean = zerosLike(x.mean());
      for (const { mask, probability } of allMasks(shape, p)) {
        const drop = mask.mul(-1).add(1);
        mean = add(mean, maxDrop(x, { p, mode, drop, training: true }).mean().mul(probability));
      }
      return near(mean, 1, 1e-13);
    },
  }),
  law({
    id: 'max-drop/defaults',
    statement:
      'Without arguments p is 0.1, maps lose single maxima by coin tosses and are rescaled; the recipe takes 0.3.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 8, 2, 3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const options = {
        p: 0.1,
        mode: 'feature',
        kernelSize: 1,
        rescale: true,
        noise: 'bernoulli',
      } as const;
      const want = maxDrop(x, { ...context, ...options });
      return Math.min(
        exactly(maxDrop(x, context), want),
        exactly(new MaxDrop().forward(x, context), want),
        holds(new MaxDrop().describe() === 'MaxDrop(0.1, feature)'),
        recipeTakes(maxDropMethod, { p: 0.3 }),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'max-drop/share',
    statement:
      'Of n maps n p lose their maximum on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.05, 0.95) })),
    slack: ({ seed, p }) => {
      const n = 1000;
      const kept = maxDropMask(ones([n, 1, 1, 1]), { p, rng: random.key(seed) });
      const dropped = n - sum(kept.astype('float64')).item();
      return 1 - Math.abs((dropped - n * p) / Math.sqrt(n * p * (1 - p))) / 7.2;
    },
    effort: 0.5,
  }),
  ...decisionLaws('max-drop', (n, rng, dtype) =>
    maxDropMask(ones([Math.ceil(n / 2), 2, 1, 1], { dtype }), { p: 0.4, rng }).astype(dtype),
  ),
  layerLaw('max-drop', {
    settings: (draw) => {
      const [mode, noise] = [
        draw.pick(['feature', 'channel'] as const),
        draw.pick(['bernoulli', 'gaussian'] as const),
      ];
      return {
        p: real(draw, 0.2, 0.8),
        mode,
        noise,
        kernelSize: mode === 'feature' && noise === 'bernoulli' ? draw.pick([1, 3]) : 1,
        rescale: draw.pick([true, false]),
      };
    },
    input: (draw) => draw.tensor([2, 3, 4, 4], { distinct: true }),
    layer: (settings) => new MaxDrop(settings),
    apply: maxDrop,
  }),
  constantNoiseLaw('max-drop', (draw) => {
    const x = draw.tensor([2, 1, 2, 2], { avoid: [0], distinct: true });
    return {
      noise: draw.tensor([2, 1]),
      apply: (normal) => maxDrop(x, { noise: 'gaussian', p: 0.5, training: true, normal }),
    };
  }),
  ...mapLayerLaws('max-drop', {
    layer: () => new MaxDrop({ p: 0.5, rescale: false }),
    given: (x, drop) => maxDrop(x, { training: true, rescale: false, drop }),
    noise: (draw, shape) => draw.booleans(shape.slice(0, 2)),
  }),
  mapPlacesLaw(maxDropMethod, 'activations', (part) =>
    part instanceof MaxDrop &&
    part.mode === 'feature' &&
    part.noise === 'bernoulli' &&
    part.rescale &&
    part.kernelSize === 1
      ? { p: part.p as number }
      : null,
  ),
];
