import * as Plot from '@observablehq/plot';
import { mul, oneHot, type Tensor } from '@tikhonov/core';
import { mlp, mseLoss } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  fit,
  glUpdate,
  initialPrechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltState,
  pqUpdate,
  upUpdate,
} from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { apart } from './labels.ts';
import { type ProblemName, partsOf, problemNames } from './prechelt-problems.ts';
import {
  type AnyReproduction,
  type Comparison,
  type PlainTable,
  reproduction,
} from './reproduction.ts';
import { slopeOf } from './slopes.ts';

interface Input {
  readonly problem: ProblemName;
  readonly hidden: readonly number[];
  readonly seed: number;
  readonly epochs: number;
}

/** Squared errors after every epoch. */
interface Output extends Input {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** A criterion: what it makes of the errors of an epoch. */
interface Criterion {
  readonly name: string;
  readonly family: 'GL' | 'PQ' | 'UP';
  readonly update: (state: PrecheltState, errors: PrecheltErrors) => PrecheltDecision;
}

/** The paper's: strips of 5 epochs, and an end where training has come to a standstill. */
const common = { k: 5, minProgress: 0.1 };

const criteria: readonly Criterion[] = [
  ...[1, 2, 3, 5].map(
    (alpha): Criterion => ({
      name: `GL ${alpha}`,
      family: 'GL',
      update: (state, errors) => glUpdate(state, errors, { ...common, alpha }),
    }),
  ),
  ...[0.5, 0.75, 1, 2, 3].map(
    (alpha): Criterion => ({
      name: `PQ ${alpha}`,
      family: 'PQ',
      update: (state, errors) => pqUpdate(state, errors, { ...common, alpha }),
    }),
  ),
  ...[2, 3, 4, 6, 8].map(
    (s): Criterion => ({
      name: `UP ${s}`,
      family: 'UP',
      update: (state, errors) => upUpdate(state, errors, { ...common, s }),
    }),
  ),
];

const squaredError = (output: Tensor, y: Tensor): Tensor => {
  const classes = output.shape[1]!;
  // The sum over the outputs, as in the paper, not their mean.
  return mul(mseLoss(output, oneHot(y, classes)), classes);
};

async function task(input: Input): Promise<Output> {
  const { problem, hidden, seed, epochs } = input;
  const { train, validation, test } = await partsOf(problem, seed);
  const model = mlp([train.x.shape[1]!, ...hidden, train.classes!], { seed, activation: 'tanh' });
  const history = await fit(model, {
    train,
    validation,
    evaluateOn: { test },
    epochs,
    batchSize: train.size / 4,
    optimizer: adam(model, { lr: 2e-3 }),
    loss: squaredError,
    metrics: {},
    seed,
  });
  const losses = (set: string): number[] =>
    history.epochs.map(({ evaluations }) => evaluations[set]!.loss!);
  return {
    ...input,
    train: history.epochs.map(({ dataLoss }) => dataLoss),
    validation: losses('validation'),
    test: losses('test'),
  };
}

/** Where a criterion ends a training. */
interface Stop {
  readonly epoch: number;
  /** Test error at the epoch of the lowest validation error until then. */
  readonly error: number;
  readonly reason: string;
}

function stopOf(curves: Output, { update }: Criterion): Stop {
  let state = initialPrechelt;
  const epochs = curves.validation.length;
  for (let k = 0; k < epochs; k++) {
    const decision = update(state, { train: curves.train[k]!, validation: curves.validation[k]! });
    state = decision.state;
    if (decision.stop === null && k + 1 < epochs) continue;
    const reason = decision.stop ?? 'max-epochs';
    return { epoch: k + 1, error: curves.test[state.bestEpoch - 1]!, reason };
  }
  throw new Error('A training has no epochs.');
}

/** What a criterion did over all trainings. */
interface Outcome {
  readonly name: string;
  readonly family: string;
  /** Logarithms of epochs and test errors, training by training. */
  readonly times: readonly number[];
  readonly errors: readonly number[];
  /** Geometric means over trainings, as multiples of those of GL 2. */
  readonly slowness: number;
  readonly badness: number;
  readonly unstopped: number;
}

function outcomesOf(curves: readonly Output[]): Outcome[] {
  const stops = criteria.map((criterion) => curves.map((each) => stopOf(each, criterion)));
  const logs = (own: readonly Stop[], of: 'epoch' | 'error'): number[] =>
    own.map((stop) => Math.log(stop[of]));
  const unit = stops[criteria.findIndex(({ name }) => name === 'GL 2')]!;
  const multiple = (own: readonly Stop[], of: 'epoch' | 'error'): number =>
    Math.exp(meanOf(logs(own, of)) - meanOf(logs(unit, of)));
  return criteria.map(({ name, family }, k) => {
    const own = stops[k]!;
    return {
      name,
      family,
      times: logs(own, 'epoch'),
      errors: logs(own, 'error'),
      slowness: multiple(own, 'epoch'),
      badness: multiple(own, 'error'),
      unstopped: own.filter(({ reason }) => reason === 'max-epochs').length / own.length,
    };
  });
}

const architectures = [[8], [32], [16, 16]];

export const precheltReproduction: AnyReproduction = reproduction<Input, Output>({
  name: 'prechelt',
  title: 'Early stopping: time against generalisation',
  claim:
    'Slower stopping criteria generalise a little better (about 4 % on average) and cost much more training time (about 4 times as much).',
  reference: {
    authors: 'L. Prechelt',
    title: 'Early Stopping - But When?',
    venue: 'Neural Networks: Tricks of the Trade, Springer',
    year: 1998,
    doi: '10.1007/3-540-49430-8_3',
  },
  seeds: 8,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const epochs = quick ? 60 : 1000;
    const settings = (quick ? problemNames.slice(2) : problemNames).flatMap((problem) =>
      (quick ? architectures.slice(0, 1) : architectures).map((hidden) => ({ problem, hidden })),
    );
    const inputs = settings.flatMap((setting) =>
      Array.from({ length: seeds }, (_, i) => ({ ...setting, seed: firstSeed + i, epochs })),
    );
    const curves = await runTasks(inputs, ({ problem, seed }) => `${problem}, seed ${seed}`);
    const outcomes = outcomesOf(curves);
    const byTime = [...outcomes].sort((a, b) => a.slowness - b.slowness);
    const [fastest, slowest] = [byTime[0]!, byTime.at(-1)!];
    const gains = fastest.errors.map((error, k) => error - slowest.errors[k]!);
    const { mean: gain, p } = pairedTest(gains);
    const longer = slowest.slowness / fastest.slowness;
    const better = 100 * (1 - Math.exp(-gain));
    const slope = slopeOf(
      outcomes.map(({ slowness }) => Math.log(slowness)),
      outcomes.map(({ badness }) => Math.log(badness)),
    );
    const judged = !quick && seeds >= 3;
    const comparisons: Comparison[] = [
      {
        what: `time of the slowest criterion (${slowest.name}) for one of the fastest (${fastest.name})`,
        ours: longer,
        reference: 4,
        agrees: judged ? longer > 2 && longer < 8 : null,
        rule: 'between 2 and 8',
      },
      {
        what: 'test error that the slowest saves, per cent',
        ours: better,
        reference: 4,
        agrees: judged ? gain > 0 && (p ?? 1) < 0.05 && better < 16 : null,
        rule: `above 0 beyond the noise (p = ${p === null ? '-' : p.toPrecision(2)}), below 16`,
      },
      {
        what: 'slope of log error on log time over the criteria',
        ours: slope,
        reference: Math.log(0.96) / Math.log(4),
        agrees: judged ? slope < 0 : null,
        rule: 'below 0; the reference is 4 % less for 4 times the time',
      },
    ];
    return {
      holds: judged ? comparisons.every(({ agrees }) => agrees === true) : null,
      verdict: `Over ${curves.length} trainings ${slowest.name} takes ${longer.toFixed(1)} times as long as ${fastest.name} and its test error is ${Math.abs(better).toFixed(1)} % ${better < 0 ? 'higher' : 'lower'}; the paper has 4 times and 4 %.`,
      comparisons,
      figures: [
        {
          title: 'The trade',
          caption:
            'Epochs until the stop and test error at the best epoch until then, geometric means over trainings relative to GL 2. Blue: GL, orange: PQ, green: UP, each with its number. The dashed line is the fit.',
          svg: tradeFigure(outcomes, slope),
        },
        {
          title: 'A training',
          caption: `Errors of ${curves[0]!.problem}, ${curves[0]!.hidden.join('-')} hidden units, seed ${curves[0]!.seed}, and where some criteria stop it.`,
          svg: curveFigure(curves[0]!),
        },
      ],
      tables: [tableOf(outcomes), problemTable(curves, fastest, slowest)],
      notes: [
        'Each training runs to its end once; the criteria are applied to its errors afterwards. A criterion is credited with the test error at the epoch of the lowest validation error until it stops.',
        `As in the paper: strips of 5 epochs, an end also at a progress below 0.1, linear outputs with squared error. Otherwise: ${epochs} epochs at most instead of 3000, Adam (2e-3, four batches an epoch) instead of RPROP, tanh units without shortcuts, and ${problemNames.length} problems of ours (two of them drawn) with ${architectures.length} architectures instead of 12 with 12.`,
        'Factors depend on the problems and the optimizer. What is asked is whether slower criteria are better and what they cost, not the figure 4.',
      ],
    };
  },
});

