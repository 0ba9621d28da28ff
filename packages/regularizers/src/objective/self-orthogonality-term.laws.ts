import { drawn, type Law, law } from '@tikhonov/check';
import {
  grad,
  matmul,
  type Parameter,
  random,
  reshape,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
} from '@tikhonov/core';
import { Conv2d, Flatten, Linear, mlp, Sequential } from '@tikhonov/nn';
import type { StepContext } from '@tikhonov/train';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { selfOrthogonalityMethod } from './self-orthogonality.ts';
import { selfOrthogonality, selfOrthogonalityOfOutputs } from './self-orthogonality-penalty.ts';
import { selfOrthogonalityTerm } from './self-orthogonality-term.ts';
import { signCorrelations } from './sign-correlations.ts';

/** What the term of a network, and the recipe that adds it, promise. */
export const selfOrthogonalityTermLaws: readonly Law[] = [
  law({
    id: 'self-orthogonality/term',
    statement:
      "Of a network it is the sum over its layers of that of x W^T, without biases, with the weights of the batch's rows; detachInput lets no gradient to the layers before; 'random' draws anew in every step.",
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2], { avoid: [0] }),
      seed: draw.integer(0, 1000),
      sampleWeight: draw.pick([null, [1, 2, 0.5]]),
    })),
    slack: ({ x, seed, sampleWeight }) => {
      const model = mlp([2, 3, 2], { seed, dtype: 'float64', activation: 'tanh' });
      for (const { bias } of model.layers) bias!.write(bias!.read().add(0.7));
      const given =
        sampleWeight === null ? {} : { sampleWeight: tensor(Float64Array.from(sampleWeight)) };
      const step = (): StepContext => activationStep(model, x, { seed, ...given });
      const [first, second] = model.layers.map(({ weight }) => weight) as [Parameter, Parameter];
      const hidden = tanh(model.layers[0]!.forward(x));
      const of = (h: Tensor, w: Parameter): Tensor =>
        selfOrthogonalityOfOutputs(matmul(h, transpose(w)), given);
      const got = selfOrthogonalityTerm(model)(step());
      const slopes = (f: () => Tensor): Tensor =>
        valueAndGrad(f, { createGraph: false })({ first })[1].first;
      const detached = slopes(() => selfOrthogonalityTerm(model, { detachInput: true })(step()));
      const random = selfOrthogonalityTerm(model, { estimator: 'random', samples: 4, gamma: 1 });
      const draws = [seed, seed, seed + 1].map((k) =>
        random(activationStep(model, x, { seed: k })).item(),
      );
      return Math.min(
        near(got, of(x, first).add(of(hidden, second)), 1e-11),
        near(
          detached,
          slopes(() => of(x, first)),
          1e-10,
        ),
        holds(draws[0] === draws[1] && draws[0] !== draws[2]),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'self-orthogonality/default-draws',
    statement:
      'Left out, gamma is 10, the random estimator has 256 samples, the input keeps its gradient, and the estimator is the rows themselves.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(2, 3), 2], { avoid: [0] }),
      x: draw.tensor([3, 2], { avoid: [0] }),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ w, x, seed }) => {
      const key = random.key(seed);
      const model = mlp([2, 3, 2], { seed, dtype: 'float64', activation: 'tanh' });
      const { weight } = model.layers[0]!;
      const slope = (options: object): Tensor =>
        valueAndGrad(
          () => selfOrthogonalityTerm(model, options)(activationStep(model, x, { seed })),
          {
            createGraph: false,
          },
        )({ weight })[1].weight;
      const inputs = (options: object): Tensor =>
        grad((rows: Tensor) => signCorrelations(w, { ...options, x: rows, gamma: 0.5 }).sum())(x);
      const drawn = { estimator: 'random' } as const;
      return Math.min(
        exactly(
          signCorrelations(w, { x }),
          signCorrelations(w, { x, estimator: 'self', gamma: 10 }),
        ),
        exactly(
          signCorrelations(w, { ...drawn, key }),
          signCorrelations(w, { ...drawn, key, samples: 256 }),
        ),
        exactly(inputs({}), inputs({ detachInput: false })),
        exactly(slope({}), slope({ detachInput: false, gamma: 10, estimator: 'self' })),
        exactly(slope(drawn), slope({ ...drawn, samples: 256 })),
      );
    },
    effort: 0.1,
  }),
  recipeLaw(selfOrthogonalityMethod, (model, values, step) =>
    selfOrthogonalityTerm(model, { ...values, reduction: 'mean' })(step),
  ),
  law({
    id: 'self-orthogonality/options-of-the-term',
    statement:
      'The term passes its options on: of outputs with their channels in front of positions, and of 256 samples of their own for every layer; dim names the axis of the units.',
    cases: drawn((draw) => ({
      images: draw.tensor([2, 1, 3, 3], { avoid: [0] }),
      seed: draw.integer(0, 1000),
      options: {
        lambda1: real(draw, 0.1, 2),
        lambda2: real(draw, 0.1, 2),
        gamma: real(draw, 0.3, 2),
        reduction: draw.pick(['sum', 'mean'] as const),
      },
      samples: draw.pick([undefined, 3]),
    })),
    slack: ({ images, seed, options, samples }) => {
      const at = { seed, dtype: 'float64', bias: false } as const;
      const layer = new Conv2d(1, 2, 2, at);
      const model = new Sequential(layer, new Flatten(), new Linear(8, 3, at));
      const step = activationStep(model, images, { seed });
      const seen = layer.forward(images);
      const outputs = model.layers.at(-1)!;
      const self = selfOrthogonalityOfOutputs(seen, { ...options, axis: 1 }).add(
        selfOrthogonalityOfOutputs(
          matmul(reshape(seen, [2, 8]), transpose((outputs as Linear).weight)),
          options,
        ),
      );
      const how = { ...options, estimator: 'random' } as const;
      const key = random.foldIn(step.rng, 'selfOrthogonalityTerm');
      const random256 = Object.entries(model.namedParameters())
        .map(([name, w]) =>
          selfOrthogonality(w, {
            ...how,
            samples: samples ?? 256,
            key: random.foldIn(key, name.replace('.weight', '')),
          }),
        )
        .reduce((a, b) => a.add(b));
      const w = layer.weight.read().reshape([2, 4]);
      const own = { ...how, key, ...(samples === undefined ? {} : { samples }) };
      const fixed = { ...how, key, samples: samples ?? 256 };
      return Math.min(
        near(selfOrthogonalityTerm(model, options)(step), self, 1e-11),
        near(
          selfOrthogonalityTerm(model, { ...how, ...(samples === undefined ? {} : { samples }) })(
            step,
          ),
          random256,
          1e-11,
        ),
        near(
          selfOrthogonality(transpose(w), { ...own, dim: 1 }),
          selfOrthogonality(w, fixed),
          1e-11,
        ),
      );
    },
    effort: 0.2,
  }),
];
