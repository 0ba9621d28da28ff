import * as Plot from '@observablehq/plot';
import { abs, max, noGrad, sub } from '@tikhonov/core';
import { loadDigits, loadMnist, split, type TrainTest } from '@tikhonov/data';
import { crossEntropy, type MLP, mlp, type Sequential } from '@tikhonov/nn';
import { adamTransform, cosine, grouped } from '@tikhonov/optim';
import { countNonzero, l0Prune, l0Report, l0Term, withL0Gates } from '@tikhonov/regularizers';
import { accuracy, evaluate, fit } from '@tikhonov/train';
import { mnistFiles } from '../mnist/mnist-files.ts';
import { svg } from '../report/svg.ts';
import { UsageError } from '../usage-error.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

interface Input {
  /** Per weight, in units of 1 / rows, as in the paper; null for the network without gates. */
  readonly strength: number | null;
  readonly seed: number;
  /** The folder of MNIST; null for that of the package. */
  readonly from: string | null;
  readonly quick: boolean;
}

/** The state after an epoch. */
interface Point {
  readonly epoch: number;
  /** Units that are left: inputs, first and second hidden layer. */
  readonly units: readonly number[];
  readonly testError: number;
}

interface Output extends Input {
  readonly path: readonly Point[];
  /** Share of the weights that are left. */
  readonly density: number;
  /** Of the small network without gates: its error, and how far its outputs are from the gated one's. */
  readonly pruned: { readonly testError: number; readonly away: number } | null;
}

interface Plan {
  readonly train: number;
  readonly hidden: readonly number[];
  readonly epochs: number;
}

const full: Plan = { train: 20_000, hidden: [300, 100], epochs: 15 };
const tiny: Plan = { train: 300, hidden: [30, 10], epochs: 4 };
const planOf = (quick: boolean): Plan => (quick ? tiny : full);
const batchSize = 100;

async function dataOf(
  { from, seed, quick }: Omit<Input, 'strength'>,
  say: (line: string) => void = () => {},
): Promise<TrainTest> {
  // A stand-in, so that tests need no MNIST.
  if (quick) return split(loadDigits(), { sizes: { train: 300, test: 300 }, seed });
  return loadMnist({ from: from ?? (await mnistFiles(say)), trainSize: full.train, seed });
}

async function task(input: Input): Promise<Output> {
  const { strength, seed, quick } = input;
  const { hidden, epochs } = planOf(quick);
  const { train, test } = await dataOf(input);
  const model = mlp([train.x.shape[1]!, ...hidden, 10], { seed });
  if (strength !== null) {
    // Few inputs are dropped at first, half of the hidden units, as by the authors.
    const isFirst = (name: string): boolean => name === 'layers.0';
    withL0Gates(model, { seed, dropRateInit: 0.2, filter: isFirst });
    withL0Gates(model, { seed, dropRateInit: 0.5, filter: (name) => !isFirst(name) });
  }
  const errorOf = (network: MLP | Sequential): number =>
    1 - evaluate(network, test, { loss: crossEntropy, metrics: { accuracy } }).accuracy;
  const unitsOf = (): number[] =>
    strength === null
      ? [train.x.shape[1]!, ...hidden]
      : l0Report(model).layers.map(({ active }) => active);
  const tMax = epochs * Math.ceil(train.size / batchSize);
  const path: Point[] = [];
  await fit(model, {
    train,
    epochs,
    batchSize,
    optimizer: grouped(
      model,
      adamTransform,
      { lr: cosine(2e-3, { tMax }) },
      // In few steps a gate has far to go until it is closed.
      strength === null ? [] : [{ match: (name) => name.endsWith('logAlpha'), lrScale: 5 }],
    ),
    loss: crossEntropy,
    penalties:
      strength === null ? [] : [l0Term(model, { lambda: strength / train.size, count: 'weights' })],
    metrics: {},
    seed,
    callbacks: [
      {
        onEpochEnd(epoch) {
          path.push({ epoch, units: unitsOf(), testError: errorOf(model) });
        },
      },
    ],
  });
  if (strength === null) return { ...input, path, density: 1, pruned: null };
  const small = l0Prune(model);
  const away = noGrad(() => max(abs(sub(small.forward(test.x), model.forward(test.x)))).item());
  return {
    ...input,
    path,
    density: countNonzero(small) / countNonzero(model),
    pruned: { testError: errorOf(small), away },
  };
}