function tableOf(outcomes: readonly Outcome[]): PlainTable {
  return {
    title: 'Criterion by criterion',
    head: ['', 'time', 'test error', 'not stopped before the end'],
    rows: outcomes.map(({ name, slowness, badness, unstopped }) => [
      name,
      slowness.toFixed(2),
      badness.toFixed(4),
      `${(100 * unstopped).toFixed(0)} %`,
    ]),
  };
}

function problemTable(curves: readonly Output[], fastest: Outcome, slowest: Outcome): PlainTable {
  const names = [...new Set(curves.map(({ problem }) => problem))];
  return {
    title: `${slowest.name} against ${fastest.name} by problem`,
    head: ['', 'time', 'test error'],
    rows: names.map((name) => {
      const own = curves.flatMap(({ problem }, k) => (problem === name ? [k] : []));
      const ratio = (of: 'times' | 'errors'): number =>
        Math.exp(meanOf(own.map((k) => slowest[of][k]! - fastest[of][k]!)));
      return [name, ratio('times').toFixed(2), ratio('errors').toFixed(4)];
    }),
  };
}

const color = { domain: ['GL', 'PQ', 'UP'], range: ['#1f77b4', '#d95f02', '#2a9d57'] };

function tradeFigure(outcomes: readonly Outcome[], slope: number): string {
  const logs = (of: 'slowness' | 'badness'): number[] =>
    outcomes.map((outcome) => Math.log(outcome[of]));
  const [x, y] = [logs('slowness'), logs('badness')];
  const fitted = [Math.min(...x), Math.max(...x)].map((at) => ({
    slowness: Math.exp(at),
    badness: Math.exp(meanOf(y) + slope * (at - meanOf(x))),
  }));
  return svg({
    width: 720,
    height: 420,
    inset: 14,
    marginTop: 30,
    marginLeft: 60,
    marginRight: 60,
    marginBottom: 44,
    x: {
      type: 'log',
      label: 'time, as a multiple of GL 2',
      grid: true,
      ticks: 5,
      tickFormat: '~g',
    },
    y: { label: 'test error, as a multiple of GL 2', grid: true, zero: false, nice: true },
    color,
    marks: [
      Plot.line(fitted, { x: 'slowness', y: 'badness', stroke: '#888', strokeDasharray: '5,4' }),
      Plot.dot(outcomes, { x: 'slowness', y: 'badness', fill: 'family', r: 5 }),
      Plot.text(outcomes, {
        x: 'slowness',
        y: 'badness',
        text: ({ name }: Outcome) => name.split(' ')[1],
        fill: 'family',
        dy: -13,
      }),
    ],
  });
}

