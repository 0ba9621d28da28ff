import { drawn, type Law, law } from '@tikhonov/check';
import { full, random, type Tensor, tanh, zerosLike } from '@tikhonov/core';
import { Dropout, Linear, Residual, Sequential } from '@tikhonov/nn';
import { annealedLaw } from '../laws/annealed.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { evaluationFormLaw } from '../laws/evaluation-form.ts';
import { layerLaw } from '../laws/layer.ts';
import { otherArguments } from '../laws/other-arguments.ts';
import { modes, scales } from '../laws/residual-block.ts';
import { partsOf, residualNetwork } from '../laws/residual-network.ts';
import { exactly, holds } from '../laws/slack.ts';
import { linearDecaySurvival } from './block-rates.ts';
import { StochasticDepth, stochasticDepthMethod } from './stochastic-depth.ts';
import { stochasticDepth } from './stochastic-depth-function.ts';

/** What the layer and the recipe promise. */
export const stochasticDepthLayerLaws: readonly Law[] = [
  layerLaw('stochastic-depth', {
    settings: (draw) => ({
      survival: real(draw, 0.2, 0.8),
      mode: draw.pick(modes),
      scale: draw.pick(scales),
    }),
    input: (draw) => draw.tensor([draw.integer(1, 3), 2]),
    layer: (settings) => new StochasticDepth(tanh, settings),
    apply: (x, { rng, ...options }) =>
      stochasticDepth(x, tanh, { ...options, rng: random.foldIn(rng!, 'gates') }),
  }),
  law({
    id: 'stochastic-depth/parts',
    statement:
      'The layer is the function of its body, projection and activation, each with a key of its own.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      x: draw.tensor([3, 3]),
      training: draw.pick([true, false]),
    })),
    slack: ({ seed, x, training }) => {
      // What each part is given as its key shows in what it drops.
      const [body, projection, activation] = [0.3, 0.5, 0.7].map((p) => new Dropout({ p }));
      const rng = random.key(seed);
      const layer = new StochasticDepth(body!, {
        projection: projection!,
        activation: activation!,
        survival: 1,
      });
      const of = (one: Dropout, name: string) => (h: Tensor) =>
        one.forward(h, { training, rng: random.foldIn(rng, name) });
      const want = stochasticDepth(x, of(body!, 'body'), {
        survival: 1,
        training,
        projection: of(projection!, 'projection'),
        activation: of(activation!, 'activation'),
        rng: random.foldIn(rng, 'gates'),
      });
      return exactly(layer.forward(x, { training, rng }), want);
    },
    effort: 0.25,
  }),
  annealedLaw('stochastic-depth', {
    layer: (survival) => new StochasticDepth(tanh, { survival, mode: 'row' }),
    input: (draw) => draw.tensor([8, 1]),
  }),
  evaluationFormLaw('stochastic-depth', {
    settings: (draw) => ({
      survival: draw.pick([0, 1, real(draw, 0.1, 0.9)]),
      scale: draw.pick(scales),
      mode: draw.pick(modes),
      projected: draw.pick([true, false]),
      activated: draw.pick([true, false]),
      chain: draw.pick([true, false]),
    }),
    input: (draw) => draw.tensor([2, 3]),
    layer: ({ projected, activated, chain, ...settings }) => {
      const linear = (seed: number): Linear => new Linear(3, 3, { seed, dtype: 'float64' });
      return new StochasticDepth(chain ? new Sequential(linear(0), tanh) : linear(0), {
        ...settings,
        ...(projected ? { projection: linear(1) } : {}),
        ...(activated ? { activation: tanh } : {}),
      });
    },
  }),
  law({
    id: 'stochastic-depth/blocks-decide-for-themselves',
    statement:
      'Blocks of a network draw from keys of their own: of two the gates are uncorrelated, |r| sqrt(n) stays below 7.2.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const n = 2000;
      // Survivors add 1 and 10.
      const block = (one: number): StochasticDepth =>
        new StochasticDepth((h) => h.mul(0).add(one), { mode: 'row' });
      const y = new Sequential(block(1), block(10)).forward(zerosLike(full([n, 1], 1)), {
        training: true,
        rng: random.key(seed),
      });
      let total = 0;
      for (const sum of y.data()) total += (sum % 10 > 0.5 ? 1 : -1) * (sum > 5 ? 1 : -1);
      return 1 - Math.abs(total / Math.sqrt(n)) / 7.2;
    },
    effort: 0.5,
  }),
  law({
    id: 'stochastic-depth/recipe',
    statement:
      'The recipe replaces every block, with survival falling linearly to the argument, weights and projections as they were; by default a layer decides for the batch and scales in evaluation, with survival 1/2.',
    cases: drawn((draw) => ({
      values: otherArguments(draw, stochasticDepthMethod),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, seed }) => {
      const model = residualNetwork(stochasticDepthMethod, values, seed);
      const [parts, plain] = [partsOf(model, StochasticDepth), residualNetwork(null, {}, seed)];
      const usual = new StochasticDepth((h) => h);
      const one = full([], 1, { dtype: 'float64' });
      return Math.min(
        exactly(
          parts.map(([, { survival }]) => survival as number),
          linearDecaySurvival(3, values.survival!),
        ),
        holds(JSON.stringify(model.stateDict()) === JSON.stringify(plain.stateDict())),
        holds(
          [usual, ...parts.map(([, part]) => part)].every(
            ({ mode, scale }) => mode === 'batch' && scale === 'eval',
          ) &&
            usual.survival === 0.5 &&
            usual.forward(one).item() === stochasticDepth(one, (h) => h).item() &&
            partsOf(model, Residual).length === 0,
        ),
        recipeTakes(stochasticDepthMethod, { survival: 0.8 }),
      );
    },
    effort: 0.1,
  }),
];
