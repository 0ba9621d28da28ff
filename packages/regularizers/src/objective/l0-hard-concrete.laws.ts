import { drawn, type Law, law } from '@tikhonov/check';
import { grad, random, sigmoid, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import {
  gateProbNonzero,
  gateProbOne,
  type HardConcreteOptions,
  hardConcrete,
  hardConcreteGate,
  l0Penalty,
} from './l0-hard-concrete.ts';

/** Draws what is given of a hard concrete distribution. */
export const distributionOf = (draw: CaseDraw): Required<HardConcreteOptions> => ({
  beta: real(draw, 0.3, 0.9),
  gamma: real(draw, -0.4, -0.05),
  zeta: real(draw, 1.05, 1.4),
});

/** What the hard concrete distribution and its penalty promise. */
export const hardConcreteLaws: readonly Law[] = [
  law({
    id: 'l0/probabilities',
    statement:
      'The shares of draws that are not 0 and that are 1 are sigmoid(logAlpha - beta log(-gamma / zeta)) and sigmoid(logAlpha - beta log((1 - gamma) / (zeta - 1))), within 6 standard errors.',
    cases: drawn((draw) => ({
      logAlpha: draw.tensor([], { min: -2, max: 2 }),
      ...distributionOf(draw),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ logAlpha, seed, ...shape }) => {
      const n = 4000;
      const { z } = hardConcrete(logAlpha, { ...shape, key: random.key(seed), sampleShape: [n] });
      const gates = [...z.data()];
      const score = (share: number, p: number): number =>
        Math.abs(share - p) / Math.sqrt((p * (1 - p)) / n);
      const worst = Math.max(
        score(gates.filter((g) => g !== 0).length / n, gateProbNonzero(logAlpha, shape).item()),
        score(gates.filter((g) => g === 1).length / n, gateProbOne(logAlpha, shape).item()),
      );
      return 1 - worst / 6;
    },
    effort: 0.25,
  }),
  law({
    id: 'l0/penalty-bounds',
    statement:
      'The penalty lies in [0, lambda times the number of gates] and grows with every logAlpha.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        logAlpha: draw.tensor([n]),
        more: draw.tensor([n], { min: 0, max: 2 }),
        lambda: real(draw, 0.1, 2),
        shape: distributionOf(draw),
      };
    }),
    slack: ({ logAlpha, more, lambda, shape }) => {
      const less = l0Penalty(logAlpha, { lambda, ...shape }).item();
      const grown = l0Penalty(logAlpha.add(more), { lambda, ...shape }).item();
      return Math.min(atMost(0, less), atMost(less, grown), atMost(grown, lambda * logAlpha.size));
    },
  }),
  law({
    id: 'l0/gradient',
    statement: 'The gradient of the penalty is lambda groupSize p (1 - p) with p = P(z != 0).',
    cases: drawn((draw) => ({
      logAlpha: draw.tensor([draw.integer(1, 4)], { min: -30, max: 30 }),
      lambda: real(draw, 0.1, 2),
      groupSize: draw.integer(1, 5),
      shape: distributionOf(draw),
    })),
    slack: ({ logAlpha, shape, ...rest }) => {
      const slope = grad((a: Tensor) => l0Penalty(a, { ...rest, ...shape }))(logAlpha);
      const shifted = logAlpha.sub(shape.beta * Math.log(-shape.gamma / shape.zeta));
      // 1 - p without cancellation.
      const product = sigmoid(shifted).mul(sigmoid(shifted.neg()));
      return near(slope, product.mul(rest.lambda * rest.groupSize), 1e-13);
    },
  }),
  law({
    id: 'l0/gate-gradient',
    statement:
      'A gate inside (0, 1) has the derivative (zeta - gamma) s (1 - s) / beta; one that is cut off has 0.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        logAlpha: draw.tensor([n]),
        u: draw.tensor([n], { min: 0.02, max: 0.98 }),
        shape: distributionOf(draw),
      };
    }),
    slack: ({ logAlpha, u, shape }) => {
      const { s, sBar, z } = hardConcrete(logAlpha, { u, ...shape });
      const slope = grad((a: Tensor) => hardConcrete(a, { u, ...shape }).z.sum())(logAlpha);
      const want = s.mul(s.neg().add(1)).mul((shape.zeta - shape.gamma) / shape.beta);
      const open = Float64Array.from(sBar.data(), (b) => (b > 0 && b < 1 ? 1 : 0));
      return Math.min(
        near(
          slope,
          Float64Array.from(want.data(), (d, k) => d * open[k]!),
          1e-13,
        ),
        exactly(
          z,
          Float64Array.from(sBar.data(), (b) => Math.min(1, Math.max(0, b))),
        ),
      );
    },
  }),
  law({
    id: 'l0/cold-gates',
    statement:
      'For beta near 0 a gate is Bernoulli(sigmoid(logAlpha)): 1 where u > 1 - sigmoid(logAlpha), else 0.',
    cases: drawn((draw) => ({
      logAlpha: draw.tensor([4]),
      u: draw.tensor([4], { min: 0.02, max: 0.98 }),
      shape: { ...distributionOf(draw), beta: 1e-6 },
    })),
    slack: ({ logAlpha, u, shape }) => {
      const z = hardConcrete(logAlpha, { u, ...shape }).z.data();
      const threshold = sigmoid(logAlpha.neg()).data();
      const fine = [...u.data()].every(
        (v, k) => Math.abs(v - threshold[k]!) < 1e-3 || z[k] === (v > threshold[k]! ? 1 : 0),
      );
      return holds(fine);
    },
  }),
  law({
    id: 'l0/evaluation',
    statement:
      'The gate of evaluation has no noise and no temperature: that of u = 1/2 and beta = 1, whatever beta is.',
    cases: drawn((draw) => ({
      logAlpha: draw.tensor([draw.integer(1, 4)]),
      shape: distributionOf(draw),
    })),
    slack: ({ logAlpha, shape }) =>
      near(
        hardConcreteGate(logAlpha, shape),
        hardConcrete(logAlpha, { ...shape, beta: 1, u: 0.5 }).z,
        1e-14,
      ),
  }),
];
