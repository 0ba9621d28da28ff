import { drawn, type Law, law } from '@tikhonov/check';
import { abs, grad, norm, permute, random, stack, sum, type Tensor, unbind } from '@tikhonov/core';
import { Conv2d, Linear, normalizedWeight, removeParametrizations, weightNorm } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { real } from '../laws/draws.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { layersWithWeights } from '../laws/weighted-layers.ts';
import type { TrainingPlan } from '../method.ts';
import { findMethod, plainPlan } from '../registry.ts';
import { weightNormalizationMethod } from './weight-normalization.ts';

const lengths = (w: Tensor): Tensor => norm(w, { axis: 1, keepdims: true });

/** What weight normalization promises. */
export const weightNormalizationLaws: readonly Law[] = [
  law({
    id: 'weight-normalization/length',
    statement: 'Each output unit has the length |g|, and the direction of v.',
    cases: drawn((draw) => {
      const [out, rest] = [draw.integer(1, 4), draw.integer(1, 4)];
      return { v: draw.tensor([out, rest], { avoid: [0] }), g: draw.tensor([out, 1]) };
    }),
    slack: ({ v, g }) => {
      const w = normalizedWeight(v, g);
      return Math.min(
        near(lengths(w), abs(g), 1e-13),
        near(sum(w.mul(v), { axis: 1, keepdims: true }), g.mul(lengths(v)), 1e-13),
      );
    },
  }),
  law({
    id: 'weight-normalization/gradients-of-parts',
    statement:
      'With G the gradient by w: that by g is <G, v> / ||v||, that by v is g / ||v|| times the part of G orthogonal to v.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        v: draw.tensor(shape, { avoid: [0] }),
        g: draw.tensor([shape[0]!, 1]),
        slope: draw.tensor(shape),
      };
    }),
    slack: ({ v, g, slope }) => {
      const f = ([a, b]: readonly Tensor[]): Tensor => normalizedWeight(a!, b!).mul(slope).sum();
      const [dv, dg] = grad(f)([v, g]);
      const size = lengths(v);
      const along = sum(slope.mul(v), { axis: 1, keepdims: true }).div(size);
      const across = slope.sub(v.mul(along).div(size));
      return Math.min(
        near(dg!, along, 1e-12),
        near(dv!, across.mul(g).div(size), 1e-11),
        near(sum(dv!.mul(v), { axis: 1 }), g.mul(0).sum({ axis: 1 }), 1e-11),
      );
    },
  }),
  law({
    id: 'weight-normalization/scale',
    statement: 'The size of v does not matter, only its direction.',
    cases: drawn((draw) => ({
      v: draw.tensor([2, 3], { avoid: [0] }),
      g: draw.tensor([2, 1]),
      a: real(draw, 0.01, 50),
    })),
    slack: ({ v, g, a }) => near(normalizedWeight(v.mul(a), g), normalizedWeight(v, g), 1e-12),
  }),
  law({
    id: 'weight-normalization/keeps-the-layer',
    statement:
      'A layer computes the same with it as before, and the same after it has been taken off.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000), x: draw.tensor([2, 3]) })),
    slack: ({ seed, x }) => {
      const layer = new Linear(3, 4, { seed, dtype: 'float64' });
      const before = layer.forward(x);
      const within = weightNorm(layer).forward(x);
      return Math.min(
        near(within, before, 1e-13),
        near(removeParametrizations(layer).forward(x), before, 1e-13),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'weight-normalization/axis',
    statement: 'dim names the axis of the output units: that of a transposed kernel is 1.',
    cases: drawn((draw) => ({
      v: draw.tensor([2, 3, 2], { avoid: [0] }),
      g: draw.tensor([2, 1, 1]),
    })),
    slack: ({ v, g }) => {
      const swap = (x: Tensor): Tensor => permute(x, [1, 0, 2]);
      const other = normalizedWeight(swap(v), swap(g), { dim: 1 });
      const same = normalizedWeight(swap(v), swap(g), { dim: -2 });
      return Math.min(near(swap(other), normalizedWeight(v, g), 1e-13), near(same, other, 1e-15));
    },
  }),
  law({
    id: 'weight-normalization/any-order',
    statement:
      'Its recipe goes with those of the other reparametrizations in any order, and the network is the same.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      seed: draw.integer(0, 1000),
      other: draw.pick(['spectral-normalization', 'weight-standardization']),
    })),
    slack: ({ x, seed, other }) => {
      const made = (ids: readonly string[]): Tensor => {
        const plan = ids.reduce<TrainingPlan>((p, id) => findMethod(id).recipe(p, {}), {
          ...plainPlan,
          network: { dtype: 'float64' },
        });
        const { model } = configure(plan, {
          task: { classes: 3, features: 2, imageShape: null, rows: 3 },
          hidden: [4],
          lr: 0.01,
          seed,
          key: random.key(seed),
        });
        return model.forward(x) as Tensor;
      };
      const [a, b] = [made(['weight-normalization', other]), made([other, 'weight-normalization'])];
      return near(a, b, 1e-3);
    },
    effort: 0.1,
  }),
  law({
    id: 'weight-normalization/no-direction',
    statement:
      'A unit whose weights are all 0 has no direction and is refused; a length of 0 is not.',
    cases: drawn((draw) => ({
      v: draw.tensor([2, 3], { avoid: [0] }),
      g: draw.tensor([2, 1]),
      unit: draw.integer(0, 1),
    })),
    slack: ({ v, g, unit }) => {
      const rows = unbind(v).map((row, i) => (i === unit ? row.mul(0) : row));
      const lost = thrown(() => normalizedWeight(stack(rows), g));
      return Math.min(
        holds(lost instanceof RangeError),
        exactly(normalizedWeight(v, g.mul(0)), v.mul(0)),
      );
    },
  }),
  law({
    id: 'weight-normalization/layers',
    statement:
      'Its lengths are those of the units along dim, 0 by default, and its directions begin as the weights; a weight that is written is taken apart in the same way.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      dim: draw.pick([undefined, 0, 1, -2]),
      next: draw.tensor([2, 3, 2, 2], { avoid: [0] }),
    })),
    slack: ({ seed, dim, next }) => {
      const layer = new Conv2d(3, 2, 2, { seed, dtype: 'float64' });
      const before = layer.weight.read();
      weightNorm(layer, dim === undefined ? {} : { dim });
      const at = ((dim ?? 0) + 4) % 4;
      const axis = [0, 1, 2, 3].filter((k) => k !== at);
      const parts = (w: Tensor): number => {
        const cells = layer.namedCells();
        return Math.min(
          near(layer.weight.read(), w, 1e-13),
          near(
            cells['parametrizations.weight.original0']!.read(),
            norm(w, { axis, keepdims: true }),
            1e-13,
          ),
          exactly(cells['parametrizations.weight.original1']!.read(), w),
        );
      };
      const first = parts(before);
      layer.weight.write(next);
      return Math.min(first, parts(next));
    },
    effort: 0.3,
  }),
  law({
    id: 'weight-normalization/recipe',
    statement: 'The recipe gives the weights of all layers, the last one too, lengths of units.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000) })),
    slack: ({ seed }) => {
      const plan = weightNormalizationMethod.recipe(plainPlan, {});
      const layers = layersWithWeights(plan, random.key(seed), seed);
      return holds(
        layers.length === 3 &&
          layers.every(
            ({ weight, parametrizations }) =>
              exactly(
                Array.from(parametrizations?.weight?.companion?.shape ?? []),
                weight.shape.map((n, k) => (k === 0 ? n : 1)),
              ) === 1,
          ),
      );
    },
    effort: 0.1,
  }),
];
