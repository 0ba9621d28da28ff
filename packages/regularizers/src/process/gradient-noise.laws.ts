import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, full, random, type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import {
  applied,
  elements,
  type Gradients,
  gradientsOf,
  like,
  same,
} from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import {
  addGradientNoise,
  gradientNoise,
  gradientNoiseMethod,
  gradientNoiseScale,
} from './gradient-noise.ts';

const count = (t: number): Tensor => tensor(t, { dtype: 'int32' });

const strength = (draw: CaseDraw) => ({ eta: real(draw, 0.01, 1), gamma: real(draw, 0, 1) });

/** The noise of the first steps: what the transform makes of gradients of 0. */
function noiseOf(shape: readonly number[], steps: number, eta: number, seed: number): number[][] {
  const transform = addGradientNoise({ key: random.key(seed), eta, gamma: 0 });
  const zero = { w: full([...shape], 0, { dtype: 'float64' }) };
  let state = transform.init(zero);
  return Array.from({ length: steps }, () => {
    const [noise, next] = transform.update(zero, state, zero);
    state = next;
    return elements(noise);
  });
}

const meanOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** What gradient noise promises. */
export const gradientNoiseLaws: readonly Law[] = [
  law({
    id: 'gradient-noise/given-noise',
    statement:
      'At step t, from 0, the gradients become g + sqrt(eta / (1 + t)^gamma) times the noise.',
    cases: drawn((draw) => {
      const grads = gradientsOf(draw);
      return { grads, noise: like(draw, grads), t: draw.integer(0, 1000), ...strength(draw) };
    }),
    slack: ({ grads, noise, t, eta, gamma }) => {
      const got = gradientNoise(grads, { noise, count: count(t), eta, gamma });
      const scale = Math.sqrt(eta / (1 + t) ** gamma);
      const want: Gradients = Object.fromEntries(
        Object.entries(grads).map(([name, g]) => [name, g.add(noise[name]!.mul(scale))]),
      );
      return same(got, want, (x, y) => near(x, y, 1e-13));
    },
  }),
  law({
    id: 'gradient-noise/moments',
    statement:
      'What is drawn has mean 0 and variance eta: the z-scores of both over 400 elements stay below 6.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1_000_000), eta: draw.pick([0.01, 0.3, 1]) })),
    slack: ({ seed, eta }) => {
      const noise = noiseOf([20, 20], 1, eta, seed)[0]!;
      const n = noise.length;
      const mean = meanOf(noise) * Math.sqrt(n / eta);
      const spread = meanOf(noise.map((x) => x * x)) / eta - 1;
      return 1 - Math.max(Math.abs(mean), Math.abs(spread) * Math.sqrt(n / 2)) / 6;
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-noise/independent',
    statement:
      'Steps have noise of their own, without correlation, and that of a parameter does not depend on which others there are.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1_000_000) })),
    slack: ({ seed }) => {
      const [first, second] = noiseOf([20, 20], 2, 1, seed);
      const product = meanOf(first!.map((x, i) => x * second![i]!)) * Math.sqrt(first!.length);
      const zero = full([20, 20], 0, { dtype: 'float64' });
      const transform = addGradientNoise({ key: random.key(seed), eta: 1, gamma: 0 });
      const among = applied(transform, { a: zero, w: zero });
      return Math.min(
        1 - Math.abs(product) / 6,
        exactly(among.w!, first!),
        holds(among.a!.data()[0] !== among.w!.data()[0]),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'gradient-noise/falls',
    statement:
      'The deviation falls with the steps, not at all for gamma = 0, and a variance of 0 leaves the gradients as they are.',
    cases: drawn((draw) => ({
      grads: gradientsOf(draw),
      t: draw.integer(0, 100),
      ...strength(draw),
    })),
    slack: ({ grads, t, eta, gamma }) => {
      const at = (step: number, power: number): number =>
        gradientNoiseScale(count(step), { eta, gamma: power }).item();
      const none = applied(addGradientNoise({ seed: 0, eta: 0 }), grads);
      return Math.min(
        holds(gamma < 1e-6 || at(t + 1, gamma) < at(t, gamma)),
        exactly(at(t, 0), at(0, 0)),
        same(none, grads, exactly),
      );
    },
  }),
  law({
    id: 'gradient-noise/cell',
    statement: 'A variance in a cell counts from the moment on that it is written.',
    cases: drawn((draw) => {
      const grads = gradientsOf(draw);
      return { grads, noise: like(draw, grads), ...strength(draw) };
    }),
    slack: ({ grads, noise, eta, gamma }) => {
      const given = { noise, count: count(3), gamma };
      const cell = new Cell(tensor(0, { dtype: 'float64' }));
      const none = gradientNoise(grads, { ...given, eta: cell });
      cell.write(tensor(eta, { dtype: 'float64' }));
      return Math.min(
        same(none, grads, exactly),
        same(
          gradientNoise(grads, { ...given, eta: cell }),
          gradientNoise(grads, { ...given, eta }),
          exactly,
        ),
      );
    },
  }),
  law({
    id: 'gradient-noise/defaults',
    statement: 'Left out, eta is 0.3 and gamma 0.55; the recipe takes an eta of 0.01.',
    cases: drawn((draw) => ({ t: draw.integer(1, 100), seed: draw.integer(0, 1000) })),
    slack: ({ t, seed }) => {
      const zero = { w: full([3], 0, { dtype: 'float64' }) };
      const drawn = applied(addGradientNoise({ seed }), zero);
      return Math.min(
        near(gradientNoiseScale(count(t)), Math.sqrt(0.3 / (1 + t) ** 0.55), 1e-14),
        exactly(drawn.w!, applied(addGradientNoise({ seed, eta: 0.3 }), zero).w!),
        recipeTakes(gradientNoiseMethod, { eta: 0.01, gamma: 0.55 }),
      );
    },
    effort: 0.3,
  }),
  transformLaw(gradientNoiseMethod, 'gradients', ({ eta, gamma }, key) =>
    addGradientNoise({ eta: eta!, gamma: gamma!, key }),
  ),
  law({
    id: 'gradient-noise/seeds-and-no-noise',
    statement: 'A seed is its key; without a strength infinite noise changes nothing.',
    cases: drawn((draw) => ({ w: draw.tensor([3]), seed: draw.integer(1, 1000) })),
    slack: ({ w, seed }) =>
      Math.min(
        exactly(
          applied(addGradientNoise({ seed }), { w }).w!,
          applied(addGradientNoise({ key: random.key(seed) }), { w }).w!,
        ),
        exactly(
          gradientNoise({ w }, { noise: { w: w.mul(0).add(Infinity) }, count: count(1), eta: 0 })
            .w!,
          w,
        ),
      ),
    effort: 0.2,
  }),
];
