import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  broadcastTo,
  Cell,
  cos,
  grad,
  hessian,
  matmul,
  mean,
  mul,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  trace,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { equalSteps, grid, type Quadrature, threePoints } from '../laws/quadrature.ts';
import { rowsLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { l2 } from '../objective/l2.ts';
import { gaussianNoise, gaussianNoiseMethod } from './gaussian-noise.ts';

/** The expectation of a loss of rows over the noise of one row `x [d]`. */
function expected(
  loss: (rows: Tensor) => Tensor,
  x: Tensor,
  sigma: number,
  quadrature: Quadrature,
): Tensor {
  const { noise, weight } = grid(quadrature, x.size);
  const rows = gaussianNoise(broadcastTo(x, noise.shape), { sigma, noise });
  return sum(mul(weight, loss(rows)));
}

/** What Gaussian input noise promises. */
export const gaussianNoiseLaws: readonly Law[] = [
  law({
    id: 'gaussian-noise/is-l2',
    statement:
      'For a linear model with squared error the expected loss is that of clean inputs plus L2 with lambda = sigma^2, and so is its gradient.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 3);
      return {
        x: draw.tensor([d]),
        w: draw.tensor([d]),
        y: real(draw, -2, 2),
        sigma: real(draw, 0, 2),
      };
    }),
    slack: ({ x, w, y, sigma }) => {
      const error = (v: Tensor) => (rows: Tensor) => square(sub(y, matmul(rows, v)));
      const noisy = (v: Tensor): Tensor => expected(error(v), x, sigma, threePoints);
      const ridge = (v: Tensor): Tensor => add(error(v)(x), l2(v, { lambda: sigma ** 2 }));
      const scale = 1 + sigma ** 2;
      return Math.min(
        near(noisy(w).div(scale), ridge(w).div(scale), 1e-13),
        near(grad(noisy)(w).div(scale), grad(ridge)(w).div(scale), 1e-13),
      );
    },
  }),
  law({
    id: 'gaussian-noise/bishop',
    statement:
      'In general the expected loss is L + sigma^2 / 2 tr(Hessian in x) + O(sigma^4): for cos(w x) the rest is sigma^4 |w|^4 / 8 cos(w x) up to a factor in [1 - sigma^2 |w|^2 / 6, 1].',
    cases: drawn((draw) => {
      const d = draw.integer(1, 2);
      return {
        x: draw.tensor([d], { min: -1, max: 1 }),
        w: draw.tensor([d], { min: -1.5, max: 1.5, avoid: [0] }),
        sigma: draw.pick([0.1, 0.2, 0.4]),
      };
    }),
    slack: ({ x, w, sigma }) => {
      const loss = (rows: Tensor): Tensor => cos(matmul(rows, w));
      const curvature = trace(hessian(loss)(x)).mul(sigma ** 2 / 2);
      const rest = sub(expected(loss, x, sigma, equalSteps), add(loss(x), curvature)).item();
      const u = (sigma ** 2 * sum(square(w)).item()) / 2;
      const most = (loss(x).item() * u ** 2) / 2;
      const [large, small] = [Math.abs(most), Math.abs(most) * (1 - u / 3)];
      const signed = rest * Math.sign(most);
      // Cancellation leaves the rounding of the loss itself.
      const rounding = 1e-13;
      return Math.min(atMost(signed, large + rounding), atMost(small, signed + rounding));
    },
  }),
  law({
    id: 'gaussian-noise/moments',
    statement:
      'Drawn noise has mean 0 and variance sigma^2, within six standard errors of 1000 draws.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1e6), sigma: real(draw, 0.1, 3) })),
    slack: ({ seed, sigma }) => {
      const n = 1000;
      const clean = tensor(Float64Array.from({ length: n }, (_, i) => i));
      const z = gaussianNoise(clean, { sigma, key: random.key(seed) })
        .sub(clean)
        .div(sigma);
      const errors = [
        Math.abs(mean(z).item()) * Math.sqrt(n),
        Math.abs(mean(square(z)).item() - 1) * Math.sqrt(n / 2),
      ];
      return Math.min(...errors.map((error) => 1 - error / 6));
    },
  }),
  law({
    id: 'gaussian-noise/rows-differ',
    statement: 'Every element has noise of its own, and other keys draw other noise.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1e6) })),
    slack: ({ seed }) => {
      const clean = tensor(new Float64Array(8), { shape: [4, 2] });
      const [one, other] = [seed, seed + 1].map((s) =>
        Array.from(gaussianNoise(clean, { sigma: 1, key: random.key(s) }).data()),
      );
      return holds(new Set([...one!, ...other!]).size === 16);
    },
  }),
  law({
    id: 'gaussian-noise/zero-strength',
    statement: 'Noise of strength 0 leaves the inputs as they are, whatever is drawn.',
    cases: drawn((draw) => ({ x: draw.tensor(draw.shape()) })),
    slack: ({ x }) =>
      exactly(gaussianNoise(x, { sigma: 0, noise: x.mul(Number.POSITIVE_INFINITY) }), x),
  }),
  rowsLaw(gaussianNoiseMethod, (batch, { sigma }, key) => ({
    ...batch,
    x: gaussianNoise(batch.x, { sigma: sigma!, key }),
  })),
  law({
    id: 'gaussian-noise/refused-and-held',
    statement:
      'Infinite noise is refused; a strength of 0 in a cell leaves the inputs as they are.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 2]) })),
    slack: ({ x }) => {
      const noise = x.mul(0).add(Infinity);
      const sigma = new Cell(tensor(0, { dtype: 'float64' }));
      return Math.min(
        exactly(gaussianNoise(x, { sigma, noise }), x),
        holds(thrown(() => gaussianNoise(x, { sigma: Infinity, noise })) instanceof RangeError),
      );
    },
    effort: 0.1,
  }),
];
