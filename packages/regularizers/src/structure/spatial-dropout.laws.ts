import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  grad,
  greater,
  matmul,
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
import { mapLayerLaws, mapPlacesLaw } from '../laws/map-layer.ts';
import { exactly, near } from '../laws/slack.ts';
import { dropout } from './dropout.ts';
import {
  SpatialDropout,
  SpatialDropout1d,
  SpatialDropout2d,
  SpatialDropout3d,
  spatialDropout,
  spatialDropoutMethod,
} from './spatial-dropout.ts';

/** The layers with a number of axes in their names. */
const named = { 1: SpatialDropout1d, 2: SpatialDropout2d, 3: SpatialDropout3d } as const;

const beside = (mask: Tensor, dims: number): Tensor =>
  mask.reshape([...mask.shape, ...new Array<number>(dims).fill(1)]);

/** What spatial dropout promises. */
export const spatialDropoutLaws: readonly Law[] = [
  law({
    id: 'spatial-dropout/moments',
    statement:
      'Over all masks the mean is x; two places of a channel have the covariance p / (1 - p) x_i x_j, of two channels 0.',
    cases: drawn((draw) => ({
      x: draw.tensor([1, draw.integer(1, 3), draw.integer(1, 3)]),
      p: real(draw, 0, 0.9),
    })),
    slack: ({ x, p }) => {
      const [, channels, places] = x.shape as readonly [number, number, number];
      const flat = (y: Tensor): Tensor => y.reshape([channels * places, 1]);
      let first = zerosLike(x);
      let second = matmul(flat(zerosLike(x)), flat(zerosLike(x)).transpose());
      for (const { mask, probability } of allMasks([1, channels], p)) {
        const y = spatialDropout(x, { dims: 1, p, mask, training: true });
        first = add(first, y.mul(probability));
        second = add(second, matmul(flat(y), flat(y).transpose()).mul(probability));
      }
      const product = matmul(flat(x), flat(x).transpose());
      const same = product.mul(0).reshape([channels, places, channels, places]);
      const one = tensor(
        Array.from({ length: channels }, (_, a) =>
          Array.from({ length: channels }, (__, b) => (a === b ? p / (1 - p) : 0)),
        ),
        { dtype: 'float64' },
      ).reshape([channels, 1, channels, 1]);
      const covariance = add(same, one).reshape(product.shape).mul(product);
      return Math.min(near(first, x, 1e-13), near(second.sub(product), covariance, 1e-11));
    },
    effort: 0.5,
  }),
  law({
    id: 'spatial-dropout/all-or-nothing',
    statement:
      'A channel is x / (1 - p) whole or 0 whole, also where what is dropped is NaN; the gradient is 1 / (1 - p) and 0 in the same channels.',
    cases: drawn((draw) => {
      const dims = draw.pick([1, 2, 3] as const);
      const batch = draw.pick([[], [draw.integer(1, 3)]]);
      const channels = [...batch, draw.integer(1, 3)];
      return {
        dims,
        x: draw.tensor([...channels, ...[2, 1, 2].slice(0, dims)]),
        mask: draw.booleans(channels),
        p: real(draw, 0, 0.9),
        bad: draw.pick([Number.NaN, Infinity]),
      };
    }),
    slack: ({ dims, x, mask, p, bad }) => {
      const kept = beside(mask, dims);
      const apply = (w: Tensor): Tensor => spatialDropout(w, { dims, p, mask, training: true });
      const want = where(kept, x.mul(1 / (1 - p)), 0);
      return Math.min(
        near(apply(x), want, 1e-15),
        near(apply(where(kept, x, bad)), want, 1e-15),
        near(
          grad((w: Tensor) => sum(apply(w)))(x),
          where(kept, zerosLike(x).add(1 / (1 - p)), 0),
          1e-15,
        ),
      );
    },
  }),
  law({
    id: 'spatial-dropout/is-dropout-of-channels',
    statement:
      'It is dropout with a mask [N, C, 1, ...], of the same key to the bit, and plain dropout for maps of one place; p = 0 changes nothing, p = 1 gives zeros with zero gradient, whatever the mask says.',
    cases: drawn((draw) => {
      const dims = draw.pick([1, 2, 3] as const);
      return {
        dims,
        x: draw.tensor([draw.integer(1, 3), draw.integer(0, 3), ...[1, 2, 2].slice(0, dims)]),
        p: draw.pick([0, 1, real(draw, 0, 1)]),
        seed: draw.integer(0, 1000),
        annealed: draw.pick([true, false]),
      };
    }),
    slack: ({ dims, x, p, seed, annealed }) => {
      const options = { training: true, rng: random.key(seed) };
      const noiseShape = x.shape.map((size, k) => (k < 2 ? size : 1));
      const rate = annealed ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const apply = (w: Tensor): Tensor => spatialDropout(w, { ...options, dims, p: rate });
      const y = apply(x);
      const all = { training: true, mask: ones(x.shape.slice(0, 2)) };
      return Math.min(
        exactly(y, dropout(x, { ...options, p, noiseShape })),
        dims === 1 ? exactly(y, dropout(x, { ...options, p })) : 1,
        exactly(new SpatialDropout({ dims, p: rate }).forward(x, options), y),
        exactly(new named[dims]({ p: rate }).forward(x, options), y),
        p === 0 ? exactly(y, x) : 1,
        p === 1 ? exactly(y, zerosLike(x)) : 1,
        p === 1 ? exactly(spatialDropout(x, { ...all, dims, p: rate }), zerosLike(x)) : 1,
        p === 1 ? exactly(grad((w: Tensor) => sum(apply(w)))(x), zerosLike(x)) : 1,
      );
    },
  }),
  law({
    id: 'spatial-dropout/defaults',
    statement: 'Without an argument p is 0.5 in the function and the layer; the recipe takes 0.1.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 8, 2]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const options = { training: true, rng: random.key(seed) };
      const want = spatialDropout(x, { ...options, dims: 1, p: 0.5 });
      return Math.min(
        exactly(spatialDropout(x, { ...options, dims: 1 }), want),
        exactly(new SpatialDropout({ dims: 1 }).forward(x, options), want),
        recipeTakes(spatialDropoutMethod, { p: 0.1 }),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'spatial-dropout/share',
    statement:
      'Of n channels n (1 - p) are kept on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.05, 0.95) })),
    slack: ({ seed, p }) => {
      const n = 2000;
      const options = { dims: 1, p, training: true, rng: random.key(seed) } as const;
      const y = spatialDropout(ones([n / 4, 4, 1]), options);
      const kept = sum(greater(y, 0).astype('float64')).item();
      // 2 m Phi(-7.2) < 1e-9 for m = 1000 runs.
      return 1 - Math.abs((kept - n * (1 - p)) / Math.sqrt(n * p * (1 - p))) / 7.2;
    },
    effort: 0.5,
  }),
  ...decisionLaws('spatial-dropout', (n, rng, dtype) =>
    greater(spatialDropout(ones([1, n, 2], { dtype }), { dims: 1, p: 0.4, training: true, rng }), 0)
      .astype(dtype)
      .sum({ axis: [0, 2] }),
  ),
  ...mapLayerLaws('spatial-dropout', {
    layer: () => new SpatialDropout({ dims: 2, p: 0.5 }),
    given: (x, mask) => spatialDropout(x, { dims: 2, p: 0.3, training: true, mask }),
    noise: (draw, shape) => draw.booleans(shape.slice(0, 2)),
  }),
  mapPlacesLaw(spatialDropoutMethod, 'activations', (part) =>
    part instanceof SpatialDropout && part.dims === 2 ? { p: part.p as number } : null,
  ),
];