function curveFigure(curves: Output): string {
  const kinds = ['train', 'validation', 'test'] as const;
  const points = kinds.flatMap((kind) =>
    curves[kind].map((error, k) => ({ kind, epoch: k + 1, error })),
  );
  const stops = ['GL 5', 'PQ 2', 'UP 4'].map((wanted) => {
    const criterion = criteria.find(({ name }) => name === wanted)!;
    return { name: wanted, epoch: stopOf(curves, criterion).epoch };
  });
  return svg({
    width: 720,
    height: 340,
    marginRight: 80,
    marginTop: 56,
    marginBottom: 44,
    x: { type: 'log', label: 'epoch', grid: true, ticks: 5, tickFormat: '~g' },
    y: { label: 'squared error', grid: true, zero: true },
    color: { domain: kinds, range: ['#888', '#d95f02', '#1f77b4'] },
    marks: [
      Plot.ruleX(stops, { x: 'epoch', strokeDasharray: '4,3' }),
      ...stops.map((stop, k) =>
        Plot.text([stop], { x: 'epoch', text: 'name', frameAnchor: 'top', dy: -12 - 14 * k }),
      ),
      Plot.line(points, { x: 'epoch', y: 'error', stroke: 'kind', strokeWidth: 2 }),
      Plot.text(
        apart(
          kinds.map((kind) => ({ kind, epoch: curves.epochs, value: curves[kind].at(-1)! })),
          0.05 * curves.train[0]!,
        ),
        { x: 'epoch', y: 'value', text: 'kind', fill: 'kind', dx: 8, textAnchor: 'start' },
      ),
    ],
  });
}