/** Units and errors that the paper prints for LeNet-300-100, table 1. */
const paper = {
  original: { units: [784, 300, 100], testError: 0.016 },
  gated: { units: [219, 214, 100], testError: 0.014 },
};

const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);
const lastOf = ({ path }: Output): Point => path.at(-1)!;
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const named = (strength: number | null): string =>
  strength === null ? 'no gates' : `strength ${strength}`;
/** By how much the error may rise, in shares of all test images. */
const margin = 0.005;

async function requireData(
  given: Omit<Input, 'strength'>,
  say: (line: string) => void,
): Promise<void> {
  await dataOf(given, say).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new UsageError(
      `l0-lenet needs MNIST: pass --data FOLDER with its four files (${reason})`,
    );
  });
}

export const l0Lenet: AnyReproduction = reproduction<Input, Output>({
  name: 'l0-lenet',
  title: 'L0 regularization prunes LeNet-300-100',
  claim:
    'Hard concrete gates with an L0 penalty remove most weights of LeNet-300-100 on MNIST while it is trained, at about the same test error; the stronger the penalty, the fewer units are left.',
  reference: {
    authors: 'C. Louizos, M. Welling, D. P. Kingma',
    title: 'Learning Sparse Neural Networks through L0 Regularization',
    venue: 'ICLR',
    year: 2018,
    arxiv: '1712.01312',
  },
  seeds: 1,
  task,
  run: async ({ seeds, firstSeed, data, quick, runTasks, say }) => {
    const strengths = quick ? [0.1] : [0.01, 0.03, 0.1];
    await requireData({ from: data, seed: firstSeed, quick }, say);
    const inputs = [null, ...strengths].flatMap((strength) =>
      Array.from({ length: seeds }, (_, i): Input => {
        return { strength, seed: firstSeed + i, from: data, quick };
      }),
    );
    const outputs = await runTasks(
      inputs,
      ({ strength, seed }) => `${named(strength)}, seed ${seed}`,
    );
    const of = (strength: number | null): Output[] =>
      outputs.filter((output) => output.strength === strength);
    const errorAt = (strength: number | null): number =>
      meanOf(of(strength).map((run) => lastOf(run).testError));
    const unitsAt = (strength: number | null): number =>
      meanOf(of(strength).map((run) => total(lastOf(run).units)));
    const densityAt = (strength: number): number =>
      meanOf(of(strength).map(({ density }) => density));
    const plain = errorAt(null);
    // The strongest that costs next to nothing; the weakest if all cost more.
    const free = strengths.filter((strength) => errorAt(strength) <= plain + margin);
    const told = free.at(-1) ?? strengths[0]!;
    const falling = strengths
      .slice(1)
      .every((strength, k) => unitsAt(strength) < unitsAt(strengths[k]!));
    const gated = outputs.flatMap(({ pruned }) => (pruned === null ? [] : [pruned]));
    const away = Math.max(...gated.map((pruned) => pruned.away));
    const written = (strength: number | null): string => lastOf(of(strength)[0]!).units.join('-');
    const comparisons: Comparison[] = [
      {
        what: 'test error without gates',
        ours: plain,
        reference: paper.original.testError,
        agrees: null,
        rule: 'shown; the paper trains far longer',
      },
      {
        what: `test error, ${named(told)}`,
        ours: errorAt(told),
        reference: paper.gated.testError,
        agrees: quick ? null : free.length > 0,
        rule: `at most ${margin} above that without gates`,
      },
      {
        what: `units left, ${named(told)}`,
        ours: written(told),
        reference: paper.gated.units.join('-'),
        agrees: null,
        rule: 'shown',
      },
      {
        what: `share of weights left, ${named(told)}`,
        ours: densityAt(told),
        reference: weightsOf(paper.gated.units) / weightsOf(paper.original.units),
        agrees: quick ? null : densityAt(told) < 0.5,
        rule: 'less than half',
      },
      {
        what: 'units left, all layers, from strength to strength',
        ours: strengths.map((strength) => unitsAt(strength).toFixed(0)).join(', '),
        reference: null,
        agrees: quick ? null : falling,
        rule: 'falling',
      },
      {
        what: 'outputs of the small network less those of the gated one, largest',
        ours: away,
        reference: 0,
        agrees: away < 1e-3,
        rule: 'less than 0.001, which is rounding',
      },
    ];
    return {
      holds: quick ? null : comparisons.every(({ agrees }) => agrees !== false),
      verdict: `Without gates ${percent(plain)} of the test images are wrong; at ${named(told)} ${percent(errorAt(told))}, with ${written(told)} units and ${(100 * densityAt(told)).toFixed(0)} % of the weights left.`,
      comparisons,
      figures: [
        {
          title: 'Units left in the course of training',
          caption: `Open gates by layer, seed ${firstSeed}.`,
          svg: unitsFigure(
            outputs.filter((run) => run.seed === firstSeed && run.strength !== null),
          ),
        },
        {
          title: 'Test error in the course of training',
          caption: `Seed ${firstSeed}; gates as in evaluation.`,
          svg: errorFigure(outputs.filter(({ seed }) => seed === firstSeed)),
        },
      ],
      tables: [
        {
          title: 'At the end',
          head: ['', 'seed', 'units', 'weights left', 'test error', 'of the small network'],
          rows: outputs.map((run) => [
            named(run.strength),
            run.seed,
            lastOf(run).units.join('-'),
            percent(run.density),
            percent(lastOf(run).testError),
            run.pruned === null ? '' : percent(run.pruned.testError),
          ]),
        },
      ],
      notes: [
        quick
          ? 'A stand-in: digits of 8 by 8 pixels and a network 64-30-10-10, so that it runs without MNIST.'
          : `MNIST, ${full.train} of the 60000 training images, all 10000 test images; ${full.epochs} epochs of Adam in batches of ${batchSize}, the rate falling from 0.002, five times that for the gates, which must close in ${(full.epochs * full.train) / batchSize} steps. The paper has all images and many more epochs; fewer images also make the penalty, in units of 1 / rows, count for more.`,
        'A strength is the loss per weight that a gate switches, times the number of training images: 0.1 is that of the paper. Gates are on the inputs of every layer, which are the units of the layer before.',
        'In our run of this length hidden units hardly close, mostly inputs do, and the error rises by 0.4 points at the strength of the paper, whose error falls by 0.2; at 0.03 it does not rise, with 59 % of the weights left.',
        'The small network has no gates: closed units are taken out of the matrices, open gates multiplied into them.',
      ],
    };
  },
});

