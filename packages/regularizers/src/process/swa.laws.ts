import { drawn, type Law, law } from '@tikhonov/check';
import { mul, parameter, random, sum, type Tensor, zeros } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Dataset } from '@tikhonov/data';
import { BatchNorm1d, Dropout, Linear, Sequential } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { averageWeights } from '@tikhonov/train';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { exactly, near } from '../laws/slack.ts';
import { runCallback, stoppedRun } from '../laws/stopped-weights.ts';
import { plainPlan } from '../registry.ts';
import { swa, swaMethod, updateBatchNorm } from './swa.ts';

const walk = (draw: CaseDraw): { readonly values: readonly Tensor[] } => {
  const shape = draw.shape({ minSize: 1 });
  return { values: Array.from({ length: draw.integer(1, 6) }, () => draw.tensor(shape)) };
};

function averageOf(values: readonly Tensor[]): Tensor {
  const w = parameter(values[0]!);
  const average = swa({ w });
  for (const value of values) {
    w.write(value);
    average.update();
  }
  return average.values().w!;
}

const meanOf = (values: readonly Tensor[]): Tensor =>
  values.reduce((total, one) => total.add(one)).div(values.length);

/** What stochastic weight averaging promises. */
export const swaLaws: readonly Law[] = [
  law({
    id: 'swa/mean',
    statement:
      'The average is the mean of the weights that were taken in, each counting the same, in whatever order.',
    cases: drawn(walk),
    slack: ({ values }) =>
      Math.min(
        near(averageOf(values), meanOf(values), 1e-14),
        near(averageOf([...values].reverse()), averageOf(values), 1e-14),
      ),
  }),
  law({
    id: 'swa/nothing-taken-in',
    statement:
      'Before anything was taken in the average is the weights themselves; the recipe takes in the last quarter of the epochs.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()) })),
    slack: ({ w }) =>
      Math.min(
        exactly(swa({ w: parameter(w) }).values().w!, w),
        recipeTakes(swaMethod, { startFromShare: 0.75 }),
      ),
  }),
  law({
    id: 'swa/centre-of-a-cycle',
    statement:
      'Gradient descent with the rate 2 / l jumps to and fro over the minimum of l ||w - m||^2 / 2 for ever; the mean of an even number of steps is the minimum.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 3);
      return {
        start: draw.tensor([n]),
        minimum: draw.tensor([n]),
        curvature: real(draw, 0.1, 10),
        pairs: draw.integer(1, 4),
      };
    }),
    slack: ({ start, minimum, curvature, pairs }) => {
      const w = parameter(start);
      const optimizer = sgd({ w }, { lr: 2 / curvature });
      const average = swa({ w });
      for (let k = 0; k < 2 * pairs; k++) {
        const away = (): Tensor => w.read().sub(minimum);
        optimizer.minimize(() => sum(mul(away(), away())).mul(curvature / 2));
        average.update();
      }
      return near(average.values().w!, minimum, 1e-12);
    },
  }),
  law({
    id: 'swa/statistics-anew',
    statement:
      'The statistics of batch norms afterwards are the means of those of the batches, the variances unbiased, and nothing of what they were.',
    cases: drawn((draw) => ({
      batches: Array.from({ length: draw.integer(1, 4) }, () => draw.tensor([3, 2])),
      before: draw.tensor([2]),
    })),
    slack: ({ batches, before }) => {
      const layer = new BatchNorm1d(2, { dtype: 'float64' });
      layer.runningMean!.write(before);
      layer.runningVar!.write(before.mul(before));
      updateBatchNorm(layer, batches);
      const means = batches.map((x) => x.mean({ axis: 0 }));
      const variances = batches.map((x, i) =>
        x
          .sub(means[i]!)
          .pow(2)
          .sum({ axis: 0 })
          .div(x.shape[0]! - 1),
      );
      return Math.min(
        near(layer.runningMean!.read(), meanOf(means), 1e-13),
        near(layer.runningVar!.read(), meanOf(variances), 1e-13),
      );
    },
  }),
  law({
    id: 'swa/recipe',
    statement:
      'The recipe leaves the mean of the weights at the ends of the epochs behind the given share.',
    cases: drawn((draw) => ({
      weights: Array.from({ length: draw.integer(1, 7) }, () => draw.tensor([])),
      startFromShare: real(draw, 0, 0.99),
    })),
    slack: ({ weights, startFromShare }) => {
      const [make] = swaMethod.recipe(plainPlan, { startFromShare }).callbacks;
      const task = { classes: 3, features: 2, imageShape: null, rows: 3 };
      const { weight } = stoppedRun(
        (model) => make!({ task, key: random.key(0), model, optimizer: sgd(model, { lr: 0 }) }),
        weights.map(() => 1),
        weights,
      );
      return near(
        weight,
        meanOf(weights.slice(Math.floor(startFromShare * weights.length))),
        1e-13,
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'swa/masks-of-the-passes',
    statement:
      'Dropout in front of a batch norm draws other masks for every batch, those of the key and its place.',
    cases: drawn((draw) => ({
      batches: Array.from({ length: draw.integer(2, 3) }, () => draw.tensor([4, 2])),
      seed: draw.pick([undefined, draw.integer(1, 1000)]),
    })),
    slack: ({ batches, seed }) => {
      const [drop, norm] = [new Dropout({ p: 0.5 }), new BatchNorm1d(2, { dtype: 'float64' })];
      const key = random.key(seed ?? 0);
      updateBatchNorm(new Sequential(drop, norm), batches, seed === undefined ? {} : { key });
      const means = batches.map((x, k) => {
        const rng = random.foldIn(key, k);
        const seen = new Sequential(drop).forward(x, { training: true, rng });
        return seen.mean({ axis: 0 });
      });
      return near(norm.runningMean!.read(), meanOf(means), 1e-13);
    },
    effort: 0.2,
  }),
  law({
    id: 'swa/statistics-of-the-averages',
    statement:
      'In the end the network has the averages, and the statistics of its batch norms are those that a pass over the training rows gives with them.',
    cases: drawn((draw) => ({
      x: draw.tensor([4, 2]),
      weights: [draw.tensor([2, 2]), draw.tensor([2, 2])],
    })),
    slack: ({ x, weights }) => {
      const layer = new Linear(2, 2, { seed: 0, dtype: 'float64' });
      const norm = new BatchNorm1d(2, { dtype: 'float64' });
      const model = new Sequential(layer, norm);
      const dataset = new Dataset({ x, y: zeros([4], { dtype: 'int32' }) });
      runCallback(
        averageWeights(swa(model), { every: 'epoch' }),
        { model, dataset },
        weights.map(() => 1),
        (i) => layer.weight.write(weights[i]!),
      );
      const want = layer.forward(x).mean({ axis: 0 });
      return Math.min(
        near(layer.weight.read(), meanOf(weights), 1e-14),
        near(norm.runningMean!.read(), want, 1e-12),
      );
    },
    effort: 0.2,
  }),
];
