import { drawn, type Law, law } from '@tikhonov/check';
import {
  type Cell,
  expandDims,
  grad,
  matmul,
  norm,
  permute,
  random,
  select,
  sum,
  type Tensor,
  transpose,
} from '@tikhonov/core';
import {
  Linear,
  Sequential,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from '@tikhonov/nn';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { layersWithWeights } from '../laws/weighted-layers.ts';
import { spectralNormValue } from '../objective/spectral-norm.ts';
import { plainPlan } from '../registry.ts';
import { spectralNormalizationMethod } from './spectral-normalization.ts';

const outer = (u: Tensor, v: Tensor): Tensor => expandDims(u, 1).mul(expandDims(v, 0));

const unit = (x: Tensor): Tensor => x.div(norm(x));

/** What spectral normalization promises. */
export const spectralNormalizationLaws: readonly Law[] = [
  law({
    id: 'spectral-normalization/estimate-from-below',
    statement:
      'The estimate of the norm never exceeds it and never falls from one round to the next, so the weight has at least norm 1.',
    cases: drawn((draw) => {
      const [out, rest] = [draw.integer(1, 4), draw.integer(1, 4)];
      return { w: draw.tensor([out, rest], { avoid: [0] }), column: draw.integer(0, rest - 1) };
    }),
    slack: ({ w, column }) => {
      // A start that is orthogonal to all columns is refused; a column is not orthogonal to itself.
      const u = select(w, column, { axis: 1 });
      const exact = spectralNormValue(w);
      const sigmas = [1, 2, 3, 5].map((nPowerIterations) =>
        spectrallyNormalizedWeight(w, { u, nPowerIterations }).sigma.item(),
      );
      return Math.min(
        ...sigmas.map((sigma) => atMost(sigma, exact, 1e-12)),
        ...sigmas.slice(1).map((sigma, i) => atMost(sigmas[i]!, sigma, 1e-12)),
      );
    },
  }),
  law({
    id: 'spectral-normalization/limit',
    statement: 'After many rounds the weight has the spectral norm 1.',
    cases: drawn((draw) => ({
      // Of one sign, so that the first two singular values differ (Perron and Frobenius).
      w: draw.tensor([draw.integer(1, 4), draw.integer(1, 4)], { min: 0.5, max: 2 }),
      u: draw.tensor([1], { min: 0.5, max: 2 }),
    })),
    slack: ({ w, u }) => {
      const start = sum(w, { axis: 1 }).mul(u);
      const { weight } = spectrallyNormalizedWeight(w, { u: start, nPowerIterations: 60 });
      return near(spectralNormValue(weight), 1, 1e-9);
    },
    effort: 0.5,
  }),
  law({
    id: 'spectral-normalization/gradient',
    statement:
      'The vectors are constants, the norm is not: dW = (G - <G, W / sigma> u v^T) / sigma with G the gradient by the weight.',
    cases: drawn((draw) => {
      const [out, rest] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        w: draw.tensor([out, rest], { min: 0.5, max: 2 }),
        u: draw.tensor([out], { min: 0.5, max: 2 }),
        slope: draw.tensor([out, rest]),
        nPowerIterations: draw.integer(1, 3),
      };
    }),
    slack: ({ w, u: start, slope, nPowerIterations }) => {
      const options = { u: start, nPowerIterations };
      const { weight, sigma, u, v } = spectrallyNormalizedWeight(w, options);
      const g = grad((x: Tensor) => spectrallyNormalizedWeight(x, options).weight.mul(slope).sum())(
        w,
      );
      const want = slope.sub(outer(u, v).mul(slope.mul(weight).sum())).div(sigma);
      return near(g, want, 1e-12);
    },
  }),
  law({
    id: 'spectral-normalization/iteration',
    statement:
      'A round is v = W^T u / ||W^T u||, u = W v / ||W v||, and the weight W / u^T W v; the length of the start does not matter.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 4), draw.integer(1, 4)], { min: 0.5, max: 2 }),
      a: real(draw, 0.1, 10),
      rounds: draw.integer(1, 3),
    })),
    slack: ({ w, a, rounds }) => {
      let u = unit(sum(w, { axis: 1 }));
      const result = spectrallyNormalizedWeight(w, { u: u.mul(a), nPowerIterations: rounds });
      let v = u;
      for (let k = 0; k < rounds; k++) {
        v = unit(matmul(transpose(w), u));
        u = unit(matmul(w, v));
      }
      const sigma = sum(u.mul(matmul(w, v)));
      return Math.min(
        near(result.u, u, 1e-12),
        near(result.v, v, 1e-12),
        near(result.sigma, sigma, 1e-12),
        near(result.weight, w.div(sigma), 1e-12),
      );
    },
  }),
  law({
    id: 'spectral-normalization/state',
    statement:
      'In a layer, training moves the vectors by its rounds, one by default, before the weight is used; evaluation and updateState false leave them.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      w: draw.tensor([2, 3], { min: 0.5, max: 2 }),
      x: draw.tensor([2, 3]),
      rounds: draw.pick([undefined, 2, 3]),
    })),
    slack: ({ seed, w, x, rounds }) => {
      const plain = new Linear(3, 2, { seed, dtype: 'float64', bias: false });
      const own = rounds === undefined ? {} : { nPowerIterations: rounds };
      const layer = spectralNormalization(plain, { ...own, key: random.key(seed) });
      const cells = layer.namedCells();
      const u = cells['parametrizations.weight.0._u']!;
      const v = cells['parametrizations.weight.0._v']!;
      cells['parametrizations.weight.original']!.write(w);
      const [u0, v0] = [u.read(), v.read()];
      const still = spectrallyNormalizedWeight(w, { u: u0, v: v0, nPowerIterations: 0 });
      const moved = spectrallyNormalizedWeight(w, { u: u0, nPowerIterations: rounds ?? 1 });
      const product = (weight: Tensor): Tensor => matmul(x, transpose(weight));
      const evaluated = near(layer.forward(x), product(still.weight), 1e-12);
      const frozen = near(
        layer.forward(x, { training: true, updateState: false }),
        product(still.weight),
        1e-12,
      );
      const kept = Math.min(exactly(u.read(), u0), exactly(v.read(), v0));
      const trained = near(layer.forward(x, { training: true }), product(moved.weight), 1e-12);
      return Math.min(evaluated, frozen, kept, trained, near(u.read(), moved.u, 1e-12));
    },
    effort: 0.5,
  }),
  law({
    id: 'spectral-normalization/kernels',
    statement: 'A kernel counts as the matrix [out, rest]; dim names another output axis.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3, 2], { min: 0.5, max: 2 }),
      u: draw.tensor([2], { min: 0.5, max: 2 }),
    })),
    slack: ({ w, u }) => {
      const flat = spectrallyNormalizedWeight(w.reshape([2, 6]), { u }).weight;
      const swapped = permute(w, [1, 0, 2]);
      const other = spectrallyNormalizedWeight(swapped, { u, dim: 1 }).weight;
      return Math.min(
        near(spectrallyNormalizedWeight(w, { u }).weight, flat.reshape([2, 3, 2]), 1e-13),
        near(permute(other, [1, 0, 2]), flat.reshape([2, 3, 2]), 1e-12),
      );
    },
  }),
  law({
    id: 'spectral-normalization/recovery',
    statement:
      'A weight of zeros is refused; one that was 0 or not finite leaves vectors from which the norm is found when it is repaired.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3], { min: 0.5, max: 2 }),
      factor: draw.pick([0, Infinity, Number.NaN]),
      seed: draw.integer(0, 1000),
      atStart: draw.pick([true, false]),
    })),
    slack: ({ w, factor, seed, atStart }) => {
      const layer = new Linear(3, 2, { seed, dtype: 'float64', bias: false });
      if (atStart) layer.weight.write(w.mul(factor));
      spectralNormalization(layer, { key: random.key(seed) });
      const stored = layer.namedCells()['parametrizations.weight.original']!;
      const step = (): Tensor => layer.forward(w, { training: true });
      stored.write(w.mul(factor));
      const refused = thrown(step) instanceof RangeError;
      stored.write(w);
      for (let k = 0; k < 60; k++) step();
      return Math.min(
        holds(refused === (factor === 0)),
        near(layer.weight.read(), w.div(spectralNormValue(w)), 1e-9),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'spectral-normalization/start',
    statement:
      'The first vector is drawn from the key and the name of the layer and moved by 15 rounds: the same key or seed gives the same, layers differ, and both vectors have length 1.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const vectors = (key: number): Tensor[] => {
        const net = new Sequential(
          new Linear(6, 6, { seed: 0, dtype: 'float64' }),
          new Linear(6, 6, { seed: 0, dtype: 'float64' }),
        );
        const cells = spectralNormalization(net, { key: random.key(key) }).namedCells();
        return Object.entries(cells)
          .filter(([name]) => name.endsWith('_u') || name.endsWith('_v'))
          .map(([, cell]) => cell.read());
      };
      const [same, again, other] = [vectors(seed), vectors(seed), vectors(seed + 1)];
      const layer = new Linear(6, 6, { seed: 0, dtype: 'float64' });
      const drawnStart = random.normal(random.foldIn(random.key(seed), '0'), [6], {
        dtype: 'float64',
      });
      const rounds = spectrallyNormalizedWeight(layer.weight, {
        u: drawnStart,
        nPowerIterations: 15,
      });
      const seeded = (one: number): Tensor => {
        const net = new Sequential(new Linear(6, 6, { seed: 0, dtype: 'float64' }));
        const cells = spectralNormalization(net, { seed: one }).namedCells();
        return cells['0.parametrizations.weight.0._u']!.read();
      };
      // Other than in nothing but rounding, whatever the 15 first rounds have in common.
      const differ = (a: Tensor, b: Tensor): number => holds(norm(a.sub(b)).item() > 1e-9);
      return Math.min(
        holds(same.length === 4),
        near(same[0]!, rounds.u, 1e-9),
        near(same[1]!, rounds.v, 1e-9),
        differ(seeded(seed), seeded(seed + 1)),
        ...same.map((v, i) => exactly(v, again[i]!)),
        ...same.map((v) => near(norm(v), 1, 1e-12)),
        differ(same[0]!, other[0]!),
        differ(same[0]!, same[2]!),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'spectral-normalization/constants',
    statement:
      'No gradient reaches the vectors, however they come; one round is the default, and weights may be as small as 1e-9.',
    cases: drawn((draw) => ({
      w: draw.tensor([3, 2], { min: 0.5, max: 2 }),
      u: draw.tensor([3], { min: 0.5, max: 2 }),
      v: draw.tensor([2], { min: 0.5, max: 2 }),
    })),
    slack: ({ w, u, v }) => {
      const total = ([a, b]: readonly Tensor[]): Tensor =>
        sum(spectrallyNormalizedWeight(w, { u: a!, v: b!, nPowerIterations: 0 }).weight);
      const [du, dv] = grad(total)([u, v]);
      const usual = spectrallyNormalizedWeight(w, { u }).weight;
      return Math.min(
        exactly(du!, u.mul(0)),
        exactly(dv!, v.mul(0)),
        exactly(usual, spectrallyNormalizedWeight(w, { u, nPowerIterations: 1 }).weight),
        near(spectrallyNormalizedWeight(w.mul(1e-9), { u: u.mul(1e-9) }).weight, usual, 1e-12),
      );
    },
  }),
  law({
    id: 'spectral-normalization/recipe',
    statement:
      'The recipe normalizes all weights but that of the last linear layer, or that of the only one, with its rounds and vectors from the key of the run.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      nPowerIterations: draw.integer(2, 4),
    })),
    slack: ({ seed, nPowerIterations }) => {
      const plan = spectralNormalizationMethod.recipe(plainPlan, { nPowerIterations });
      const layers = (key: number, hidden = [5]) =>
        layersWithWeights(plan, random.key(key), seed, hidden);
      const normalized = layers(seed).map(({ parametrizations }) => parametrizations !== undefined);
      const alone = layers(seed, []).map(({ parametrizations }) => parametrizations !== undefined);
      const stepOf = (key: number) =>
        Reflect.get(layers(key)[0]!.parametrizations!.weight!, '0') as {
          readonly settings: { readonly nPowerIterations: number };
          readonly u: Cell;
        };
      const one = stepOf(seed);
      // Rounds may have brought all of them to the same vector, but for its sign.
      const others = Array.from({ length: 30 }, (_, i) => stepOf(seed + 1 + i));
      const isDrawn = others.some(
        ({ u }) => String(u.read().data()) !== String(one.u.read().data()),
      );
      return Math.min(
        holds(String(normalized) === 'true,true,false' && String(alone) === 'true,true'),
        holds(one.settings.nPowerIterations === nPowerIterations),
        holds(isDrawn),
        recipeTakes(spectralNormalizationMethod, { nPowerIterations: 1 }),
      );
    },
    effort: 0.05,
  }),
];