/** Weights between layers of these sizes and the ten classes. */
const weightsOf = (units: readonly number[]): number =>
  total(units.map((size, k) => size * (units[k + 1] ?? 10)));

const layers = ['inputs', 'first hidden layer', 'second hidden layer'];

function unitsFigure(runs: readonly Output[]): string {
  const points = runs.flatMap(({ strength, path }) =>
    path.flatMap(({ epoch, units }) =>
      units.map((count, k) => ({ layer: layers[k]!, epoch, count, strength: named(strength) })),
    ),
  );
  return svg({
    width: 760,
    height: 320,
    marginTop: 40,
    marginBottom: 44,
    fx: { domain: layers, label: null },
    x: { label: 'epoch', grid: true, ticks: 4 },
    y: { label: 'units left', grid: true, zero: true },
    color: { ...color, legend: true },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.line(points, {
        fx: 'layer',
        x: 'epoch',
        y: 'count',
        stroke: 'strength',
        strokeWidth: 2,
      }),
    ],
  });
}

function errorFigure(runs: readonly Output[]): string {
  const points = runs.flatMap(({ strength, path }) =>
    path.map(({ epoch, testError }) => ({ epoch, testError, strength: named(strength) })),
  );
  return svg({
    width: 720,
    height: 340,
    marginBottom: 44,
    marginLeft: 50,
    x: { label: 'epoch', grid: true },
    y: { type: 'log', label: 'test error', grid: true, ticks: 5, tickFormat: '~%' },
    color: { ...color, legend: true },
    marks: [
      Plot.line(points, { x: 'epoch', y: 'testError', stroke: 'strength', strokeWidth: 2 }),
      Plot.dot(points, { x: 'epoch', y: 'testError', fill: 'strength', r: 2.5 }),
    ],
  });
}

const color = {
  domain: [null, 0.01, 0.03, 0.1].map(named),
  range: ['#888', '#a9cbe8', '#4a90c8', '#0b4f8a'],
};
