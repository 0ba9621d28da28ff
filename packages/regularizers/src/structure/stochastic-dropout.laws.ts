import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  grad,
  mul,
  ones,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { dropout } from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { noiseLayerLaws, placesLaw } from '../laws/noise-layer.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import {
  StochasticDropout,
  type StochasticRateSettings,
  stochasticDropout,
  stochasticDropoutMethod,
  stochasticRate,
} from './stochastic-dropout.ts';

/** Settings of both distributions. */
function settingsOf(draw: CaseDraw): StochasticRateSettings {
  const [a, b] = [real(draw, 0, 0.9), real(draw, 0, 0.9)];
  return draw.pick([true, false])
    ? { min: Math.min(a, b), max: Math.max(a, b) }
    : {
        distribution: 'normal',
        mean: real(draw, 0.1, 0.9),
        std: real(draw, 0, 0.5),
        maxP: real(draw, 0.1, 0.95),
      };
}

/** What dropout with a random rate promises. */
export const stochasticDropoutLaws: readonly Law[] = [
  law({
    id: 'stochastic-dropout/given-the-rate-it-is-dropout',
    statement:
      'With the rate and mask of a pass it is dropout with that rate and mask, and so is its gradient.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        x: draw.tensor(shape),
        mask: draw.booleans(shape),
        rateDraw: draw.tensor([], { min: 0, max: 0.99 }),
        settings: settingsOf(draw),
      };
    }),
    slack: ({ x, mask, rateDraw, settings }) => {
      const p = stochasticRate({ ...settings, rateDraw });
      const own = (z: Tensor): Tensor =>
        stochasticDropout(z, { ...settings, rateDraw, mask, training: true });
      const plain = (z: Tensor): Tensor => dropout(z, { p, mask, training: true });
      return Math.min(
        exactly(own(x), plain(x)),
        exactly(own(x.mul(Number.NaN)).astype('bool'), plain(x.mul(Number.NaN)).astype('bool')),
        exactly(grad((z: Tensor) => sum(own(z)))(x), grad((z: Tensor) => sum(plain(z)))(x)),
      );
    },
  }),
  law({
    id: 'stochastic-dropout/mean-and-variance',
    statement: 'Over all masks, given the rate: E[y] = x and Var[y] = p / (1 - p) x^2.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(0, 4)]),
      rateDraw: draw.tensor([], { min: 0, max: 0.99 }),
      settings: settingsOf(draw),
    })),
    slack: ({ x, rateDraw, settings }) => {
      const p = stochasticRate({ ...settings, rateDraw }).item();
      let [first, second] = [zerosLike(x), zerosLike(x)];
      for (const { mask, probability } of allMasks(x.shape, p)) {
        const y = stochasticDropout(x, { ...settings, rateDraw, mask, training: true });
        first = add(first, mul(y, probability));
        second = add(second, mul(square(sub(y, x)), probability));
      }
      // 1 / (1 - p) is at most 20.
      return Math.min(near(first, x, 1e-13), near(second, square(x).mul(p / (1 - p)), 1e-12));
    },
    effort: 0.3,
  }),
  law({
    id: 'stochastic-dropout/rates',
    statement:
      'The rate is min + (max - min) u, or mean + std e clipped to [0, maxP]: always within these bounds.',
    cases: drawn((draw) => ({
      settings: settingsOf(draw),
      u: real(draw, 0, 0.999),
      e: real(draw, -5, 5),
    })),
    slack: ({ settings, u, e }) => {
      const { distribution = 'uniform', min = 0, max = 0, mean = 0, std = 0, maxP = 0 } = settings;
      const uniform = distribution === 'uniform';
      const rateDraw = tensor(uniform ? u : e, { dtype: 'float64' });
      const want = uniform ? min + (max - min) * u : Math.min(Math.max(mean + std * e, 0), maxP);
      return near(stochasticRate({ ...settings, rateDraw }), want, 1e-15);
    },
  }),
  law({
    id: 'stochastic-dropout/rates-drawn',
    statement:
      'Rates of n keys have the mean of their distribution, within 7.2 standard errors, and its bounds.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), normal: draw.pick([true, false]) })),
    slack: ({ seed, normal }) => {
      const n = 300;
      // Eight deviations from either bound, so that nothing is clipped.
      const settings: StochasticRateSettings = normal
        ? { distribution: 'normal', mean: 0.5, std: 0.05 }
        : { min: 0.2, max: 0.6 };
      const rates = Array.from({ length: n }, (_, i) =>
        stochasticRate({ ...settings, rng: random.foldIn(random.key(seed), i) }).item(),
      );
      const [center, deviation] = normal ? [0.5, 0.05] : [0.4, 0.4 / Math.sqrt(12)];
      const mean = rates.reduce((a, b) => a + b, 0) / n;
      const z = ((mean - center) / deviation) * Math.sqrt(n);
      const [low, high] = normal ? [0, 0.95] : [0.2, 0.6];
      return Math.min(
        1 - Math.abs(z) / 7.2,
        atMost(low, Math.min(...rates)),
        atMost(Math.max(...rates), high),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'stochastic-dropout/one-rate-per-pass',
    statement:
      "A pass has one rate for all its elements, drawn from the key with 'rate' folded in, and a mask from another key: the kept are x / (1 - p), their number is that of p.",
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const [n, rng] = [2000, random.key(seed)];
      const settings = { min: 0.1, max: 0.9 };
      const x = ones([n], { dtype: 'float64' });
      const y = stochasticDropout(x, { ...settings, training: true, rng }).data();
      const p = stochasticRate({ ...settings, rng: random.foldIn(rng, 'rate') }).item();
      const kept = [...y].filter((value) => value !== 0);
      const z = (kept.length - n * (1 - p)) / Math.sqrt(n * p * (1 - p));
      return Math.min(
        1 - Math.abs(z) / 7.2,
        near(
          kept,
          kept.map(() => 1 / (1 - p)),
          1e-14,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'stochastic-dropout/mask-does-not-know-the-rate',
    statement:
      'The mask is drawn from a key of its own: the first unit is dropped with the probability of the rate, whatever the rate was.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const n = 300;
      const x = ones([1], { dtype: 'float64' });
      let [excess, variance] = [0, 0];
      for (let i = 0; i < n; i++) {
        const rng = random.foldIn(random.key(seed), i);
        const p = stochasticRate({ min: 0, max: 1, rng: random.foldIn(rng, 'rate') }).item();
        const y = stochasticDropout(x, { min: 0, max: 1, training: true, rng }).item();
        // If rate and mask shared a draw, units would be dropped either always or never.
        excess += (p - 0.5) * ((y === 0 ? 1 : 0) - p);
        variance += (p - 0.5) ** 2 * p * (1 - p);
      }
      return 1 - Math.abs(excess) / Math.sqrt(variance) / 7.2;
    },
    effort: 0.1,
  }),
  law({
    id: 'stochastic-dropout/defaults',
    statement:
      'Without arguments the rate is U(0.1, 0.6); of the normal one the mean is 0.3, the deviation 0.1, the bound 0.95.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000) })),
    slack: ({ seed }) => {
      const rate = (options: StochasticRateSettings, rateDraw: number): Tensor =>
        stochasticRate({ ...options, rateDraw: tensor(rateDraw, { dtype: 'float64' }) });
      const x = ones([5], { dtype: 'float64' });
      const context = { training: true, rng: random.key(seed) };
      return Math.min(
        near([rate({}, 0).item(), rate({}, 0.5).item()], [0.1, 0.35], 1e-15),
        ...[-100, 0, 1, 100].map((e, i) =>
          near(rate({ distribution: 'normal' }, e), [0, 0.3, 0.4, 0.95][i]!, 1e-15),
        ),
        exactly(
          stochasticDropout(x, context),
          stochasticDropout(x, { ...context, min: 0.1, max: 0.6 }),
        ),
        exactly(new StochasticDropout().forward(x, context), stochasticDropout(x, context)),
        recipeTakes(stochasticDropoutMethod, { min: 0.1, max: 0.6 }),
      );
    },
  }),
  ...decisionLaws('stochastic-dropout', (n, rng, dtype) =>
    stochasticDropout(pairs(n, dtype), { min: 0.5, max: 0.5, training: true, rng }),
  ),
  constantNoiseLaw('stochastic-dropout', (draw) => {
    const x = draw.tensor([3], { avoid: [0] });
    const mask = ones([3]);
    return {
      noise: draw.tensor([], { min: 0.1, max: 0.9 }),
      apply: (rateDraw) => stochasticDropout(x, { training: true, rateDraw, mask }),
    };
  }),
  law({
    id: 'stochastic-dropout/layer',
    statement:
      'The layer is the function with its settings; a rate of 1 gives zeros, whatever the mask says.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      settings: {
        distribution: draw.pick(['uniform', 'normal'] as const),
        min: real(draw, 0, 0.4),
        max: real(draw, 0.5, 1),
        mean: real(draw, 0.2, 0.8),
        std: real(draw, 0.1, 0.5),
        maxP: real(draw, 0.4, 0.9),
      },
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, settings, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const certain = { ...context, min: 1, max: 1, mask: ones(x.shape) };
      return Math.min(
        exactly(
          new StochasticDropout(settings).forward(x, context),
          stochasticDropout(x, { ...settings, ...context }),
        ),
        exactly(stochasticDropout(x, certain), x.mul(0)),
      );
    },
  }),
  ...noiseLayerLaws('stochastic-dropout', {
    layer: () => new StochasticDropout(),
    given: (x, mask) =>
      stochasticDropout(x, { mask, rateDraw: tensor(0.3, { dtype: 'float64' }), training: true }),
    noise: (draw, shape) => draw.booleans([...shape]),
  }),
  placesLaw(stochasticDropoutMethod, (part) =>
    part instanceof StochasticDropout ? { min: part.settings.min, max: part.settings.max } : null,
  ),
];
