import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  expandDims,
  grad,
  greater,
  mul,
  ones,
  random,
  select,
  sum,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { Sequential } from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { annealedLaw } from '../laws/annealed.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { noiseLayerLaws } from '../laws/noise-layer.ts';
import { otherArguments } from '../laws/other-arguments.ts';
import { partsOf, residualNetwork } from '../laws/residual-network.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import type { PlanPart, TrainingPlan } from '../method.ts';
import { dropPathRates } from './block-rates.ts';
import { DropPath, dropPath, dropPathMethod } from './drop-path.ts';
import { dropout } from './dropout.ts';
import { SpatialDropout } from './spatial-dropout.ts';

/** What DropPath promises. */
export const dropPathLaws: readonly Law[] = [
  law({
    id: 'drop-path/mean',
    statement:
      'Over all masks of the samples the mean is x; without scaling it is (1 - p) x, while evaluation is x all the same.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 4), draw.integer(1, 3)]),
      p: real(draw, 0, 0.9),
      scaleByKeep: draw.pick([true, false]),
    })),
    slack: ({ x, p, scaleByKeep }) => {
      const mean = allMasks([x.shape[0]!], p).reduce<Tensor>(
        (total, { mask, probability }) =>
          add(total, mul(dropPath(x, { p, mask, scaleByKeep, training: true }), probability)),
        zerosLike(x),
      );
      return Math.min(
        near(mean, scaleByKeep ? x : x.mul(1 - p), 1e-13),
        exactly(dropPath(x, { p, scaleByKeep }), x),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'drop-path/all-or-nothing',
    statement:
      'A sample is x_n / (1 - p), 0 for p = 1, or x_n without scaling, whole or 0 whole, also where what is dropped is NaN; the gradient is 1 / (1 - p), or 1, and 0 in the same samples.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        x: draw.tensor([n, 2, 3]),
        mask: draw.booleans([n]),
        p: draw.pick([1, real(draw, 0, 0.9), real(draw, 0, 0.9)]),
        bad: draw.pick([Number.NaN, Infinity]),
        scaleByKeep: draw.pick([true, false]),
      };
    }),
    slack: ({ x, mask, p, bad, scaleByKeep }) => {
      const kept = expandDims(expandDims(mask, -1), -1);
      const apply = (w: Tensor): Tensor => dropPath(w, { p, mask, scaleByKeep, training: true });
      const scale = scaleByKeep ? (p === 1 ? 0 : 1 / (1 - p)) : 1;
      const want = where(kept, x.mul(scale), 0);
      const slope = grad((w: Tensor) => sum(apply(w)))(x);
      return Math.min(
        near(apply(x), want, 1e-15),
        near(apply(where(kept, x, bad)), want, 1e-15),
        near(slope, where(kept, zerosLike(x).add(scale), 0), 1e-15),
      );
    },
  }),
  law({
    id: 'drop-path/is-dropout-of-samples',
    statement:
      'It is dropout with a mask [n, 1, ..., 1], of the same key to the bit; p = 0 changes nothing, p = 1 gives zeros, whatever the mask says.',
    cases: drawn((draw) => ({
      x: draw.tensor(draw.pick([[5], [4, 2], [3, 2, 2, 1]])),
      p: draw.pick([0, 1, real(draw, 0, 1)]),
      seed: draw.integer(0, 1000),
      annealed: draw.pick([true, false]),
    })),
    slack: ({ x, p, seed, annealed }) => {
      const noiseShape = x.shape.map((size, k) => (k === 0 ? size : 1));
      const options = { training: true, rng: random.key(seed) };
      const rate = annealed ? new Cell(tensor(p, { dtype: 'float64' })) : p;
      const y = dropPath(x, { ...options, p: rate });
      const all = { training: true, mask: ones([x.shape[0]!]) };
      return Math.min(
        exactly(y, dropout(x, { ...options, p, noiseShape })),
        exactly(new DropPath({ p: rate }).forward(x, options), y),
        p === 0 ? exactly(y, x) : 1,
        p === 1 ? exactly(y, zerosLike(x)) : 1,
        p === 1 ? exactly(dropPath(x, { ...all, p: rate }), zerosLike(x)) : 1,
      );
    },
  }),
  law({
    id: 'drop-path/share',
    statement:
      'Of n samples n (1 - p) are kept on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.05, 0.95) })),
    slack: ({ seed, p }) => {
      const n = 2000;
      const y = dropPath(ones([n, 1]), { p, training: true, rng: random.key(seed) });
      const kept = sum(greater(y, 0).astype('float64')).item();
      // 2 m Phi(-7.2) < 1e-9 for m = 1000 runs.
      return 1 - Math.abs((kept - n * (1 - p)) / Math.sqrt(n * p * (1 - p))) / 7.2;
    },
    effort: 0.5,
  }),
  ...decisionLaws('drop-path', (n, rng, dtype) =>
    greater(dropPath(ones([n, 2], { dtype }), { p: 0.4, training: true, rng }), 0)
      .astype(dtype)
      .sum({ axis: 1 }),
  ),
  ...noiseLayerLaws('drop-path', {
    layer: () => new DropPath({ p: 0.5 }),
    given: (x, noise) =>
      dropPath(x, { p: 0.3, training: true, mask: select(noise, 0, { axis: 1 }) }),
    noise: (draw, shape) => draw.booleans([...shape]),
  }),
  layerLaw('drop-path', {
    settings: (draw) => ({ p: real(draw, 0.2, 0.8), scaleByKeep: draw.pick([true, false]) }),
    input: (draw) => draw.tensor([draw.integer(1, 4), 2]),
    layer: (settings) => new DropPath(settings),
    apply: dropPath,
  }),
  annealedLaw('drop-path', {
    layer: (p) => new DropPath({ p }),
    input: (draw) => draw.tensor([8, 1]),
  }),
  law({
    id: 'drop-path/rates',
    statement:
      'Rates of blocks grow evenly from exactly 0 at the first to exactly p at the last; a single block is never dropped. A cell for p gives the same.',
    cases: drawn((draw) => ({
      blocks: draw.integer(1, 6),
      p: draw.pick([0, 1, real(draw, 0, 1)]),
    })),
    slack: ({ blocks, p }) => {
      const rates = dropPathRates(blocks, p);
      const held = dropPathRates(blocks, new Cell(tensor(p, { dtype: 'float64' })));
      const steps = rates.slice(1).map((rate, i) => rate - rates[i]!);
      return Math.min(
        holds(rates.length === blocks && rates[0] === 0),
        blocks === 1 ? 1 : exactly(rates.at(-1)!, p),
        near(
          steps,
          steps.map(() => p / (blocks - 1)),
          1e-14,
        ),
        near(
          held.map((rate) => rate.item()),
          rates,
          1e-15,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'drop-path/recipe',
    statement:
      'The recipe puts it at the end of the branch of every block, with rates evenly from 0 to p, and leaves what the network is in evaluation, and what stands behind a block; the function drops nothing by default.',
    cases: drawn((draw) => ({
      values: otherArguments(draw, dropPathMethod),
      seed: draw.integer(0, 100),
      x: draw.tensor([2, 1, 4, 4]),
    })),
    slack: ({ values, seed, x }) => {
      const model = residualNetwork(dropPathMethod, values, seed);
      const parts = partsOf(model, DropPath);
      const behind: PlanPart = (part, { kind }) =>
        kind === 'block' ? new Sequential(part, new SpatialDropout({ dims: 2 })) : part;
      const both = {
        ...dropPathMethod,
        recipe: (plan: TrainingPlan) =>
          dropPathMethod.recipe({ ...plan, parts: [...plan.parts, behind] }, values),
      };
      const layers = partsOf(residualNetwork(both, values, seed), SpatialDropout);
      const usual = new DropPath();
      const many = ones([64]);
      const context = { training: true, rng: random.key(seed) };
      return Math.min(
        exactly(model.forward(x), residualNetwork(null, {}, seed).forward(x)),
        holds(layers.length === 3),
        exactly(dropPath(many, context), many),
        exactly(
          dropPath(many, { ...context, p: 0.5 }),
          dropPath(many, { ...context, p: 0.5, scaleByKeep: true }),
        ),
        exactly(
          parts.map(([, { p }]) => p as number),
          dropPathRates(3, values.p!),
        ),
        holds(parts.every(([name, { scaleByKeep }]) => name.endsWith('.body.1') && scaleByKeep)),
        holds(usual.p === 0 && usual.scaleByKeep),
        recipeTakes(dropPathMethod, { p: 0.2 }),
      );
    },
    effort: 0.1,
  }),
];
