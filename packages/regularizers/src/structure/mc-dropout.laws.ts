import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  concat,
  full,
  grad,
  indexSelect,
  logSoftmax,
  mul,
  ones,
  random,
  relu,
  select,
  softmax,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import {
  BatchNorm1d,
  Dropout,
  type ForwardContext,
  Linear,
  linear,
  Module,
  Sequential,
} from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { placesLaw } from '../laws/noise-layer.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { dropout } from './dropout.ts';
import {
  mcClassification,
  mcDropout,
  mcDropoutMethod,
  mcPasses,
  mcRegression,
} from './mc-dropout.ts';
import { mcPredictionLaws, passesOf } from './mc-prediction.laws.ts';

/** A network with one hidden layer of up to four units, and a row for it. */
function tinyNetwork(draw: CaseDraw) {
  const [inputs, hidden, outputs] = [draw.integer(1, 3), draw.integer(1, 4), draw.integer(2, 3)];
  return {
    x: draw.tensor([1, inputs]),
    first: draw.tensor([hidden, inputs]),
    last: draw.tensor([outputs, hidden]),
    bias: draw.tensor([outputs]),
    p: real(draw, 0.1, 0.8),
    seed: draw.integer(0, 2 ** 30),
  };
}

type TinyNetwork = ReturnType<typeof tinyNetwork>;

/** The network as a module, with the function before its hidden dropout. */
function moduleOf({ first, last, bias, p }: TinyNetwork, act: (x: Tensor) => Tensor): Sequential {
  const [hidden, inputs] = first.shape as [number, number];
  const below = new Linear(inputs, hidden, { seed: 0, bias: false, dtype: 'float64' });
  const above = new Linear(hidden, bias.size, { seed: 0, dtype: 'float64' });
  below.weight.write(first);
  above.weight.write(last);
  above.bias!.write(bias);
  return new Sequential(below, act, new Dropout({ p }), above);
}

/** All sub-networks, `[2^hidden, 1, outputs]`, and their probabilities. */
function ensembleOf(
  { x, first, last, bias, p }: TinyNetwork,
  act: (x: Tensor) => Tensor,
): { readonly outputs: Tensor; readonly weights: Tensor } {
  const hidden = act(linear(x, first));
  const all = allMasks(hidden.shape, p);
  return {
    outputs: stack(
      all.map(({ mask }) => linear(dropout(hidden, { p, mask, training: true }), last, bias)),
    ),
    weights: tensor(Float64Array.from(all.map(({ probability }) => probability))),
  };
}

