import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  broadcastTo,
  grad,
  matmul,
  mean,
  mul,
  onesLike,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { noiseLayerLaws, placesLaw } from '../laws/noise-layer.ts';
import { grid, threePoints } from '../laws/quadrature.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import {
  activationNoise,
  GaussianNoise,
  gaussianNoiseLayerMethod,
} from './gaussian-noise-layer.ts';

const trained = (x: Tensor, std: number, normal: Tensor): Tensor =>
  activationNoise(x, { std, normal, training: true });

/** What the layer of Gaussian noise promises. */
export const gaussianNoiseLayerLaws: readonly Law[] = [
  law({
    id: 'gaussian-noise-layer/adds',
    statement: 'The result is x + std e, whatever the size of std; the gradient is 1.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { x: draw.tensor(shape), normal: draw.tensor(shape), std: real(draw, 0, 20) };
    }),
    slack: ({ x, normal, std }) => {
      const total = (z: Tensor): Tensor => sum(trained(z, std, normal));
      return Math.min(
        near(trained(x, std, normal), add(x, normal.mul(std)), 1e-14),
        exactly(grad(total)(x), onesLike(x)),
      );
    },
  }),
  law({
    id: 'gaussian-noise-layer/moments-of-draws',
    statement:
      'Of n draws mean and variance of the noise are 0 and std^2, within 7.2 standard errors.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), std: real(draw, 0.05, 5) })),
    slack: ({ seed, std }) => {
      const n = 10000;
      const y = activationNoise(zeros([n], { dtype: 'float64' }), {
        std,
        training: true,
        rng: random.key(seed),
      });
      const zs = [
        (mean(y).item() / std) * Math.sqrt(n),
        (mean(square(y)).item() / std ** 2 - 1) * Math.sqrt(n / 2),
      ];
      return Math.min(...zs.map((z) => 1 - Math.abs(z) / 7.2));
    },
    effort: 0.3,
  }),
  law({
    id: 'gaussian-noise-layer/is-ridge',
    statement:
      'On the n rows of linear regression it adds n std^2 ||w||^2 to the expected sum of squares, and the gradient of that.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        x: draw.tensor([n, d]),
        w: draw.tensor([d]),
        y: draw.tensor([n]),
        std: real(draw, 0, 2),
      };
    }),
    slack: ({ x, w, y, std }) => {
      const [n, d] = [x.shape[0]!, x.shape[1]!];
      const { noise, weight } = grid(threePoints, d);
      const all = [weight.size, n, d];
      // The rows' noise is independent, so each of them may meet every point of the grid.
      const normal = broadcastTo(noise.reshape([weight.size, 1, d]), all);
      const noisy = (v: Tensor): Tensor => {
        const rows = trained(broadcastTo(x, all), std, normal);
        return sum(matmul(weight, square(sub(y, matmul(rows, v)))));
      };
      const ridge = (v: Tensor): Tensor =>
        add(sum(square(sub(y, matmul(x, v)))), mul(sum(square(v)), n * std ** 2));
      return Math.min(near(noisy(w), ridge(w), 1e-12), near(grad(noisy)(w), grad(ridge)(w), 1e-12));
    },
    effort: 0.5,
  }),
  law({
    id: 'gaussian-noise-layer/zero-strength',
    statement: 'std = 0 is the identity, bit for bit, whatever is drawn: a -0 stays one.',
    cases: drawn((draw) => ({
      x: draw.tensor(draw.shape()),
      factor: draw.pick([0, -0, 1]),
      held: draw.pick([true, false]),
    })),
    slack: ({ x, factor, held }) => {
      const input = x.mul(factor);
      const y = activationNoise(input, {
        std: held ? tensor(0) : 0,
        normal: mul(onesLike(x), Infinity),
        training: true,
      }).data();
      return holds([...input.data()].every((value, i) => Object.is(value, y[i])));
    },
  }),
  law({
    id: 'gaussian-noise-layer/defaults',
    statement:
      'Without an argument std is 0.1, in the function, the layer and the recipe; no gradient reaches one that is given.',
    cases: drawn((draw) => ({ x: draw.tensor([3]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const context = { training: true, rng: random.key(seed) };
      const want = activationNoise(x, { ...context, std: 0.1 });
      const std = tensor(0.1, { dtype: 'float64' });
      const slope = grad((s: Tensor) => sum(square(activationNoise(x, { ...context, std: s }))));
      return Math.min(
        exactly(activationNoise(x, context), want),
        exactly(new GaussianNoise().forward(x, context), want),
        exactly(slope(std), 0),
        recipeTakes(gaussianNoiseLayerMethod, { std: 0.1 }),
      );
    },
  }),
  ...decisionLaws(
    'gaussian-noise-layer',
    (n, rng, dtype) => activationNoise(pairs(n, dtype), { std: 1, training: true, rng }),
    // Noise of a few units, rounded to float32.
    { tolerance: 1e-6 },
  ),
  constantNoiseLaw('gaussian-noise-layer', (draw) => {
    const x = draw.tensor([3]);
    return { noise: draw.tensor([3]), apply: (normal) => trained(x, 0.3, normal) };
  }),
  ...noiseLayerLaws('gaussian-noise-layer', {
    layer: () => new GaussianNoise({ std: 0.3 }),
    given: (x, normal) => trained(x, 0.3, normal),
    noise: (draw, shape) => draw.tensor([...shape]),
  }),
  placesLaw(gaussianNoiseLayerMethod, (part) =>
    part instanceof GaussianNoise ? { std: part.std as number } : null,
  ),
];
