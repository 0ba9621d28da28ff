import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  grad,
  matmul,
  mul,
  ones,
  parameter,
  random,
  relu,
  sigmoid,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  where,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Dropout, dropout, Linear, linear } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { otherArguments } from '../laws/other-arguments.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import { dropoutMethod } from './dropout.ts';
import { Standout, standout, standoutKeepProbability, standoutMethod } from './standout.ts';

/** Rows and a layer for them. */
function layerOf(draw: CaseDraw) {
  const [n, inputs, units] = [draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 3)];
  return {
    x: draw.tensor([n, inputs]),
    W: draw.tensor([units, inputs]),
    bias: draw.tensor([units]),
    Pi: draw.tensor([units, inputs]),
    alpha: real(draw, -2, 2),
    beta: real(draw, -2, 2),
    tie: draw.pick(['logit', 'weights'] as const),
  };
}

/** The mean over all masks of single elements, each dropped with its own probability. */
function exactMean(train: (mask: Tensor) => Tensor, keep: Tensor): Tensor {
  let total = zerosLike(keep);
  for (const { mask } of allMasks(keep.shape, 0.5)) {
    const [bits, k] = [Array.from(mask.data()), keep.data()];
    const probability = bits.reduce(
      (product, bit, i) => product * (bit === 1 ? k[i]! : 1 - k[i]!),
      1,
    );
    total = add(total, mul(train(mask), probability));
  }
  return total;
}

