import { drawn, type Law, law } from '@tikhonov/check';
import { abs, grad, mean, permute, random, square, sum, type Tensor } from '@tikhonov/core';
import {
  Conv2d,
  Linear,
  type Module,
  Sequential,
  standardizedWeight,
  weightStandardization,
} from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import type { NetworkKind } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { plainPlan } from '../registry.ts';
import { weightStandardizationMethod } from './weight-standardization.ts';

const rows = { axis: 1, keepdims: true } as const;

/** Networks as of plans, the residual one with a block that has a projection, and how many weights they have. */
const networks: Readonly<Record<NetworkKind, NetworkSpec>> = {
  mlp: { kind: 'mlp', hidden: [4, 3] },
  cnn: { kind: 'cnn', channels: [2, 3], hidden: [4] },
  resnet: { kind: 'resnet', channels: [2, 3], blocks: 1 },
};
const counts: Readonly<Record<NetworkKind, number>> = { mlp: 3, cnn: 4, resnet: 7 };

/** The weights of linear layers and convolutions, by the names of the layers. */
const weightsOf = (model: Module): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    Object.entries(model.namedModules()).flatMap(([name, part]) =>
      part instanceof Linear || part instanceof Conv2d ? [[name, part.weight.read()]] : [],
    ),
  );

/** What weight standardization promises. */
export const weightStandardizationLaws: readonly Law[] = [
  law({
    id: 'weight-standardization/moments',
    statement:
      'Each output unit has the mean 0 and the variance v / (v + eps), with v its biased variance before; eps is 1e-5 by default.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 3), draw.integer(1, 4)]),
      eps: draw.pick([1e-9, 1e-5, 0.1, null]),
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
      'Scaled, a unit of n weights has the squared length v / (v + eps) instead of n times that: n counts all axes of a kernel but that of the units, which may be any and be counted from the end.',
    cases: drawn((draw) => {
      const shape = draw.pick([
        [2, draw.integer(1, 4)],
        [2, 3, 2],
        [3, 2, 2, 3],
      ] as const);
      const dim = draw.integer(0, shape.length - 1);
      return { w: draw.tensor([...shape]), dim, behind: draw.pick([true, false]) };
    }),
    slack: ({ w, dim, behind }) => {
      const axis = w.shape.map((_, k) => k).filter((k) => k !== dim);
      const v = mean(square(w.sub(mean(w, { axis, keepdims: true }))), { axis });
      const y = standardizedWeight(w, { scaled: true, dim: behind ? dim - w.rank : dim });
      return near(sum(square(y), { axis }), v.div(v.add(1e-5)), 1e-10);
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
    id: 'weight-standardization/one-layer',
    statement:
      'Only layers that the filter takes are standardized, each by itself; what is stored stays what it was, and gradients reach it through mean and variance.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      chosen: draw.integer(0, 1),
      slope: draw.tensor([3, 4]),
      scaled: draw.pick([true, false]),
    })),
    slack: ({ seed, chosen, slope, scaled }) => {
      const layers = [0, 1].map((k) => new Linear(4, 3, { seed: seed + k, dtype: 'float64' }));
      const [one, other] = [layers[chosen]!, layers[1 - chosen]!];
      const [before, plain] = [one.weight.read(), other.weight.read()];
      weightStandardization(new Sequential(...layers), {
        scaled,
        filter: (name) => name === String(chosen),
      });
      one.weight.read().mul(slope).sum().backward();
      const stored = one.namedParameters()['parametrizations.weight.original']!;
      const f = (w: Tensor): Tensor => standardizedWeight(w, { scaled }).mul(slope).sum();
      return Math.min(
        exactly(other.weight.read(), plain),
        exactly(stored.read(), before),
        near(stored.grad!, grad(f)(before), 1e-12),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'weight-standardization/recipe',
    statement:
      'In MLPs, convolutional and residual networks the recipe standardizes the weights of all linear layers and convolutions, the first and the last one too, scaled and with its eps, and nothing else.',
    cases: drawn((draw) => ({
      kind: draw.pick(['mlp', 'cnn', 'resnet'] as const),
      seed: draw.integer(0, 1000),
      eps: real(draw, 1e-6, 1),
    })),
    slack: ({ kind, seed, eps }) => {
      const start = { ...plainPlan, network: { dtype: 'float64' } } as const;
      const [got, plain] = [weightStandardizationMethod.recipe(start, { eps }), start].map(
        (plan) =>
          configure(plan, {
            network: networks[kind],
            task: { classes: 2, features: 16, imageShape: [1, 4, 4], rows: 3 },
            lr: 0.1,
            seed,
            key: random.key(seed),
          }).model,
      );
      const [changed, weights] = [got!, plain!].map(weightsOf);
      const others = (model: Module): string =>
        JSON.stringify(
          Object.entries(model.stateDict()).filter(([name]) => !name.includes('weight.original')),
        );
      const rest = Object.fromEntries(
        Object.entries(plain!.stateDict()).filter(
          ([name]) => !(name.replace(/\.?weight$/, '') in weights!),
        ),
      );
      return Math.min(
        holds(Object.keys(changed!).join() === Object.keys(weights!).join()),
        holds(Object.keys(weights!).length === counts[kind]),
        holds(others(got!) === JSON.stringify(Object.entries(rest))),
        ...Object.entries(weights!).map(([name, w]) => {
          const want = standardizedWeight(w, { eps, scaled: true });
          return near(changed![name]!, want, 1e-14);
        }),
        recipeTakes(weightStandardizationMethod, { eps: 1e-5 }),
      );
    },
    effort: 0.1,
  }),
];
