import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  grad,
  mean,
  mul,
  norm,
  ones,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
  variance,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { BatchNorm1d, BatchNorm2d, batchNorm, Conv2d, Linear } from '@tikhonov/nn';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { chainsOf, smallCnn } from '../laws/layer-chains.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import type { Network } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { batchNormalizationMethod } from './batch-normalization.ts';

const training = true;

/** Rows or maps of some channels that are not constant. */
function batchOf(draw: CaseDraw) {
  const [n, c] = [draw.integer(2, 4), draw.integer(1, 3)];
  const shape = draw.pick([
    [n, c],
    [n, c, 2],
    [n, c, 2, 2],
  ]);
  return {
    x: draw.tensor(shape, { distinct: true }),
    weight: draw.tensor([c]),
    bias: draw.tensor([c]),
  };
}

/** All axes but that of the channels. */
const others = (x: Tensor): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** What batch normalization promises. */
export const batchNormalizationLaws: readonly Law[] = [
  law({
    id: 'batch-normalization/moments',
    statement:
      'In training each channel has the mean beta and the biased variance gamma^2 v / (v + eps) over batch and positions, v being that of its input.',
    cases: drawn((draw) => ({ ...batchOf(draw), eps: real(draw, 0, 0.5) })),
    slack: ({ x, weight, bias, eps }) => {
      const y = batchNorm(x, { weight, bias, eps, training });
      const axis = others(x);
      const v = variance(x, { axis, correction: 0 });
      return Math.min(
        near(mean(y, { axis }), bias, 1e-12),
        near(variance(y, { axis, correction: 0 }), square(weight).mul(v).div(v.add(eps)), 1e-11),
      );
    },
  }),
  law({
    id: 'batch-normalization/batch-mates',
    statement:
      'In training a row depends on its batch mates: permuting the batch permutes the output, changing one row changes the others; in evaluation it does not.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2], { distinct: true }),
      by: real(draw, 0.5, 2),
    })),
    slack: ({ x, by }) => {
      const turned = (y: Tensor): Tensor => stack(unbind(y).toReversed());
      const rows = unbind(x);
      const other = stack([rows[0]!.add(by), rows[1]!, rows[2]!]);
      const float = { dtype: 'float64' } as const;
      const statistics = { runningMean: zeros([2], float), runningVar: ones([2], float) };
      const train = (y: Tensor): Tensor => batchNorm(y, { training });
      const test = (y: Tensor): Tensor => batchNorm(y, statistics);
      const last = (y: Tensor): Tensor => unbind(y)[2]!;
      return Math.min(
        near(train(turned(x)), turned(train(x)), 1e-13),
        holds(norm(last(train(other)).sub(last(train(x)))).item() > 1e-6),
        exactly(last(test(other)), last(test(x))),
      );
    },
  }),
  law({
    id: 'batch-normalization/scale',
    statement:
      'Scaling and shifting what comes in, as other weights and biases before it would, changes nothing but the role of eps.',
    cases: drawn((draw) => ({
      ...batchOf(draw),
      a: real(draw, 0.1, 10),
      shift: real(draw, -3, 3),
    })),
    slack: ({ x, weight, bias, a, shift }) => {
      const plain = batchNorm(x, { weight, bias, eps: 1e-3, training });
      const scaled = batchNorm(x.mul(a).add(shift), { weight, bias, eps: 1e-3 * a * a, training });
      return near(scaled, plain, 1e-9);
    },
  }),
  law({
    id: 'batch-normalization/gradient',
    statement:
      'Gradients flow through the statistics of the batch: those by the input of a channel sum to 0, and are orthogonal to it if eps is 0.',
    cases: drawn((draw) => {
      const batch = batchOf(draw);
      return { ...batch, slope: draw.tensor(batch.x.shape) };
    }),
    slack: ({ x, weight, bias, slope }) => {
      const f = (y: Tensor): Tensor =>
        sum(batchNorm(y, { weight, bias, eps: 0, training }).mul(slope));
      const g = grad(f)(x);
      const axis = others(x);
      const size = norm(g).item() + 1;
      const centred = sub(x, mean(x, { axis, keepdims: true }));
      return Math.min(
        near(sum(g, { axis }).div(size), zerosLike(weight), 1e-11),
        near(sum(mul(g, centred), { axis }).div(size), zerosLike(weight), 1e-11),
      );
    },
  }),
  law({
    id: 'batch-normalization/running-statistics',
    statement:
      'Running mean and variance move by momentum towards those of the batch, the variance unbiased; evaluation uses and keeps them, and no gradient flows into them.',
    cases: drawn((draw) => {
      const batch = batchOf(draw);
      const c = batch.weight.shape;
      return {
        ...batch,
        mu: draw.tensor(c),
        v: draw.tensor(c, { min: 0.5, max: 2 }),
        momentum: real(draw, 0, 1),
        given: draw.pick([true, false]),
      };
    }),
    slack: ({ x, weight, bias, mu, v, momentum, given }) => {
      const cells = (): { readonly runningMean: Cell; readonly runningVar: Cell } => ({
        runningMean: new Cell(mu),
        runningVar: new Cell(v),
      });
      const moved = cells();
      const share = given ? momentum : 0.1;
      const options = { weight, bias, training, ...(given ? { momentum } : {}) };
      batchNorm(x, { ...options, ...moved });
      const axis = others(x);
      const count = x.size / weight.size;
      const unbiased = variance(x, { axis, correction: 0 }).mul(count / (count - 1));
      const mix = (a: Tensor, b: Tensor): Tensor => add(a.mul(1 - share), b.mul(share));
      const still = cells();
      const y = batchNorm(x, { weight, bias, ...still });
      const frozen = cells();
      batchNorm(x, { ...options, ...frozen, updateState: false });
      const layout = [1, -1, ...x.shape.slice(2).map(() => 1)];
      const wide = (one: Tensor): Tensor => one.reshape(layout);
      const want = x
        .sub(wide(mu))
        .div(wide(sqrt(v.add(1e-5))))
        .mul(wide(weight))
        .add(wide(bias));
      const into = grad((z: Tensor) => {
        const state = cells();
        batchNorm(z, { ...options, ...state });
        return add(sum(state.runningVar.read()), sum(state.runningMean.read())).add(sum(z).mul(0));
      })(x);
      return Math.min(
        near(moved.runningMean.read(), mix(mu, mean(x, { axis })), 1e-13),
        near(moved.runningVar.read(), mix(v, unbiased), 1e-12),
        near(y, want, 1e-12),
        ...[still, frozen].flatMap((state) => [
          exactly(state.runningMean.read(), mu),
          exactly(state.runningVar.read(), v),
        ]),
        exactly(into, zerosLike(x)),
      );
    },
  }),
  law({
    id: 'batch-normalization/layer',
    statement:
      'The layer counts its batches and moves only in training; it begins as the standardization with statistics 0 and 1. One value per channel is refused.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2], { distinct: true }) })),
    slack: ({ x }) => {
      const layer = new BatchNorm1d(2, { dtype: 'float64' });
      const first = layer.forward(x);
      const trained = layer.forward(x, { training });
      layer.forward(x, { training, updateState: false });
      layer.forward(x);
      const state = layer.stateDict();
      const alone = thrown(() => layer.forward(slice(x, [{ start: 0, stop: 1 }]), { training }));
      return Math.min(
        near(first, x.div(Math.sqrt(1 + 1e-5)), 1e-13),
        exactly(trained, batchNorm(x, { training })),
        exactly(state.num_batches_tracked!.data(), [1]),
        near(state.running_mean!, mean(x, { axis: 0 }).mul(0.1), 1e-13),
        holds(alone instanceof RangeError && /more than one value/.test(alone.message)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'batch-normalization/recipe',
    statement:
      'The recipe puts it behind hidden linear layers and convolutions, with its momentum and eps, and leaves the output layer and the initial weights as they are.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      momentum: real(draw, 0, 1),
      eps: real(draw, 1e-6, 0.1),
      dtype: draw.pick(['float32', 'float64'] as const),
    })),
    slack: ({ seed, momentum, eps, dtype }) => {
      const start = { ...plainPlan, network: { dtype } };
      const model = smallCnn(batchNormalizationMethod.recipe(start, { momentum, eps }), seed);
      const fits = chainsOf(model).map(([layer, norm]) => {
        const isRight =
          layer instanceof Conv2d
            ? norm instanceof BatchNorm2d && norm.numFeatures === layer.outChannels
            : layer instanceof Linear &&
              norm instanceof BatchNorm1d &&
              norm.numFeatures === layer.outFeatures;
        if (!isRight) return -1;
        const own = norm as BatchNorm1d | BatchNorm2d;
        return holds(
          own.momentum === momentum && own.eps === eps && own.runningVar!.read().dtype === dtype,
        );
      });
      const weights = (network: Network): number[] =>
        network
          .modules()
          .filter((one) => one instanceof Linear || one instanceof Conv2d)
          .flatMap((one) => Array.from(one.weight.read().data()))
          // Modules come in another order within chains.
          .sort((a, b) => a - b);
      return Math.min(
        holds(fits.length === 3),
        ...fits,
        exactly(weights(model), weights(smallCnn(start, seed))),
        recipeTakes(batchNormalizationMethod, { momentum: 0.1, eps: 1e-5 }),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'batch-normalization/defaults',
    statement:
      'eps is 1e-5 and momentum 0.1; weights begin with 1, shifts with 0, or are left out; without running statistics evaluation takes those of the batch; equal values give exactly 0.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2], { distinct: true }) })),
    slack: ({ x }) => {
      const layer = new BatchNorm2d(3);
      const options = { eps: 0.1, affine: false, dtype: 'float64' } as const;
      const own = new BatchNorm1d(2, { ...options, trackRunningStats: false });
      const tracking = new BatchNorm1d(2, options);
      const means = [0.3, tensor(0.3, { dtype: 'float64' })].map((momentum) => {
        const moving = new BatchNorm1d(2, { ...options, momentum });
        moving.forward(x, { training });
        return moving.runningMean!.read();
      });
      const flat = tensor([[0.1], [0.1], [0.1]], { dtype: 'float64' });
      return Math.min(
        exactly(batchNorm(x, { training }), batchNorm(x, { training, eps: 1e-5 })),
        holds(layer.eps === 1e-5 && layer.momentum === 0.1),
        exactly(own.forward(x, { training }), batchNorm(x, { training, eps: 0.1 })),
        exactly(own.forward(x), batchNorm(x, { training, eps: 0.1 })),
        holds(own.weight === null && own.bias === null),
        near(means[1]!, means[0]!, 1e-15),
        exactly(tracking.forward(x, { training }), own.forward(x)),
        // The mean of equal values may be rounded; they are exactly 0 apart from it all the same.
        exactly(batchNorm(flat, { training }), flat.mul(0)),
        exactly(layer.weight!.read(), [1, 1, 1]),
        exactly(layer.bias!.read(), tensor([0, 0, 0])),
      );
    },
    effort: 0.25,
  }),
];