/** What standout promises. */
export const standoutLaws: readonly Law[] = [
  law({
    id: 'standout/evaluation-is-the-mean',
    statement:
      'Evaluation, keep probability times activation, is the exact mean of training over all masks, for both ties and for belief weights.',
    cases: drawn((draw) => ({ ...layerOf(draw), own: draw.pick([true, false]) })),
    slack: ({ x, W, bias, Pi, alpha, beta, tie, own }) => {
      const belief = own ? { beliefWeights: Pi } : { alpha, beta, tie };
      const options = { ...belief, bias, activation: 'tanh' } as const;
      const mean = exactMean(
        (mask) => standout(x, W, { ...options, mask, training: true }),
        standoutKeepProbability(x, W, belief),
      );
      return near(standout(x, W, options), mean, 1e-13);
    },
    effort: 0.5,
  }),
  law({
    id: 'standout/beliefs',
    statement:
      'The belief is alpha (x W^T) + beta without the bias, or x (alpha W + beta)^T, or x Pi^T; for beta = 0 both ties agree.',
    cases: drawn(layerOf),
    slack: ({ x, W, Pi, alpha, beta }) => {
      const k = (options: Parameters<typeof standoutKeepProbability>[2]): Tensor =>
        standoutKeepProbability(x, W, options);
      const weights = W.mul(alpha).add(beta);
      return Math.min(
        near(k({ alpha, beta }), sigmoid(linear(x, W).mul(alpha).add(beta)), 1e-14),
        near(k({ alpha, beta, tie: 'weights' }), sigmoid(linear(x, weights)), 1e-13),
        near(k({ beliefWeights: Pi, alpha, beta }), sigmoid(linear(x, Pi)), 1e-14),
        exactly(k({ alpha, tie: 'weights' }), k({ alpha, tie: 'logit' })),
      );
    },
  }),
  law({
    id: 'standout/alpha-0-is-classic-dropout',
    statement:
      'With alpha = 0 it is classic dropout with p = 1 - sigmoid(beta), in training with the same key and in evaluation.',
    cases: drawn((draw) => ({ ...layerOf(draw), seed: draw.integer(0, 1000) })),
    slack: ({ x, W, bias, beta, seed }) => {
      const options = { alpha: 0, beta, bias };
      const [a, p] = [relu(linear(x, W, bias)), 1 / (1 + Math.exp(beta))];
      const context = { training: true, rng: random.key(seed) };
      return Math.min(
        near(standout(x, W, options), dropout(a, { p, mode: 'classic' }), 1e-14),
        exactly(
          standout(x, W, { ...options, ...context }),
          dropout(a, { p, mode: 'classic', ...context }),
        ),
      );
    },
  }),
  law({
    id: 'standout/keeps-strong-units',
    statement:
      'The keep probability grows with the belief; with a belief above 30 at most one unit of a thousand is dropped (by a draw of 0), below -30 all are.',
    cases: drawn((draw) => ({
      beliefs: draw.tensor([2], { min: -5, max: 5 }),
      size: real(draw, 30, 500),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ beliefs, size, seed }) => {
      const W = ones([1000, 1], { dtype: 'float64' });
      const [low, high] = [...beliefs.data()].sort((a, b) => a - b);
      const k = (belief: number): number =>
        standoutKeepProbability(
          tensor(Float64Array.of(belief)),
          tensor(Float64Array.of(1), { shape: [1, 1] }),
        ).item();
      const kept = (belief: number): number => {
        const y = standout(tensor(Float64Array.of(1)), W, {
          alpha: belief,
          training: true,
          rng: random.key(seed),
        });
        return sum(y).item();
      };
      return Math.min(atMost(k(low!), k(high!)), atMost(999, kept(size)), exactly(kept(-size), 0));
    },
    effort: 0.5,
  }),
  law({
    id: 'standout/training-gradient',
    statement:
      'In training the mask is a constant: gradients are those of the masked activation, none from the belief; in evaluation belief weights have one.',
    cases: drawn((draw) => {
      const layer = layerOf(draw);
      return { ...layer, mask: draw.booleans([layer.x.shape[0]!, layer.W.shape[0]!]) };
    }),
    slack: ({ x, W, bias, Pi, alpha, beta, tie, mask }) => {
      const parameters = { W: parameter(W), bias: parameter(bias), x: parameter(x) };
      type Parameters = typeof parameters;
      const given = { alpha, beta, tie, activation: 'tanh', training: true, mask } as const;
      const gradients = (f: (p: Parameters) => Tensor): Readonly<Record<string, Tensor>> =>
        valueAndGrad(f)(parameters)[1];
      const got = gradients((p) => sum(standout(p.x, p.W, { ...given, bias: p.bias })));
      const want = gradients((p) => sum(where(mask, tanh(linear(p.x, p.W, p.bias)), 0)));
      const own = (training: boolean) => (pi: Tensor) =>
        sum(
          standout(x, W, { activation: (z) => z.mul(0).add(1), beliefWeights: pi, training, mask }),
        );
      const k = sigmoid(linear(x, Pi));
      const slopes = matmul(transpose(mul(k, sub(1, k))), x);
      return Math.min(
        ...['W', 'bias', 'x'].map((name) => near(got[name]!, want[name]!, 1e-14)),
        exactly(grad(own(true))(Pi), zerosLike(Pi)),
        near(grad(own(false))(Pi), slopes, 1e-14),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'standout/dropped-and-not-a-number',
    statement:
      'Dropped units are exactly 0 also where the activation is NaN or infinite; an input that is NaN is not hidden.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      bad: draw.pick([Number.NaN, Infinity]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, W, bad, seed }) => {
      const activation = (z: Tensor): Tensor => z.mul(0).add(bad);
      const none = zerosLike(linear(x, W));
      const dropped = standout(x, W, { activation, training: true, mask: none });
      const seen = standout(x.mul(Number.NaN), W, {
        activation: 'tanh',
        training: true,
        rng: random.key(seed),
      });
      return Math.min(exactly(dropped, none), holds([...seen.data()].every(Number.isNaN)));
    },
  }),
  law({
    id: 'standout/layer',
    statement:
      'The layer is the function of its weights, bias, belief weights and settings, in training with the key of its context.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      own: draw.pick([true, false]),
      training: draw.pick([true, false]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, W, bias, Pi, alpha, beta, tie, own, training, seed }) => {
      const inner = new Linear(W.shape[1]!, W.shape[0]!, { seed: 0, dtype: 'float64' });
      inner.weight.write(W);
      inner.bias!.write(bias);
      const settings = { alpha, beta, tie, activation: 'tanh' } as const;
      const belief = own ? { beliefWeights: Pi } : {};
      const layer = new Standout(inner, { ...settings, ...belief });
      const context = { training, rng: random.key(seed) };
      const cell = layer.beliefWeights;
      return Math.min(
        exactly(
          layer.forward(x, context),
          standout(x, W, { ...settings, ...belief, bias, ...context }),
        ),
        holds(
          own
            ? cell instanceof Cell && !('beliefWeights' in layer.namedParameters())
            : cell === null,
        ),
      );
    },
  }),
  law({
    id: 'standout/defaults',
    statement: "Without arguments alpha is 1, beta 0, the tie 'logit' and the activation ReLU.",
    cases: drawn((draw) => ({ ...layerOf(draw), training: draw.pick([true, false]) })),
    slack: ({ x, W, training }) => {
      const context = { training, rng: random.key(1) };
      const layer = new Standout(new Linear(W.shape[1]!, 3, { seed: 1, dtype: 'float64' }));
      const spelled = { alpha: 1, beta: 0, tie: 'logit', activation: 'relu' } as const;
      return Math.min(
        exactly(standout(x, W, context), standout(x, W, { ...spelled, ...context })),
        exactly(layer.forward(x, context), new Standout(layer.linear, spelled).forward(x, context)),
        recipeTakes(standoutMethod, { alpha: 1, beta: 0 }),
      );
    },
  }),
  law({
    id: 'standout/recipe',
    statement:
      'The recipe makes standout of all hidden linear layers with the activation of the network, which acts once: evaluation is that network with k a in place of a. What other methods put behind an activation stays.',
    cases: drawn((draw) => ({
      values: otherArguments(draw, standoutMethod),
      kind: draw.pick(['relu', 'tanh', 'sigmoid'] as const),
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, kind, x, seed }) => {
      const plan = standoutMethod.recipe(
        { ...plainPlan, network: { dtype: 'float64', activation: kind } },
        values,
      );
      const task = { classes: 2, features: 2, imageShape: null, rows: 3 };
      const { model } = configure(plan, {
        hidden: [4, 3],
        task,
        lr: 0.1,
        seed,
        key: random.key(0),
      });
      const named = model.namedModules();
      const layers = ['0.linear', '2.linear', '4'].map((name) => named[name] as Linear);
      let y = x;
      for (const [i, { weight, bias }] of layers.entries()) {
        y =
          i === 2
            ? linear(y, weight, bias!)
            : standout(y, weight, { ...values, activation: kind, bias: bias! });
      }
      const both = standoutMethod.recipe(dropoutMethod.recipe(plainPlan, {}), values);
      const parts = configure(both, { hidden: [4, 3], task, lr: 0.1, seed, key: random.key(0) });
      const dropouts = parts.model.modules().filter((part) => part instanceof Dropout);
      return Math.min(near(model.forward(x), y, 1e-13), holds(dropouts.length === 2));
    },
    effort: 0.3,
  }),
  ...decisionLaws('standout', (n, rng, dtype) => {
    const W = ones([n, 1], { dtype });
    return standout(ones([1], { dtype }), W, { alpha: 0.25, training: true, rng });
  }),
];
