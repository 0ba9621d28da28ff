import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import {
  add,
  Cell,
  diag,
  div,
  matmul,
  mul,
  parameter,
  random,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import { solve, svdvals } from '@tikhonov/core/linalg';
import { sgd } from '@tikhonov/optim';
import { spread } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { geometric } from './linear-paths.ts';
import {
  enumeratedLoss,
  type InputNoise,
  noisy,
  type Regression,
  regression,
  ridgeLoss,
  squaredErrors,
} from './noisy-regression.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

interface Input {
  readonly noise: InputNoise;
  readonly p: number;
  readonly seed: number;
  /** Steps of training with fresh noise. */
  readonly steps: number;
}

/** What two ways of training gave, and what they should give. All weights are those that predict with `X w`. */
interface Output extends Input {
  /** Of a problem small enough for all masks: how far the expected loss is from that of ridge, relatively. */
  readonly lossGap: number;
  /** How far weights trained on all masks, or on the expectation, are from ridge regression, relatively. */
  readonly enumeratedGap: number;
  readonly marginalGap: number;
  /** With fresh noise at each step: the mean weights behind the first fifth, and their standard errors. */
  readonly sampled: readonly number[];
  readonly errors: readonly number[];
  readonly ridge: readonly number[];
  readonly leastSquares: readonly number[];
  /** The strength of ridge that has these weights. */
  readonly strength: number;
  /** Ridge weights at a row of strengths, for the picture. */
  readonly path: readonly { readonly strength: number; readonly w: readonly number[] }[];
}

const float64 = { dtype: 'float64' } as const;
const noises = ['bernoulli', 'classic', 'gaussian'] as const satisfies readonly InputNoise[];
const rates = [0.2, 0.5];
/** The bound on a z-score: with some hundred of them, one in a thousand runs would pass it by chance. */
const bound = 5;
const batches = 20;

/** Everything about ridge regression whose strength is in units of the columns' sums of squares. */
function ridgeOf({ x, y }: Regression) {
  const gram = matmul(transpose(x), x);
  const moment = matmul(transpose(x), y);
  const scales = diag(gram);
  const dot = (a: Tensor, b: Tensor): number => sum(mul(a, b)).item();
  return {
    at: (strength: number): number[] =>
      solve(add(gram, mul(diag(scales), strength)), moment).toArray<number[]>(),
    /** The strength that has weights like these, by least squares. */
    strengthOf(weights: readonly number[]): number {
      const w = tensor([...weights], float64);
      const pull = mul(scales, w);
      return dot(pull, sub(moment, matmul(gram, w))) / dot(pull, pull);
    },
  };
}

/** Gradient descent in runs, each of which gives its last weights and the mean of all. */
function descent(
  { x }: Regression,
  { p, share }: { readonly p: number; readonly share: number },
  loss: (w: Tensor, count: Tensor) => Tensor,
): (steps: number) => { readonly last: number[]; readonly mean: number[] } {
  const [n, d] = x.shape as [number, number];
  const none = zeros([d], float64);
  const w = parameter(none);
  const [count, total] = [new Cell(tensor(0, { dtype: 'int32' })), new Cell(none)];
  const curvature = (2 * svdvals(x).data()[0]! ** 2) / (1 - p) / n;
  const optimizer = sgd({ w }, { lr: share / curvature });
  const step = compile(() => {
    count.write(add(count.read(), 1));
    optimizer.minimize(() => div(loss(w.read(), count.read()), n));
    total.write(add(total.read(), w.read()));
  });
  return (steps) => {
    total.write(none);
    for (let k = 0; k < steps; k++) step();
    const mean = div(total.read(), steps).toArray<number[]>();
    return { last: w.read().toArray<number[]>(), mean };
  };
}

const distance = (w: readonly number[], from: readonly number[]): number =>
  Math.hypot(...w.map((value, k) => value - from[k]!)) / Math.hypot(...from);

async function task(input: Input): Promise<Output> {
  const { noise, p, seed, steps } = input;
  // Classic weights predict with (1 - p) X w.
  const scaled = (w: readonly number[]): number[] =>
    w.map((value) => (noise === 'classic' ? 1 - p : 1) * value);
  const [small, large] = [regression(seed, [4, 3]), regression(seed, [40, 6])];
  const strength = p / (1 - p);
  const exactSteps = Math.min(steps, 4000);
  const expected = enumeratedLoss(small, noise, p);
  const anyWeights = random.normal(random.foldIn(random.key(seed), 'any'), [3], float64);
  const theory = ridgeLoss(small, noise, p, anyWeights).item();
  const enumerated = descent(small, { p, share: 1 }, expected)(exactSteps).last;
  const solutions = ridgeOf(large);
  const ridge = solutions.at(strength);
  const marginalLoss = (w: Tensor): Tensor => ridgeLoss(large, noise, p, w);
  const marginal = descent(large, { p, share: 1 }, marginalLoss)(exactSteps).last;
  const key = random.foldIn(random.key(seed), 'training');
  const train = descent(large, { p, share: 0.5 }, (w, count) =>
    sum(squaredErrors(noisy(large.x, noise, p, { rng: random.foldIn(key, count) }), large, w)),
  );
  train(Math.ceil(steps / 5));
  const size = Math.ceil((0.8 * steps) / batches);
  const means = Array.from({ length: batches }, () => scaled(train(size).mean));
  const spreads = ridge.map((_, k) => spread(means.map((mean) => mean[k]!)));
  const sampled = spreads.map(({ mean }) => mean);
  return {
    ...input,
    lossGap: Math.abs(expected(anyWeights).item() - theory) / theory,
    enumeratedGap: distance(scaled(enumerated), ridgeOf(small).at(strength)),
    marginalGap: distance(scaled(marginal), ridge),
    sampled,
    errors: spreads.map(({ sd }) => sd! / Math.sqrt(batches)),
    ridge,
    leastSquares: solutions.at(0),
    strength: solutions.strengthOf(sampled),
    path: geometric(0.02, 5, 60).map((at) => ({ strength: at, w: solutions.at(at) })),
  };
}

/** The largest distance from weights, in standard errors. */
const worst = (runs: readonly Output[], from: 'ridge' | 'leastSquares'): number =>
  Math.max(
    ...runs.flatMap((run) =>
      run.sampled.map((w, k) => Math.abs(w - run[from][k]!) / run.errors[k]!),
    ),
  );

export const dropoutRidge: AnyReproduction = reproduction<Input, Output>({
  name: 'dropout-ridge',
  title: 'Dropout on linear regression is ridge regression',
  claim:
    'Training a linear model with dropout on its inputs gives, in expectation, ridge regression of strength p / (1 - p) in units of the sum of squares of each column; Gaussian dropout of the same variance gives the same.',
  reference: {
    authors: 'N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov',
    title: 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting',
    venue: 'Journal of Machine Learning Research 15',
    year: 2014,
  },
  seeds: 4,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const steps = quick ? 400 : 100_000;
    const settings = noises.flatMap((noise) => rates.map((p) => ({ noise, p })));
    const outputs = await runTasks(
      settings.flatMap((setting) =>
        Array.from({ length: seeds }, (_, i) => ({ ...setting, seed: firstSeed + i, steps })),
      ),
      ({ noise, p, seed }) => `${noise}, p ${p}, seed ${seed}`,
    );
    const largest = (of: (run: Output) => number): number => Math.max(...outputs.map(of));
    const gap = (what: string, ours: number, most: number): Comparison => ({
      what,
      ours,
      reference: 0,
      agrees: quick ? null : ours <= most,
      rule: `at most ${most}`,
    });
    const z = worst(outputs, 'ridge');
    const others = Math.min(
      ...settings.map(({ noise, p }) =>
        worst(
          outputs.filter((run) => run.noise === noise && run.p === p),
          'leastSquares',
        ),
      ),
    );
    const comparisons: Comparison[] = [
      // Sums of 4096 terms of one sign in float64.
      gap(
        'expected loss over all masks, relative to that of ridge',
        largest((run) => run.lossGap),
        1e-12,
      ),
      gap(
        'weights trained on all masks to ridge, relative',
        largest((run) => run.enumeratedGap),
        1e-6,
      ),
      gap(
        'weights trained on the expectation to ridge, relative',
        largest((run) => run.marginalGap),
        1e-6,
      ),
      {
        what: 'weights trained with fresh noise to ridge, in standard errors',
        ours: z,
        reference: null,
        agrees: quick ? null : z <= bound,
        rule: `at most ${bound}, the largest of ${outputs.length * outputs[0]!.ridge.length}`,
      },
      {
        what: 'the same to least squares, the smallest of the settings',
        ours: others,
        reference: null,
        agrees: quick ? null : others > 4 * bound,
        rule: `more than ${4 * bound}: they can be told apart`,
      },
      ...settings.map(({ noise, p }): Comparison => {
        const runs = outputs.filter((run) => run.noise === noise && run.p === p);
        return {
          what: `strength seen in the weights, ${noise}, p = ${p}`,
          ours: meanOf(runs.map((run) => run.strength)),
          reference: p / (1 - p),
          agrees: null,
          rule: 'shown',
        };
      }),
    ];
    const tiny = (value: number): string => value.toExponential(1);
    return {
      holds: quick ? null : comparisons.every(({ agrees }) => agrees !== false),
      verdict: `Over all masks the expected loss is that of ridge regression up to ${tiny(largest((run) => run.lossGap))}, and so are the weights trained on it, up to ${tiny(largest((run) => run.enumeratedGap))}; with fresh noise in each of ${steps} steps, the mean weights of ${outputs.length} trainings lie at most ${z.toFixed(1)} standard errors from ridge regression and ${others.toFixed(0)} or more from least squares.`,
      comparisons,
      figures: [
        {
          title: 'Weights by the strength of ridge',
          caption: `Regression ${firstSeed}. Lines: ridge regression, a line for each of the weights. Marks: mean weights of training with dropout, at strength p / (1 - p) for p = ${rates.join(' and ')}.`,
          svg: figure(outputs.filter(({ seed }) => seed === firstSeed)),
        },
      ],
      notes: [
        'For all masks: 4 rows and 3 columns, so 4096 masks of 12 entries. Of Gaussian noise, which enters the loss squared at most, the values -1 and 1 stand for all (Gauss quadrature with two nodes, exact for polynomials up to degree 3).',
        'Otherwise 40 rows and 6 columns that are correlated and of different sizes. Steps of gradient descent on all rows at a fixed rate: the masks are independent of the weights, so the mean of the weights in the long run is exactly that of ridge, at any rate that converges.',
        `Standard errors come from the means of ${batches} stretches of the training behind its first fifth.`,
        'Classic dropout is scaled in evaluation: its weights are compared after multiplication by 1 - p, which is the p of the paper.',
      ],
    };
  },
});

function figure(runs: readonly Output[]): string {
  const path = runs[0]!.path.flatMap(({ strength, w }) =>
    w.map((value, k) => ({ strength, weight: `w${k + 1}`, value })),
  );
  const trained = runs.flatMap(({ noise, p, sampled }) =>
    sampled.map((value, k) => ({ noise, strength: p / (1 - p), weight: `w${k + 1}`, value })),
  );
  return svg({
    width: 720,
    height: 400,
    marginBottom: 44,
    x: { type: 'log', label: 'strength', grid: true, tickFormat: '~g' },
    y: { label: 'weight', grid: true },
    color: { scheme: 'dark2' },
    symbol: { domain: noises, legend: true },
    marks: [
      Plot.ruleY([0]),
      Plot.line(path, { x: 'strength', y: 'value', stroke: 'weight', strokeWidth: 1.5 }),
      Plot.dot(trained, { x: 'strength', y: 'value', symbol: 'noise', stroke: '#222', r: 4 }),
    ],
  });
}