/** What MC dropout promises. */
export const mcDropoutLaws: readonly Law[] = [
  law({
    id: 'mc-dropout/monte-carlo-is-the-ensemble',
    statement:
      'On a tiny network the mean of 300 passes is within 7.2 standard errors of the mean over all 2^n masks, whose variance gives the error.',
    cases: drawn(tinyNetwork),
    slack: (network) => {
      const { outputs, weights } = ensembleOf(network, relu);
      const exact = mcRegression(outputs, { weights });
      const samples = 300;
      const { mean } = mcDropout(moduleOf(network, relu), network.x, {
        samples,
        rng: random.key(network.seed),
        task: 'regression',
      });
      const [got, want, variance] = [mean.data(), exact.mean.data(), exact.variance.data()];
      return Math.min(
        ...Array.from(got, (y, i) => {
          const v = variance[i]!;
          if (v < 1e-20) return near(y, want[i]!, 1e-12);
          return 1 - Math.abs(y - want[i]!) / Math.sqrt(v / samples) / 7.2;
        }),
      );
    },
    effort: 0.15,
  }),
  law({
    id: 'mc-dropout/linear-ensemble',
    statement:
      'Of a linear network the mean over all 2^n masks is the network without dropout, exactly.',
    cases: drawn(tinyNetwork),
    slack: (network) => {
      const same = (x: Tensor): Tensor => x;
      const { outputs, weights } = ensembleOf(network, same);
      const { mean } = mcRegression(outputs, { weights });
      return near(mean, moduleOf(network, same).forward(network.x), 1e-12);
    },
  }),
  law({
    id: 'mc-dropout/geometric-ensemble',
    statement:
      'Of softmax regression with dropout on the inputs the renormalised geometric mean over all masks is the network without dropout, exactly.',
    cases: drawn((draw) => {
      const [d, k] = [draw.integer(1, 5), draw.integer(2, 3)];
      return {
        x: draw.tensor([d]),
        W: draw.tensor([k, d]),
        b: draw.tensor([k]),
        p: real(draw, 0.1, 0.8),
        mode: draw.pick(['inverted', 'classic'] as const),
      };
    }),
    slack: ({ x, W, b, p, mode }) => {
      let total = zerosLike(b);
      for (const { mask, probability } of allMasks(x.shape, p)) {
        const logits = linear(dropout(x, { p, mask, mode, training: true }), W, b);
        total = add(total, logSoftmax(logits).mul(probability));
      }
      return near(softmax(total), softmax(linear(dropout(x, { p, mode }), W, b)), 1e-12);
    },
  }),
  ...mcPredictionLaws,
  law({
    id: 'mc-dropout/batch-order',
    statement: 'With given masks, rows in another order give the results in that order.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        x: draw.tensor([n, 3]),
        W: draw.tensor([2, 3]),
        masks: [draw.booleans([n, 3]), draw.booleans([n, 3])],
        order: draw.permutation(n),
      };
    }),
    slack: ({ x, W, masks, order }) => {
      const index = tensor(Int32Array.from(order));
      const results = (rows: Tensor, given: readonly Tensor[]) =>
        mcClassification(
          stack(given.map((mask) => linear(dropout(rows, { mask, training: true }), W))),
        );
      const [one, other] = [
        results(x, masks),
        results(
          indexSelect(x, index),
          masks.map((mask) => indexSelect(mask, index)),
        ),
      ];
      return Math.min(
        near(other.mean, indexSelect(one.mean, index), 1e-14),
        near(other.mutualInformation, indexSelect(one.mutualInformation, index), 1e-14),
      );
    },
  }),
  law({
    id: 'mc-dropout/only-noise-is-on',
    statement:
      'Batch norm uses its running statistics and moves none: without dropping, every pass is evaluation, bit for bit, and the state stays.',
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 4), 3]),
      p: draw.pick([0, 0.5]),
      center: draw.tensor([3]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, p, center, seed }) => {
      const norm = new BatchNorm1d(3, { dtype: 'float64' });
      norm.runningMean!.write(center);
      const model = new Sequential(norm, tanh, new Dropout({ p }));
      const evaluated = model.forward(x);
      const outputs = mcPasses(model, x, { samples: 3, rng: random.key(seed) });
      // Also a layer that is asked for the statistics of the batch moves none.
      const names: string[] = [];
      const layers = (_layer: Module, name: string): boolean => names.push(name) > 0;
      const everything = { samples: 1, rng: random.key(seed), layers };
      if (x.shape[0]! > 1) mcPasses(model, x, everything);
      const kept = norm.runningMean!.read();
      const scaled = mul(evaluated, 1 / (1 - p));
      return Math.min(
        exactly(kept, center),
        holds(x.shape[0] === 1 || String(names.toSorted()) === ',0,2'),
        exactly(norm.numBatchesTracked!.read().astype('float64'), 0),
        // Every element is dropped, or that of evaluation.
        ...[0, 1, 2].map((t) => {
          const y = indexSelect(outputs, tensor([t], { dtype: 'int32' })).reshape(x.shape);
          return p === 0
            ? exactly(y, evaluated)
            : near(mul(y, sub(y, scaled)), zerosLike(y), 1e-14);
        }),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'mc-dropout/leaves-the-model',
    statement:
      'The model is left as it was, also by a pass that throws: its methods, cells and later evaluation are the same.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      at: draw.integer(0, 4),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, at, seed }) => {
      const failing = new Failing(at);
      const model = new Sequential(
        new Linear(3, 3, { seed, dtype: 'float64' }),
        new Dropout(),
        failing,
      );
      const before = model.forward(x);
      const state = JSON.stringify(model.stateDict());
      const error = thrown(() => mcPasses(model, x, { samples: 4, rng: random.key(seed) }));
      failing.passes = Infinity;
      return Math.min(
        holds(at > 3 ? error === null : error instanceof Error && error.message === 'pass'),
        exactly(model.forward(x), before),
        holds(JSON.stringify(model.stateDict()) === state),
        holds(model.modules().every((part) => !Object.hasOwn(part, 'forward'))),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'mc-dropout/keys',
    statement:
      'The same key gives the same passes, more samples only append passes; no two passes share their masks, also of other keys.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const [model, x] = [new Sequential(new Dropout()), ones([64], { dtype: 'float64' })];
      const passes = (samples: number): Tensor =>
        mcPasses(model, x, { samples, rng: random.key(seed) });
      const [three, many] = [passes(3), passes(12)];
      const rows = indexSelect(many, tensor([0, 1, 2], { dtype: 'int32' }));
      const all = many.data();
      const other = mcPasses(model, x, { samples: 12, rng: random.key(seed + 1) }).data();
      const rowsOf = (values: ArrayLike<number>): string[] =>
        Array.from({ length: 12 }, (_, t) =>
          String(Array.from(values).slice(64 * t, 64 * (t + 1))),
        );
      const distinct = new Set([...rowsOf(all), ...rowsOf(other)]);
      return Math.min(exactly(three, rows), holds(distinct.size === 24));
    },
    effort: 0.5,
  }),
  law({
    id: 'mc-dropout/prediction',
    statement:
      'The prediction is that of mcPasses with the same key and options; no gradient is recorded.',
    cases: drawn((draw) => ({
      network: tinyNetwork(draw),
      samples: draw.integer(2, 4),
      unbiased: draw.pick([true, false]),
      tau: draw.pick([undefined, 0.5]),
    })),
    slack: ({ network, samples, unbiased, tau }) => {
      const [model, rng] = [moduleOf(network, tanh), random.key(network.seed)];
      const outputs = mcPasses(model, network.x, { samples, rng });
      const options = { samples, rng, unbiased };
      const precision = tau === undefined ? {} : { tau };
      const values = mcDropout(model, network.x, { ...options, ...precision, task: 'regression' });
      const classes = mcDropout(model, network.x, options);
      const wanted = mcRegression(outputs, { unbiased, ...precision });
      const slope = grad((x: Tensor) => sum(square(mcDropout(model, x, options).mean)));
      return Math.min(
        exactly(values.mean, wanted.mean),
        exactly(values.variance, wanted.variance),
        exactly(classes.variance, mcClassification(outputs, { unbiased }).variance),
        exactly(slope(network.x), zerosLike(network.x)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'mc-dropout/impossible-classes',
    statement: 'A class with logit -Infinity in all passes changes nothing, and adds nothing.',
    cases: drawn((draw) => ({ logits: passesOf(draw) })),
    slack: ({ logits }) => {
      const [passes, rows] = logits.shape as readonly [number, number];
      const never = full([passes, rows, 1], -Infinity, { dtype: 'float64' });
      const [got, want] = [
        mcClassification(concat([logits, never], { axis: 2 })),
        mcClassification(logits),
      ];
      return Math.min(
        near(got.entropy, want.entropy, 1e-13),
        near(got.expectedEntropy, want.expectedEntropy, 1e-13),
        near(got.mutualInformation, want.mutualInformation, 1e-13),
        exactly(select(got.mean, -1, { axis: 1 }), zerosLike(want.entropy)),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'mc-dropout/defaults',
    statement:
      'Without arguments there are 32 passes of a classifier with biased variance; the recipe is dropout with p = 0.5.',
    cases: drawn(tinyNetwork),
    slack: (network) => {
      const [model, rng] = [moduleOf(network, relu), random.key(network.seed)];
      const want = mcClassification(mcPasses(model, network.x, { samples: 32, rng }));
      const got = mcDropout(model, network.x, { rng });
      return Math.min(
        exactly(got.mean, want.mean),
        exactly(got.variance, want.variance),
        exactly(got.mutualInformation, want.mutualInformation),
        recipeTakes(mcDropoutMethod, { p: 0.5 }),
      );
    },
    effort: 0.3,
  }),
  placesLaw(mcDropoutMethod, (part) => (part instanceof Dropout ? { p: part.p as number } : null)),
];

/** Throws in one of its passes in training. */
class Failing extends Module {
  passes: number;

  constructor(passes: number) {
    super();
    this.passes = passes;
  }

  forward(x: Tensor, { training = false }: ForwardContext = {}): Tensor {
    if (training && this.passes-- === 0) throw new Error('pass');
    return x;
  }
}
