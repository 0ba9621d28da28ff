import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  expandDims,
  grad,
  greater,
  mul,
  ones,
  random,
  relu,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  unbind,
  where,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Linear, linear } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { DropConnect, dropConnectMethod } from './dropconnect.ts';
import { dropConnect, dropConnectGaussian, dropConnectMoments } from './dropconnect-functions.ts';

/** Rows, weights and biases of a layer. */
function layerOf(draw: CaseDraw, rows = draw.integer(1, 3)) {
  const [into, out] = [draw.integer(1, 3), draw.integer(1, 2)];
  return {
    x: draw.tensor([rows, into]),
    weight: draw.tensor([out, into], { avoid: [0] }),
    bias: draw.tensor([out]),
  };
}

const held = (p: number, inCell: boolean): number | Cell =>
  inCell ? new Cell(tensor(p, { dtype: 'float64' })) : p;

const training = true;

/** What DropConnect promises. */
export const dropConnectLaws: readonly Law[] = [
  law({
    id: 'dropconnect/mean-and-variance',
    statement:
      'Over all masks of the weights: E[y] = x W^T + b and Var[y] = p / (1 - p) x^2 (W^2)^T, which are the moments that it tells.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      p: real(draw, 0, 0.9),
      inCell: draw.pick([true, false]),
    })),
    slack: ({ x, weight, bias, p, inCell }) => {
      const zero = zerosLike(linear(x, weight, bias));
      let [first, second] = [zero, zero];
      for (const { mask, probability } of allMasks(weight.shape, p)) {
        const y = dropConnect(x, weight, { p: held(p, inCell), bias, mask, training });
        first = add(first, mul(y, probability));
        second = add(second, mul(square(y), probability));
      }
      const plain = linear(x, weight, bias);
      const variance = linear(square(x), square(weight)).mul(p / (1 - p));
      const told = dropConnectMoments(x, weight, { p: held(p, inCell), bias });
      return Math.min(
        near(first, plain, 1e-12),
        // E[y^2] is at most some 10^3, so its rounding some 1e-12.
        near(sub(second, square(first)), variance, 1e-10),
        near(told.mean, plain, 1e-13),
        near(told.variance, variance, 1e-12),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'dropconnect/plain-layer',
    statement:
      'Evaluation, and training with p = 0, are the linear layer bit for bit; evaluation draws nothing.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      p: real(draw, 0, 1),
      seed: draw.integer(0, 1000),
      perSample: draw.pick([true, false]),
      inCell: draw.pick([true, false]),
    })),
    slack: ({ x, weight, bias, p, seed, perSample, inCell }) => {
      const plain = linear(x, weight, bias);
      const rng = random.key(seed);
      const none = { p: held(0, inCell), bias, perSample, training, rng };
      const trained = dropConnect(x, weight, none);
      return Math.min(
        exactly(dropConnect(x, weight, { p: held(p, inCell), bias, perSample }), plain),
        exactly(dropConnect(x, weight, { p, bias, perSample, rng }), plain),
        // Products of single samples are summed in another order.
        perSample ? near(trained, plain, 1e-14) : exactly(trained, plain),
      );
    },
  }),
  law({
    id: 'dropconnect/nothing-left',
    statement:
      'With p = 1 only the bias is left, and neither input nor weight has a gradient; inference by draws, whose variance would be infinite, refuses it.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      seed: draw.integer(0, 1000),
      perSample: draw.pick([true, false]),
      inCell: draw.pick([true, false]),
    })),
    slack: ({ x, weight, bias, seed, perSample, inCell }) => {
      const f = ([a, w]: readonly Tensor[]): Tensor =>
        dropConnect(a!, w!, {
          p: held(1, inCell),
          bias,
          perSample,
          training,
          rng: random.key(seed),
        });
      const [dx, dw] = grad((both: readonly Tensor[]) => sum(f(both)))([x, weight]);
      const [out, into] = weight.shape as readonly [number, number];
      const plain = new Linear(into, out, { seed, dtype: 'float64' });
      const layer = new DropConnect(plain, { p: held(1, inCell), perSample });
      const left = layer.forward(x, { training, rng: random.key(seed) });
      const infinite = { p: held(1, inCell), inference: 'gaussian', activation: tanh } as const;
      return Math.min(
        exactly(left, add(zerosLike(left), plain.bias!)),
        holds(thrown(() => new DropConnect(plain, infinite)) instanceof RangeError),
        exactly(f([x, weight]), add(zerosLike(linear(x, weight)), bias)),
        exactly(dx!, zerosLike(x)),
        exactly(dw!, zerosLike(weight)),
      );
    },
  }),
  law({
    id: 'dropconnect/dropped-weights',
    statement:
      'A dropped weight acts as 0 even if it is NaN and has gradient 0; a kept one acts 1 / (1 - p) times; the bias is never dropped.',
    cases: drawn((draw) => {
      const layer = layerOf(draw);
      return {
        ...layer,
        mask: draw.booleans(layer.weight.shape),
        p: real(draw, 0, 0.9),
        bad: draw.pick([Number.NaN, Infinity]),
      };
    }),
    slack: ({ x, weight, bias, mask, p, bad }) => {
      const f = (w: Tensor, b: Tensor): Tensor => dropConnect(x, w, { p, bias: b, mask, training });
      const poisoned = where(mask, weight, bad);
      const bits = mask.astype('float64');
      const scale = 1 / (1 - p);
      const want = linear(x, weight.mul(bits).mul(scale), bias);
      const [dw, db] = grad(([w, b]: readonly Tensor[]) => sum(f(w!, b!)))([poisoned, bias]);
      const columns = expandDims(sum(x, { axis: 0 }), 0);
      return Math.min(
        near(f(weight, bias), want, 1e-13),
        near(f(poisoned, bias), want, 1e-13),
        near(dw!, bits.mul(columns).mul(scale), 1e-13),
        exactly(db!, ones(bias.shape, { dtype: 'float64' }).mul(x.shape[0]!)),
      );
    },
  }),
  law({
    id: 'dropconnect/per-sample',
    statement:
      'With perSample each sample goes through the weights of its own mask, also sequences, whatever the order of the batch.',
    cases: drawn((draw) => {
      const { x, weight, bias } = layerOf(draw, 3);
      const steps = draw.pick([0, 2]);
      return {
        x: steps === 0 ? x : stack([x, draw.tensor(x.shape)], { axis: 1 }),
        weight,
        bias,
        mask: draw.booleans([3, ...weight.shape]),
        p: real(draw, 0, 0.9),
        order: draw.pick([
          [2, 0, 1],
          [1, 0, 2],
        ]),
      };
    }),
    slack: ({ x, weight, bias, mask, p, order }) => {
      const options = { p, bias, training };
      const y = dropConnect(x, weight, { ...options, mask, perSample: true });
      const [rows, masks] = [unbind(x), unbind(mask)];
      const alone = rows.map((row, i) => dropConnect(row, weight, { ...options, mask: masks[i]! }));
      const again = dropConnect(stack(order.map((i) => rows[i]!)), weight, {
        ...options,
        mask: stack(order.map((i) => masks[i]!)),
        perSample: true,
      });
      return Math.min(
        near(y, stack(alone), 1e-13),
        near(again, stack(order.map((i) => alone[i]!)), 1e-13),
      );
    },
  }),
  law({
    id: 'dropconnect/one-mask-or-many',
    statement:
      'By default all rows of a batch go through the same weights, so equal rows stay equal; with perSample each has its own.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), p: real(draw, 0.3, 0.7) })),
    slack: ({ seed, p }) => {
      const [x, weight] = [ones([2, 1]), ones([128, 1])];
      const rng = random.key(seed);
      const [a, b] = unbind(dropConnect(x, weight, { p, training, rng }));
      const [c, d] = unbind(dropConnect(x, weight, { p, training, rng, perSample: true }));
      // 128 weights are alike with probability below 2^-60.
      return Math.min(exactly(a!, b!), holds(String(c!.data()) !== String(d!.data())));
    },
    effort: 0.5,
  }),
  law({
    id: 'dropconnect/expected-share',
    statement:
      'Of n weights n (1 - p) are kept on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 2 ** 30),
      p: real(draw, 0.05, 0.95),
      inCell: draw.pick([true, false]),
      perSample: draw.pick([true, false]),
    })),
    slack: ({ seed, p, inCell, perSample }) => {
      const n = 2000;
      const [x, weight] = [
        ones([20, 1], { dtype: 'float64' }),
        ones([perSample ? n / 20 : n, 1], { dtype: 'float64' }),
      ];
      const options = { p: held(p, inCell), perSample, training, rng: random.key(seed) };
      const y = dropConnect(perSample ? x : ones([1, 1], { dtype: 'float64' }), weight, options);
      const kept = sum(greater(y, 0).astype('float64')).item();
      const z = (kept - n * (1 - p)) / Math.sqrt(n * p * (1 - p));
      return 1 - Math.abs(z) / 7.2;
    },
    effort: 0.5,
  }),
  law({
    id: 'dropconnect/gaussian-inference',
    statement:
      'The paper evaluates by the mean of the activation over draws mean + sqrt(variance) e; without variance that is the activation.',
    cases: drawn((draw) => {
      const layer = layerOf(draw);
      const samples = draw.integer(1, 3);
      const shape = [samples, layer.x.shape[0]!, layer.weight.shape[0]!];
      return { ...layer, samples, normal: draw.tensor(shape), p: real(draw, 0, 0.9) };
    }),
    slack: ({ x, weight, bias, samples, normal, p }) => {
      const options = { bias, samples, normal };
      const { mean, variance } = dropConnectMoments(x, weight, { p, bias });
      const draws = unbind(normal).map((e) => add(mean, mul(sqrt(variance), e)));
      const averaged = (f: (u: Tensor) => Tensor): Tensor =>
        draws
          .map(f)
          .reduce((a, b) => add(a, b))
          .div(samples);
      return Math.min(
        near(dropConnectGaussian(x, weight, { ...options, p }), averaged(relu), 1e-12),
        near(
          dropConnectGaussian(x, weight, { ...options, p, activation: tanh }),
          averaged(tanh),
          1e-12,
        ),
        near(dropConnectGaussian(x, weight, { ...options, p: 0 }), relu(mean), 1e-13),
      );
    },
  }),
  law({
    id: 'dropconnect/layer',
    statement:
      'The layer keeps the parameters of the linear layer, trains as the function does with its key, and evaluates as the linear layer or by draws.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      seed: draw.integer(0, 1000),
      p: real(draw, 0.1, 0.9),
      perSample: draw.pick([true, false]),
      hasBias: draw.pick([true, false]),
    })),
    slack: ({ x, seed, p, perSample, hasBias }) => {
      const plain = new Linear(3, 2, { seed, dtype: 'float64', bias: hasBias });
      const before = plain.forward(x);
      const layer = new DropConnect(plain, { p, perSample });
      const own = new DropConnect(plain, {
        p,
        inference: 'gaussian',
        samples: 4,
        activation: tanh,
      });
      const rng = random.key(seed);
      const bias = hasBias ? { bias: plain.bias! } : {};
      const trained = dropConnect(x, plain.weight, { p, perSample, ...bias, training, rng });
      const drawnOnes = dropConnectGaussian(x, plain.weight, {
        p,
        ...bias,
        samples: 4,
        activation: tanh,
        rng,
      });
      const batchMask = dropConnect(x, plain.weight, { p, ...bias, training, rng });
      return Math.min(
        holds(layer.weight === plain.weight && layer.bias === plain.bias),
        exactly(layer.forward(x), before),
        exactly(layer.forward(x, { training, rng }), trained),
        exactly(own.forward(x, { rng }), drawnOnes),
        exactly(own.forward(x, { training, rng }), tanh(batchMask)),
        holds(thrown(() => own.forward(x)) instanceof TypeError),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'dropconnect/recipe',
    statement:
      'The recipe puts the rate on every hidden linear layer and leaves the output layer and the initial weights as they are.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000), p: real(draw, 0.1, 0.9) })),
    slack: ({ seed, p }) => {
      const options = {
        task: { classes: 3, features: 4, imageShape: [1, 2, 2] as const, rows: 9 },
        lr: 0.01,
        seed,
        key: random.key(seed),
      };
      const slacks = (['mlp', 'cnn'] as const).map((kind) => {
        const network =
          kind === 'mlp'
            ? ({ kind, hidden: [5, 6] } as const)
            : ({ kind, channels: [2], hidden: [5, 6] } as const);
        const made = configure(dropConnectMethod.recipe(plainPlan, { p }), { ...options, network });
        const plain = configure(plainPlan, { ...options, network });
        const layers = made.model.modules().filter((part) => part instanceof Linear);
        const values = (states: Readonly<Record<string, Tensor>>): number[] =>
          Object.values(states).flatMap((x) => Array.from(x.data()));
        return Math.min(
          exactly(values(made.model.stateDict()), values(plain.model.stateDict())),
          holds(layers.length === 3),
          ...layers.map((layer, i) =>
            holds(
              i < 2 ? layer instanceof DropConnect && layer.p === p : layer.constructor === Linear,
            ),
          ),
        );
      });
      return Math.min(...slacks, recipeTakes(dropConnectMethod, { p: 0.5 }));
    },
    effort: 0.1,
  }),
  law({
    id: 'dropconnect/defaults',
    statement:
      'The rate is 0.5, one mask serves the batch, and inference by draws takes 100 of them.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      w: draw.tensor([4, 3]),
      seed: draw.integer(0, 99),
    })),
    slack: ({ x, w, seed }) => {
      const rng = random.key(seed);
      const said = { p: 0.5, perSample: false, training, rng };
      const layer = new DropConnect(new Linear(3, 4, { seed, dtype: 'float64' }));
      const many = { p: 0.5, samples: 100, activation: relu, rng };
      const out = 4;
      const active = new DropConnect(new Linear(3, out, { seed }), { activation: tanh });
      const same = ones([2, 3], { dtype: 'float64' });
      const drawnRows = dropConnectGaussian(same, ones([out, 3], { dtype: 'float64' }), {
        samples: 1,
        rng,
      }).data();
      return Math.min(
        exactly(dropConnect(x, w, { training, rng }), dropConnect(x, w, said)),
        exactly(dropConnectGaussian(x, w, { rng }), dropConnectGaussian(x, w, many)),
        exactly(dropConnectMoments(x, w).variance, dropConnectMoments(x, w, { p: 0.5 }).variance),
        holds(layer.p === 0.5 && !layer.perSample && layer.inference === 'mean'),
        holds(layer.samples === 100 && layer.activation === null),
        holds(active.inference === 'mean'),
        // Rows draw for themselves, also rows that are alike.
        holds(drawnRows[0] !== drawnRows[out]),
        exactly(dropConnect(x, w, { p: 1, training, mask: ones([out, 3]) }), zeros([2, out])),
      );
    },
    effort: 0.25,
  }),
  constantNoiseLaw('dropconnect', (draw) => {
    const [x, w] = [draw.tensor([2, 3], { avoid: [0] }), draw.tensor([4, 3], { avoid: [0] })];
    return {
      noise: draw.tensor([1, 2, 4]),
      apply: (normal) => dropConnectGaussian(x, w, { samples: 1, activation: tanh, normal }),
    };
  }),
  ...decisionLaws('dropconnect', (n, rng, dtype) =>
    greater(
      dropConnect(ones([1, 1], { dtype }), ones([n, 1], { dtype }), { p: 0.4, training, rng }),
      0,
    )
      .astype('float64')
      .reshape([n]),
  ),
];
