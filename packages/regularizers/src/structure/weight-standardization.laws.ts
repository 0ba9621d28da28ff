import { drawn, type Law, law } from '@tikhonov/check';
import { abs, grad, mean, permute, random, square, sum, type Tensor } from '@tikhonov/core';
import {
  Conv2d,
  Linear,
  Sequential,
  standardizedWeight,
  weightStandardization,
} from '@tikhonov/nn';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, holds, near } from '../laws/slack.ts';
import { layersWithWeights } from '../laws/weighted-layers.ts';
import type { TrainingPlan } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { weightStandardizationMethod } from './weight-standardization.ts';

const rows = { axis: 1, keepdims: true } as const;

/** What weight standardization promises. */
export const weightStandardizationLaws: readonly Law[] = [
  law({
    id: 'weight-standardization/moments',
    statement:
      'Each output unit has the mean 0 and the variance v / (v + eps), with v its biased variance before; eps is 1e-5 by default.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 3), draw.integer(1, 4)]),
      eps: draw.pick([1e-5, 0.1, null]),
    })),
    slack: ({ w, eps }) => {
      const y = standardizedWeight(w, eps === null ? {} : { eps });
      const v = mean(square(w.sub(mean(w, rows))), rows);
      return Math.min(
        near(mean(y, rows), v.mul(0), 1e-12),
        near(mean(square(y), rows), v.div(v.add(eps ?? 1e-5)), 1e-10),
      );
    },
  }),
  law({
    id: 'weight-standardization/affine',
    statement:
      'It forgets shift and positive scale of a unit, a W + b, up to what eps is of the variances.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3], { distinct: true }),
      a: real(draw, 0.5, 2),
      b: draw.tensor([2, 1]),
    })),
    slack: ({ w, a, b }) => {
      const [y, other] = [standardizedWeight(w), standardizedWeight(w.mul(a).add(b))];
      const v = mean(square(w.sub(mean(w, rows))), rows);
      // The factors are 1 / sqrt(1 + eps / v) and 1 / sqrt(1 + eps / (a^2 v)), both within eps / 2v of 1.
      const bound = abs(y)
        .mul(1e-5 * Math.max(1, a ** -2))
        .div(v)
        .add(1e-11);
      return atMost(abs(y.sub(other)), bound);
    },
  }),
  law({
    id: 'weight-standardization/gradient-is-orthogonal',
    statement:
      'The gradient of each unit sums to 0, and its product with the unit is what eps leaves: <g, w> eps / (v + eps)^(3/2).',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3]),
      slope: draw.tensor([2, 3]),
      eps: draw.pick([1e-2, 0.1]),
    })),
    slack: ({ w, slope, eps }) => {
      const g = grad((x: Tensor) => standardizedWeight(x, { eps }).mul(slope).sum())(w);
      const centered = w.sub(mean(w, rows));
      const v = mean(square(centered), rows);
      const along = sum(slope.mul(centered), rows).mul(eps).div(v.add(eps).pow(1.5));
      return Math.min(near(sum(g, rows), v.mul(0), 1e-11), near(sum(g.mul(w), rows), along, 1e-10));
    },
  }),
  law({
    id: 'weight-standardization/scaled',
    statement:
      'Scaled, a unit of n weights has the squared length v / (v + eps) instead of n times that.',
    cases: drawn((draw) => ({ w: draw.tensor([2, draw.integer(1, 4)]) })),
    slack: ({ w }) => {
      const v = mean(square(w.sub(mean(w, rows))), rows);
      const y = standardizedWeight(w, { scaled: true });
      return near(sum(square(y), rows), v.div(v.add(1e-5)), 1e-10);
    },
  }),
  law({
    id: 'weight-standardization/kernels',
    statement: 'A kernel is standardized over all its axes but that of the output units.',
    cases: drawn((draw) => ({ w: draw.tensor([2, 3, 2, 2]), dim: draw.pick([0, 1]) })),
    slack: ({ w, dim }) => {
      const front = dim === 0 ? w : permute(w, [1, 0, 2, 3]);
      const flat = standardizedWeight(front.reshape([front.shape[0]!, -1])).reshape([
        ...front.shape,
      ]);
      const want = dim === 0 ? flat : permute(flat, [1, 0, 2, 3]);
      return near(standardizedWeight(w, { dim }), want, 1e-12);
    },
  }),
  law({
    id: 'weight-standardization/layers',
    statement:
      'Every layer with a weight computes with the standardized one, by the settings that are given; by default eps is 1e-5, dim 0, and nothing is scaled.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      settings: draw.pick([
        {},
        { eps: real(draw, 0.01, 1), dim: draw.integer(0, 1), scaled: draw.pick([true, false]) },
      ]),
    })),
    slack: ({ seed, settings }) => {
      const layers = [
        new Linear(3, 3, { seed, dtype: 'float64' }),
        new Conv2d(3, 3, 2, { seed, dtype: 'float64' }),
      ] as const;
      const before = layers.map(({ weight }) => weight.read());
      weightStandardization(new Sequential(...layers), settings);
      const all = { eps: 1e-5, dim: 0, scaled: false, ...settings };
      return Math.min(
        ...layers.map(({ weight }, i) =>
          near(weight.read(), standardizedWeight(before[i]!, all), 1e-14),
        ),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'weight-standardization/recipe',
    statement: 'The recipe standardizes all weights, the last one too, scaled and with its eps.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000), eps: real(draw, 1e-6, 1) })),
    slack: ({ seed, eps }) => {
      const weights = (plan: TrainingPlan): Tensor[] =>
        layersWithWeights(plan, random.key(seed), seed).map(({ weight }) => weight.read());
      const start = { ...plainPlan, network: { dtype: 'float64' } } as const;
      const [got, plain] = [
        weights(weightStandardizationMethod.recipe(start, { eps })),
        weights(start),
      ];
      return Math.min(
        holds(got.length === 3),
        ...got.map((w, i) => near(w, standardizedWeight(plain[i]!, { eps, scaled: true }), 1e-14)),
        recipeTakes(weightStandardizationMethod, { eps: 1e-5 }),
      );
    },
    effort: 0.1,
  }),
];
