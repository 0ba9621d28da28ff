import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  grad,
  greater,
  mul,
  ones,
  random,
  sum,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@tikhonov/core';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { mapLayerLaws, mapPlacesLaw } from '../laws/map-layer.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { DropBlock, dropBlockMethod } from './dropblock.ts';
import { dropBlock, dropBlockMask } from './dropblock-function.ts';
import { dropBlockGamma, dropBlockProbability } from './dropblock-geometry.ts';
import { linearRamp } from './schedules.ts';

/** What DropBlock promises. */
export const dropBlockLaws: readonly Law[] = [
  law({
    id: 'dropblock/unions-of-squares',
    statement:
      'What is dropped is the union of the squares of side b whose first corners are the seeds; the mask is that of the function.',
    cases: drawn((draw) => {
      const [height, width] = [draw.integer(1, 6), draw.integer(1, 6)];
      const side = Math.min(draw.integer(1, 4), height, width);
      const mask = draw.pick(['per_channel', 'shared'] as const);
      const lead = [draw.integer(1, 2), mask === 'shared' ? 1 : 2];
      return {
        x: draw.tensor([lead[0]!, 2, height, width], { min: 0.5 }),
        side,
        mask,
        seeds: draw.booleans([...lead, height - side + 1, width - side + 1]),
      };
    }),
    slack: ({ x, side, mask, seeds }) => {
      const [n, , height, width] = x.shape as readonly [number, number, number, number];
      const [, own, rows, columns] = seeds.shape as readonly [number, number, number, number];
      const seed = seeds.data();
      const kept = new Uint8Array(n * own * height * width).fill(1);
      for (const [at, set] of seed.entries()) {
        if (set === 0) continue;
        const [map, i, j] = [
          Math.floor(at / (rows * columns)),
          Math.floor(at / columns) % rows,
          at % columns,
        ];
        for (let a = i; a < i + side; a++)
          for (let b = j; b < j + side; b++) kept[(map * height + a) * width + b] = 0;
      }
      const options = { blockSize: side, mask, seeds, training: true };
      const found = dropBlockMask(x, options);
      const y = dropBlock(x, options);
      const count = kept.reduce((a, b) => a + b, 0);
      const scale = count === 0 ? 0 : kept.length / count;
      return Math.min(
        exactly(found.mask.astype('float64'), Array.from(kept)),
        near(found.scale, scale, 1e-15),
        near(y, where(found.mask, x.mul(scale), 0), 1e-15),
      );
    },
  }),
  law({
    id: 'dropblock/mean-of-the-scaled-mask',
    statement:
      'Over the batch the mask times its scale has mean 1, unless everything is dropped; then the result is 0.',
    cases: drawn((draw) => ({
      size: draw.integer(1, 7),
      blockSize: draw.integer(1, 8),
      p: draw.pick([1, real(draw, 0, 1)]),
      seed: draw.integer(0, 2 ** 30),
      mask: draw.pick(['per_channel', 'shared'] as const),
    })),
    slack: ({ size, blockSize, p, seed, mask }) => {
      const x = ones([2, 3, size, size], { dtype: 'float64' });
      const y = dropBlock(x, { blockSize, p, mask, training: true, rng: random.key(seed) });
      const some = y.max().item() > 0;
      return near(y.mean(), some ? 1 : 0, 1e-13);
    },
  }),
  law({
    id: 'dropblock/exact-drop-probability',
    statement:
      'A place that c blocks reach is dropped with probability 1 - (1 - gamma)^c, as over all seeds; so on average at most p is dropped.',
    cases: drawn((draw) => {
      const dims = draw.pick([1, 2] as const);
      const sizes = dims === 1 ? [draw.integer(1, 9)] : [draw.integer(2, 4), draw.integer(2, 4)];
      return { sizes, blockSize: draw.integer(dims, 4), p: real(draw, 0, 1), dims };
    }),
    slack: ({ sizes, blockSize, p, dims }) => {
      const found = dropBlockProbability(sizes, { p, blockSize });
      const gamma = dropBlockGamma(sizes, { p, blockSize }).item();
      const side = Math.min(blockSize, ...sizes);
      const grid = sizes.map((size) => size - side + 1);
      const x = ones([1, 1, ...sizes], { dtype: 'float64' });
      let dropped = zeros(sizes, { dtype: 'float64' });
      // Of an all-masks table 1 keeps: here it is no seed.
      for (const { mask, probability } of allMasks([1, 1, ...grid], gamma)) {
        const seeds = mask.mul(-1).add(1);
        const kept = dropBlockMask(x, { dims, blockSize, seeds }).mask.astype('float64');
        dropped = add(dropped, mul(kept.mul(-1).add(1).reshape(sizes), probability));
      }
      return Math.min(
        near(found.dropProbability, dropped, 1e-12),
        near(found.expectedFraction, dropped.mean(), 1e-12),
        near(found.gamma, gamma, 1e-15),
        atMost(found.expectedFraction, p),
        atMost(gamma, p),
        // A corner is reached by one block, no place by fewer.
        holds(found.coverCount.reshape([-1]).data()[0] === 1),
        holds(found.coverCount.min().item() === 1),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'dropblock/gamma',
    statement:
      'gamma is p prod F / (b^d prod (F - b + 1)) with the side cut to the map, and never above p; a cell gives the same.',
    cases: drawn((draw) => ({
      sizes: draw.pick([[draw.integer(1, 12)], [draw.integer(1, 12), draw.integer(1, 12)]]),
      blockSize: draw.integer(1, 14),
      p: real(draw, 0, 1),
    })),
    slack: ({ sizes, blockSize, p }) => {
      const b = Math.min(blockSize, ...sizes);
      const want = sizes.reduce((gamma, f) => (gamma * f) / (b * (f - b + 1)), p);
      const cell = new Cell(tensor(p, { dtype: 'float64' }));
      return Math.min(
        near(dropBlockGamma(sizes, { p, blockSize }), want, 1e-14),
        near(dropBlockGamma(sizes, { p: cell, blockSize }), want, 1e-14),
        holds(dropBlockGamma(sizes, { p, blockSize }).item() <= p),
      );
    },
  }),
  law({
    id: 'dropblock/drawn-share',
    statement:
      'Drawn blocks of side 1 drop n p of n places and n gamma are seeds otherwise, within 7.2 standard deviations.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 2 ** 30),
      p: real(draw, 0.1, 0.9),
      blockSize: draw.integer(1, 3),
      mask: draw.pick(['per_channel', 'shared'] as const),
      annealed: draw.pick([true, false]),
    })),
    slack: ({ seed, p, blockSize, mask, annealed }) => {
      const [n, size] = [300, 4];
      const x = ones([n, 2, size, size]);
      const rate = annealed ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const found = dropBlockMask(x, { p: rate, blockSize, mask, rng: random.key(seed) }).mask;
      // A corner is dropped by its own seed alone.
      const q = dropBlockGamma([size, size], { p, blockSize }).item();
      const corners = n * (mask === 'shared' ? 1 : 2);
      const kept = found.astype('float64').data();
      let dropped = 0;
      for (let map = 0; map < corners; map++) dropped += 1 - kept[map * size * size]!;
      return 1 - Math.abs((dropped - corners * q) / Math.sqrt(corners * q * (1 - q))) / 7.2;
    },
    effort: 0.3,
  }),
  law({
    id: 'dropblock/constants',
    statement:
      'The gradient is mask times scale, dropped NaN become 0, and p = 0 changes nothing, bit for bit.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2, 4, 4]),
      seeds: draw.booleans([2, 2, 3, 3]),
      bad: draw.pick([Number.NaN, Infinity]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, seeds, bad, seed }) => {
      const options = { blockSize: 2, seeds, training: true };
      const { mask, scale } = dropBlockMask(x, options);
      const apply = (w: Tensor): Tensor => dropBlock(w, options);
      const factor = mask.astype('float64').mul(scale);
      const none = { p: 0, training: true, rng: random.key(seed) };
      return Math.min(
        near(grad((w: Tensor) => sum(apply(w)))(x), factor, 1e-15),
        near(apply(where(mask, x, bad)), where(mask, x.mul(scale), 0), 1e-15),
        exactly(dropBlock(x, none), x),
      );
    },
  }),
  law({
    id: 'dropblock/shared-and-single',
    statement:
      'Shared blocks are the same for all channels, and maps of one axis are maps of one column with the same seeds.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3, 5]),
      seeds: draw.booleans([2, 1, 4]),
    })),
    slack: ({ x, seeds }) => {
      const all = ones([2, 3, 1], { dtype: 'float64' });
      const own = mul(seeds.astype('float64'), all);
      const shared = dropBlock(x, { dims: 1, blockSize: 2, mask: 'shared', seeds, training: true });
      return exactly(shared, dropBlock(x, { dims: 1, blockSize: 2, seeds: own, training: true }));
    },
  }),
  law({
    id: 'dropblock/schedule',
    statement: 'The linear ramp of its rate is p min(k / steps, 1).',
    cases: drawn((draw) => ({
      p: real(draw, 0, 1),
      steps: draw.integer(1, 20),
      k: draw.integer(0, 30),
    })),
    slack: ({ p, steps, k }) => near(linearRamp(p, steps)(k), p * Math.min(k / steps, 1), 1e-15),
    effort: 0.2,
  }),
  law({
    id: 'dropblock/defaults',
    statement:
      'Without arguments p is 0.1, blocks have side 7 and each channel its own, on two axes, in function, layer and helpers; the recipe takes blocks of 3.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 3, 12, 12]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const options = { ...context, dims: 2, p: 0.1, blockSize: 7, mask: 'per_channel' } as const;
      const want = dropBlock(x, options);
      return Math.min(
        exactly(dropBlock(x, context), want),
        exactly(new DropBlock().forward(x, context), want),
        exactly(dropBlockGamma([12, 12]), dropBlockGamma([12, 12], { p: 0.1, blockSize: 7 })),
        exactly(dropBlockProbability([12]).gamma, dropBlockGamma([12])),
        holds(new DropBlock().describe() === 'DropBlock2d(0.1, blockSize 7)'),
        recipeTakes(dropBlockMethod, { p: 0.1, blockSize: 3 }),
      );
    },
    effort: 0.2,
  }),
  ...decisionLaws('dropblock', (n, rng, dtype) => {
    const x = ones([1, n, 2], { dtype });
    const y = dropBlock(x, { dims: 1, p: 0.4, blockSize: 2, training: true, rng });
    return greater(y, 0)
      .astype(dtype)
      .sum({ axis: [0, 2] });
  }),
  layerLaw('dropblock', {
    settings: (draw) => ({
      dims: draw.pick([1, 2] as const),
      p: real(draw, 0.3, 0.9),
      blockSize: draw.integer(1, 3),
      mask: draw.pick(['per_channel', 'shared'] as const),
    }),
    input: (draw, { dims }) => draw.tensor(dims === 1 ? [2, 2, 6] : [2, 2, 4, 4]),
    layer: (settings) => new DropBlock(settings),
    apply: dropBlock,
  }),
  ...mapLayerLaws('dropblock', {
    layer: () => new DropBlock({ p: 0.5 }),
    given: (x, seeds) => dropBlock(x, { blockSize: 1, training: true, seeds }),
    noise: (draw, shape) => draw.booleans([...shape]),
  }),
  mapPlacesLaw(dropBlockMethod, 'activations', (part) =>
    part instanceof DropBlock && part.dims === 2 && part.mask === 'per_channel'
      ? { p: part.p as number, blockSize: part.blockSize }
      : null,
  ),
];
