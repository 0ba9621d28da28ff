import { drawn, type Law, law } from '@tikhonov/check';
import {
  concat,
  grad,
  matmul,
  random,
  relu,
  sigmoid,
  type Tensor,
  transpose,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Conv2d, Flatten, Linear, mlp, Sequential } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { l0GatesOf, withL0Gates } from './l0-gates.ts';
import {
  gateProbNonzero,
  gateProbOne,
  type HardConcreteOptions,
  hardConcrete,
  hardConcreteGate,
  l0Penalty,
} from './l0-hard-concrete.ts';
import { l0Prune } from './l0-prune.ts';
import { countNonzero, l0Report } from './l0-report.ts';

const distributionOf = (draw: CaseDraw): Required<HardConcreteOptions> => ({
  beta: real(draw, 0.3, 0.9),
  gamma: real(draw, -0.4, -0.05),
  zeta: real(draw, 1.05, 1.4),
});

/** A value of `logAlpha` whose gate is closed, in between, or fully open in evaluation. */
const states = [-9, -0.4, 0.3, 9] as const;

const statesOf = (draw: CaseDraw, n: number): number[] =>
  Array.from({ length: n }, () => draw.pick(states));

const write = (gates: { readonly logAlpha: { write(x: Tensor): void } }, values: number[]): void =>
  gates.logAlpha.write(
    concat(
      values.map((v) => random.uniform(random.key(0), [1], { dtype: 'float64' }).mul(0).add(v)),
    ),
  );

/** What L0 regularization with hard concrete gates promises. */
export const l0Laws: readonly Law[] = [
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
  law({
    id: 'l0/gates-of-layers',
    statement:
      'Gates on the inputs of a linear layer are gates on the columns of its weight; one draw serves the whole batch, unless there is one per sample.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      perExample: draw.pick([true, false]),
      x: draw.tensor([3, 4], { min: 0.5, max: 3 }),
    })),
    slack: ({ seed, perExample, x }) => {
      const layer = withL0Gates(new Linear(4, 2, { seed, dtype: 'float64', bias: false }), {
        seed,
        perExample,
      });
      const gates = l0GatesOf(layer)!.gates();
      const plain = matmul(x, transpose(layer.weight.read().mul(gates)));
      const rng = random.key(seed);
      const { z } = hardConcrete(l0GatesOf(layer)!.logAlpha, {
        key: random.foldIn(rng, 'l0.'),
        sampleShape: perExample ? [3] : [],
      });
      const noisy = matmul(x.mul(z), transpose(layer.weight));
      return Math.min(
        near(layer.forward(x), plain, 1e-13),
        near(layer.forward(x, { training: true, rng }), noisy, 1e-13),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'l0/pruned-mlp',
    statement:
      'The exported perceptron computes what the gated one does in evaluation, in layers of the sizes that the gates leave.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      inputs: statesOf(draw, 3),
      hidden: statesOf(draw, 4),
      x: draw.tensor([2, 3]),
    })),
    slack: ({ seed, inputs, hidden, x }) => {
      const model = withL0Gates(mlp([3, 4, 2], { seed, dtype: 'float64' }));
      const [first, second] = model.layers.map((layer) => l0GatesOf(layer)!);
      write(first!, inputs);
      write(second!, hidden);
      const open = (values: number[]): number => values.filter((v) => v > -9).length;
      const small = l0Prune(model);
      const weight = Object.values(small.parameterValues())[0]!;
      return Math.min(
        near(small.forward(x), model.forward(x), 1e-13),
        holds(String(weight.shape) === `${Math.max(1, open(hidden))},${Math.max(1, open(inputs))}`),
        holds(l0Report(model).architecture === `${open(inputs)}-${open(hidden)}`),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'l0/pruned-convolution',
    statement:
      'A closed filter is taken out with its bias and with what the layers behind it make of it; results stay.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      filters: statesOf(draw, 3),
      second: statesOf(draw, 2),
      features: statesOf(draw, 8),
      shifted: draw.pick([true, false]),
      x: draw.tensor([2, 1, 4, 4]),
    })),
    slack: ({ seed, filters, second, features, shifted, x }) => {
      const at = { seed, dtype: 'float64' } as const;
      const model = withL0Gates(
        new Sequential(
          new Conv2d(1, 3, 2, at),
          // What is 1/2 at 0 keeps a closed filter visible.
          shifted ? sigmoid : relu,
          new Conv2d(3, 2, 2, at),
          relu,
          new Flatten(),
          new Linear(8, 2, at),
        ),
      );
      const gates = [0, 2, 5].map((i) => l0GatesOf(model.layers[i as 0 | 2 | 5])!);
      for (const [i, values] of [filters, second, features].entries()) write(gates[i]!, values);
      const small = l0Prune(model, { inputShape: [1, 4, 4] });
      const open = filters.filter((v) => v > -9).length;
      const kept = Object.values(small.parameterValues())[0]!.shape[0];
      return Math.min(
        near(small.forward(x), model.forward(x), 1e-13),
        holds(kept === (shifted ? 3 : Math.max(1, open))),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'l0/norm-of-weights',
    statement:
      'countNonzero counts the weights whose size is above the tolerance: the norm whose expectation the penalty is.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })),
      kept: draw.pick([true, false]),
      tol: real(draw, 0, 2),
    })),
    slack: ({ w, tol, kept }) => {
      const z = kept ? w : w.mul(0);
      const above = [...z.data()].filter((v) => Math.abs(v) > tol).length;
      return exactly(countNonzero([z], { tol }), above);
    },
  }),
  zeroStrengthLaw('l0', (ws, zero) =>
    ws.map((w) => l0Penalty(w, { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
];
