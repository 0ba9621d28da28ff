import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  broadcastTo,
  grad,
  mul,
  ones,
  random,
  selu,
  sign,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { Sequential } from '@tikhonov/nn';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { layerLaw } from '../laws/layer.ts';
import { noiseLayerLaws, placesLaw } from '../laws/noise-layer.ts';
import { rateLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import {
  AlphaDropout,
  alphaDropout,
  alphaDropoutMethod,
  FeatureAlphaDropout,
  featureAlphaDropout,
} from './alpha-dropout.ts';

const lowest = selu(tensor(-1000, { dtype: 'float64' })).item();

/** `A` and `B` as the paper writes them. */
function affine(p: number): readonly [number, number] {
  const scale = ((1 - p) * (1 + p * lowest ** 2)) ** -0.5;
  return [scale, -scale * lowest * p];
}

/** What alpha dropout promises. */
export const alphaDropoutLaws: readonly Law[] = [
  law({
    id: 'alpha-dropout/keeps-mean-and-variance',
    statement:
      'Inputs of mean 0 and variance 1 give results of mean 0 and variance 1, exactly, for every p below 1.',
    cases: drawn((draw) => ({
      // Values of a distribution with mean 0 and variance 1: two of them, with probabilities.
      share: real(draw, 0.05, 0.95),
      p: real(draw, 0, 0.95),
      held: draw.pick([true, false]),
    })),
    slack: ({ share, p, held }) => {
      const high = Math.sqrt((1 - share) / share);
      const low = -Math.sqrt(share / (1 - share));
      const x = tensor(Float64Array.from([high, low, high, low]));
      const mask = tensor([1, 1, 0, 0]);
      const weights = tensor(
        Float64Array.from([share * (1 - p), (1 - share) * (1 - p), share * p, (1 - share) * p]),
      );
      const rate = held ? tensor(p, { dtype: 'float64' }) : p;
      const y = alphaDropout(x, { p: rate, mask, training: true });
      const mean = sum(mul(weights, y));
      // Values are up to 4 and their squares up to 20.
      return Math.min(
        near(mean, 0, 1e-13),
        near(sum(mul(weights, square(sub(y, mean)))), 1, 1e-12),
      );
    },
  }),
  law({
    id: 'alpha-dropout/formula',
    statement:
      'Kept units are A x + B, dropped ones the constant A a + B, also where x is NaN or infinite; the gradient is A and 0.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        x: draw.tensor(shape),
        mask: draw.booleans(shape),
        p: real(draw, 0.01, 0.95),
        bad: draw.pick([Number.NaN, Infinity]),
      };
    }),
    slack: ({ x, mask, p, bad }) => {
      const [scale, shift] = affine(p);
      const apply = (z: Tensor): Tensor => alphaDropout(z, { p, mask, training: true });
      const want = where(mask, add(mul(x, scale), shift), scale * lowest + shift);
      return Math.min(
        near(apply(x), want, 1e-13),
        near(apply(where(mask, x, bad)), want, 1e-13),
        near(grad((z: Tensor) => sum(apply(z)))(x), mask.astype('float64').mul(scale), 1e-13),
      );
    },
  }),
  law({
    id: 'alpha-dropout/saturation',
    statement: 'The value of dropped units before the affine map is what SELU saturates at.',
    cases: drawn((draw) => ({ p: real(draw, 0.01, 0.95) })),
    slack: ({ p }) => {
      const [scale, shift] = affine(p);
      const x = tensor(Float64Array.of(lowest, 0));
      const [kept, dropped] = alphaDropout(x, { p, mask: tensor([1, 0]), training: true }).data();
      return Math.min(near(kept!, scale * lowest + shift, 1e-13), near(kept!, dropped!, 1e-13));
    },
  }),
  law({
    id: 'alpha-dropout/features',
    statement:
      'The feature variant decides once for each row and channel: it is alpha dropout with that mask at every position.',
    cases: drawn((draw) => {
      const [n, c] = [draw.integer(1, 3), draw.integer(1, 3)];
      const spatial = draw.pick([[], [2], [2, 1], [3, 2]]);
      return {
        x: draw.tensor([n, c, ...spatial]),
        mask: draw.booleans([n, c]),
        seed: draw.integer(0, 1000),
        p: real(draw, 0.1, 0.9),
      };
    }),
    slack: ({ x, mask, seed, p }) => {
      const shape = [...mask.shape, ...x.shape.slice(2).map(() => 1)];
      const wide = broadcastTo(mask.reshape(shape), x.shape);
      const context = { training: true, rng: random.key(seed) };
      // The key draws as for the mask alone.
      const drawnMask = alphaDropout(ones(mask.shape, { dtype: 'float64' }), { ...context, p });
      const same = featureAlphaDropout(ones(x.shape, { dtype: 'float64' }), { ...context, p });
      return Math.min(
        exactly(
          featureAlphaDropout(x, { p, mask, training: true }),
          alphaDropout(x, { p, mask: wide, training: true }),
        ),
        exactly(same, broadcastTo(drawnMask.reshape(shape), x.shape)),
      );
    },
  }),
  law({
    id: 'alpha-dropout/extremes',
    statement:
      'p = 0 is the identity, bit for bit; p = 1 gives zeros with zero gradient, whatever the mask says; also if p is a tensor.',
    cases: drawn((draw) => ({
      x: draw.tensor(draw.shape()),
      seed: draw.integer(0, 1000),
      held: draw.pick([true, false]),
      factor: draw.pick([1, -0]),
    })),
    slack: ({ x, seed, held, factor }) => {
      const at = (z: Tensor, p: number): Tensor =>
        alphaDropout(z, { p: held ? tensor(p) : p, training: true, rng: random.key(seed) });
      const input = x.mul(factor);
      const same = at(input, 0).data();
      const open = { training: true, mask: ones(x.shape) };
      return Math.min(
        holds([...input.data()].every((value, i) => Object.is(value, same[i]))),
        exactly(at(x, 1), zerosLike(x)),
        exactly(alphaDropout(x, { ...open, p: held ? tensor(1) : 1 }), zerosLike(x)),
        exactly(grad((z: Tensor) => sum(at(z, 1)))(x), zerosLike(x)),
      );
    },
  }),
  law({
    id: 'alpha-dropout/defaults',
    statement:
      'Without an argument p is 0.5 in functions and layers, as in PyTorch, and 0.1 in the recipe, which makes the activation SELU.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const want = alphaDropout(x, { ...context, p: 0.5 });
      const { network } = alphaDropoutMethod.recipe(
        { ...plainPlan, network: { activation: 'relu' } },
        {},
      );
      return Math.min(
        exactly(alphaDropout(x, context), want),
        exactly(new AlphaDropout().forward(x, context), want),
        exactly(
          new FeatureAlphaDropout().forward(x, context),
          featureAlphaDropout(x, { ...context, p: 0.5 }),
        ),
        recipeTakes(alphaDropoutMethod, { p: 0.1 }),
        holds(network.activation === selu),
      );
    },
  }),
  ...decisionLaws('alpha-dropout', (n, rng, dtype) =>
    // Dropped units are the smaller ones.
    sign(alphaDropout(pairs(n, dtype), { training: true, rng }).sub(1)),
  ),
  layerLaw('alpha-dropout', {
    settings: (draw) => ({ p: real(draw, 0.2, 0.8) }),
    input: (draw) => draw.tensor([2, 2, 4]),
    layer: (settings) =>
      new Sequential(new AlphaDropout(settings), new FeatureAlphaDropout(settings)),
    apply: (x, { rng, ...options }) => {
      const part = (name: string) => ({ ...options, rng: random.foldIn(rng!, name) });
      return featureAlphaDropout(alphaDropout(x, part('0')), part('1'));
    },
  }),
  rateLaw('alpha-dropout', {
    forms: [
      (x, p, context) => alphaDropout(x, { p, ...context }),
      (x, p, context) => featureAlphaDropout(x, { p, ...context }),
    ],
    input: (draw) => draw.tensor([2, 2, draw.integer(1, 3)]),
  }),
  ...noiseLayerLaws('alpha-dropout', {
    layer: () => new AlphaDropout({ p: 0.3 }),
    given: (x, mask) => alphaDropout(x, { p: 0.3, mask, training: true }),
    noise: (draw, shape) => draw.booleans([...shape]),
  }),
  placesLaw(alphaDropoutMethod, (part) =>
    part instanceof AlphaDropout ? { p: part.p as number } : null,
  ),
];
