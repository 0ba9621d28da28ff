import { drawn, type Law, law } from '@tikhonov/check';
import { concat, grad, log, mean, sigmoid, type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { hiddenTermLaw } from '../laws/hidden-term.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { weightedSamplesLaw } from '../laws/weighted-samples.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { klSparsity, klSparsityMethod, klSparsityTerm } from './kl-sparsity.ts';

const inside = { min: 0.05, max: 0.95 };

const units = (draw: CaseDraw): Tensor =>
  draw.tensor([draw.integer(1, 3), draw.integer(1, 3)], inside);

/** Activations, the share of the samples that they are for, and a strength. */
const weighed = drawn((draw) => ({
  h: units(draw),
  rho: real(draw, 0.01, 0.99),
  lambda: real(draw, 0.1, 2),
}));

/** What KL sparsity promises. */
export const klSparsityLaws: readonly Law[] = [
  law({
    id: 'kl-sparsity/divergence',
    statement:
      'It is lambda times the sum over units of rho log(rho / m) + (1 - rho) log((1 - rho) / (1 - m)), m the mean activation.',
    cases: weighed,
    slack: ({ h, rho, lambda }) => {
      const m = mean(h, { axis: 0 });
      const on = log(m.pow(-1).mul(rho)).mul(rho);
      const off = log(
        m
          .neg()
          .add(1)
          .pow(-1)
          .mul(1 - rho),
      ).mul(1 - rho);
      return near(klSparsity(h, { rho, lambda }), on.add(off).sum().mul(lambda), 1e-12);
    },
  }),
  law({
    id: 'kl-sparsity/positive',
    statement: 'It is never negative, 0 where every unit has the mean rho, and above it elsewhere.',
    cases: drawn((draw) => ({
      h: units(draw),
      rho: real(draw, 0.05, 0.95),
    })),
    slack: ({ h, rho }) => {
      const level = h.mul(0).add(rho);
      const off = h.mul(0).add(rho > 0.5 ? rho - 0.1 : rho + 0.1);
      return Math.min(
        atMost(0, klSparsity(h, { rho }).item() + 1e-15),
        near(klSparsity(level, { rho }), 0, 1e-14),
        holds(klSparsity(off, { rho }).item() > 1e-3),
      );
    },
  }),
  law({
    id: 'kl-sparsity/gradient',
    statement:
      'Every sample gets the gradient ((1 - rho) / (1 - m) - rho / m) lambda / n of its unit.',
    cases: weighed,
    slack: ({ h, rho, lambda }) => {
      const m = mean(h, { axis: 0 });
      const slope = m
        .neg()
        .add(1)
        .pow(-1)
        .mul(1 - rho)
        .sub(m.pow(-1).mul(rho));
      const want = h.mul(0).add(slope.mul(lambda / h.shape[0]!));
      return near(grad((x: Tensor) => klSparsity(x, { rho, lambda }))(h), want, 1e-12);
    },
  }),
  law({
    id: 'kl-sparsity/means-only',
    statement:
      'It depends on the means alone: the same batch twice gives the same, the same units twice give twice as much.',
    cases: drawn((draw) => ({ h: units(draw) })),
    slack: ({ h }) =>
      Math.min(
        near(klSparsity(concat([h, h])), klSparsity(h), 1e-12),
        near(klSparsity(concat([h, h], { axis: 1 })), klSparsity(h).mul(2), 1e-12),
        near(klSparsity(h, { rho: 0.05 }), klSparsity(h), 1e-15),
      ),
  }),
  law({
    id: 'kl-sparsity/silent-units',
    statement: 'Units that are always 0 or always 1 have a finite penalty, as far as eps allows.',
    cases: drawn((draw) => ({
      level: draw.pick([0, 1]),
      eps: draw.pick([1e-3, 1e-7]),
      rho: real(draw, 0.05, 0.95),
    })),
    slack: ({ level, eps, rho }) => {
      const h = tensor(Float64Array.of(level, level), { shape: [2, 1] });
      const moved = tensor(Float64Array.of(Math.abs(level - eps)), { shape: [1, 1] });
      return near(klSparsity(h, { eps, rho }), klSparsity(moved, { eps: 0, rho }), 1e-9);
    },
  }),
  weightedSamplesLaw(
    'kl-sparsity',
    (h, lambda, weights) => klSparsity(h, { lambda, ...weights }),
    inside,
  ),
  zeroStrengthLaw('kl-sparsity', (ws, zero) =>
    ws.map((w) => klSparsity(w.reshape([1, -1]), { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
  recipeLaw(klSparsityMethod, (model, { lambda, rho }, step) =>
    klSparsityTerm(model, { lambda: lambda!, rho: rho! })(step),
  ),
  law({
    id: 'kl-sparsity/range-and-eps',
    statement:
      'An activation outside [0, 1] is refused, whatever the mean is, unless its sample has weight 0; a unit that is always silent has the mean 1e-7.',
    cases: drawn((draw) => ({
      h: draw.tensor([3, 2], { min: 0, max: 1 }),
      outside: draw.pick([-0.01, 1.01, 7]),
      counted: draw.pick([true, false]),
    })),
    slack: ({ h, outside, counted }) => {
      const rows = concat([h, tensor(Float64Array.of(outside, 0.5), { shape: [1, 2] })]);
      const sampleWeight = tensor(Float64Array.of(1, 1, 1, counted ? 1 : 0));
      const refused = thrown(() => klSparsity(rows, { sampleWeight })) instanceof RangeError;
      const silent = klSparsity(h.mul(0)).item() / 2;
      const want = 0.05 * Math.log(0.05 / 1e-7) + 0.95 * Math.log(0.95 / (1 - 1e-7));
      return Math.min(holds(refused === counted), near(silent, want, 1e-12));
    },
    effort: 0.5,
  }),
  innerWeightsLaw('kl-sparsity', (forward, x, lambda) =>
    klSparsity(sigmoid(forward(x)), { lambda }),
  ),
  hiddenTermLaw('kl-sparsity', {
    activation: 'sigmoid',
    penalty: (h, options) => klSparsity(h, { ...options, eps: 0.1, rho: 0.3 }),
    term: (model, options) => klSparsityTerm(model, { ...options, eps: 0.1, rho: 0.3 }),
  }),
];
