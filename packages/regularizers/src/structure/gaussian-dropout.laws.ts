import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  broadcastTo,
  expandDims,
  grad,
  matmul,
  mean,
  mul,
  ones,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { noiseLayerLaws, placesLaw } from '../laws/noise-layer.ts';
import { grid, threePoints } from '../laws/quadrature.ts';
import { constantNoiseLaw, rateLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { GaussianDropout, gaussianDropout, gaussianDropoutMethod } from './gaussian-dropout.ts';
import { marginalDropoutPenalty } from './marginal-dropout-penalty.ts';

const trained = (x: Tensor, p: number, normal: Tensor): Tensor =>
  gaussianDropout(x, { p, normal, training: true });

/** The exact mean over the noise of each row, `[d]`, of a quantity of degree up to 5 in it. */
function expected(x: Tensor, p: number, f: (y: Tensor) => Tensor): Tensor {
  const { noise, weight } = grid(threePoints, x.size);
  return matmul(weight, f(trained(broadcastTo(x, noise.shape), p, noise)));
}

/** What Gaussian dropout promises. */
export const gaussianDropoutLaws: readonly Law[] = [
  law({
    id: 'gaussian-dropout/mean-and-variance',
    statement:
      'Mean and variance over the noise are those of dropout with the same p: x and p / (1 - p) x^2.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 4)]),
      p: real(draw, 0, 0.95),
    })),
    slack: ({ x, p }) => {
      const ratio = p / (1 - p);
      const first = expected(x, p, (y) => y);
      const second = expected(x, p, (y) => square(sub(y, x)));
      return Math.min(
        near(first, x, 1e-13),
        near(second, square(x).mul(ratio), 1e-13 * (1 + ratio)),
      );
    },
  }),
  law({
    id: 'gaussian-dropout/moments-of-draws',
    statement:
      'Of n draws mean and variance of the factor are 1 and p / (1 - p), within 7.2 standard errors.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.05, 0.9) })),
    slack: ({ seed, p }) => {
      const n = 10000;
      const x = ones([n], { dtype: 'float64' });
      const y = gaussianDropout(x, { p, training: true, rng: random.key(seed) });
      const v = p / (1 - p);
      const zs = [
        sub(mean(y), 1).item() / Math.sqrt(v / n),
        (mean(square(sub(y, 1))).item() / v - 1) / Math.sqrt(2 / n),
      ];
      return Math.min(...zs.map((z) => 1 - Math.abs(z) / 7.2));
    },
    effort: 0.3,
  }),
  law({
    id: 'gaussian-dropout/is-ridge',
    statement:
      'On the inputs of linear regression the expected sum of squares is that without noise plus the penalty of dropout, and so is its gradient.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 3);
      return {
        x: draw.tensor([d]),
        w: draw.tensor([d]),
        y: real(draw, -2, 2),
        p: real(draw, 0, 0.8),
      };
    }),
    slack: ({ x, w, y, p }) => {
      const noisy = (v: Tensor): Tensor =>
        sum(expected(x, p, (rows) => expandDims(square(sub(y, matmul(rows, v))), 1)));
      const ridge = (v: Tensor): Tensor =>
        add(square(sub(y, sum(mul(x, v)))), marginalDropoutPenalty(expandDims(x, 0), v, p));
      return Math.min(near(noisy(w), ridge(w), 1e-12), near(grad(noisy)(w), grad(ridge)(w), 1e-12));
    },
  }),
  law({
    id: 'gaussian-dropout/factor',
    statement:
      'The result is x times 1 + sqrt(p / (1 - p)) e, which may be negative; the gradient is that factor.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { x: draw.tensor(shape), normal: draw.tensor(shape), p: real(draw, 0, 0.95) };
    }),
    slack: ({ x, normal, p }) => {
      const factor = normal.mul(Math.sqrt(p / (1 - p))).add(1);
      const total = (z: Tensor): Tensor => sum(trained(z, p, normal));
      return Math.min(
        near(trained(x, p, normal), mul(x, factor), 1e-14),
        near(grad(total)(x), factor, 1e-14),
      );
    },
  }),
  law({
    id: 'gaussian-dropout/extremes',
    statement: 'p = 0 is the identity, bit for bit; p = 1, a number or a tensor, is refused.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const options = { training: true, rng: random.key(seed) };
      const refused = [1, tensor(1)].every(
        (p) => thrown(() => gaussianDropout(x, { ...options, p })) instanceof RangeError,
      );
      const same = gaussianDropout(x, { ...options, p: 0 }).data();
      const bits = [...x.data()].every((value, i) => Object.is(value, same[i]));
      return Math.min(holds(refused), holds(bits));
    },
  }),
  law({
    id: 'gaussian-dropout/defaults',
    statement: 'Without an argument p is 0.5, in the function, the layer and the recipe.',
    cases: drawn((draw) => ({ x: draw.tensor([3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const want = gaussianDropout(x, { ...context, p: 0.5 });
      return Math.min(
        exactly(gaussianDropout(x, context), want),
        exactly(new GaussianDropout().forward(x, context), want),
        recipeTakes(gaussianDropoutMethod, { p: 0.5 }),
      );
    },
  }),
  rateLaw('gaussian-dropout', {
    forms: [
      (x, p, context) => gaussianDropout(x, { p, ...context }),
      (x, p, context) => new GaussianDropout({ p }).forward(x, context),
    ],
    input: (draw) => draw.tensor(draw.shape()),
    max: 0.9,
  }),
  constantNoiseLaw('gaussian-dropout', (draw) => {
    const x = draw.tensor([3], { avoid: [0] });
    return { noise: draw.tensor([3]), apply: (normal) => trained(x, 0.3, normal) };
  }),
  ...decisionLaws(
    'gaussian-dropout',
    (n, rng, dtype) => gaussianDropout(pairs(n, dtype), { training: true, rng }),
    // Noise of a few units, rounded to float32.
    { tolerance: 1e-6 },
  ),
  ...noiseLayerLaws('gaussian-dropout', {
    layer: () => new GaussianDropout({ p: 0.3 }),
    given: (x, normal) => trained(x, 0.3, normal),
    noise: (draw, shape) => draw.tensor([...shape]),
  }),
  placesLaw(gaussianDropoutMethod, (part) =>
    part instanceof GaussianDropout ? { p: part.p as number } : null,
  ),
];
