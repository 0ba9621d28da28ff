import * as Plot from '@observablehq/plot';
import { log, mean, random, softmax, tensor } from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { crossEntropy, MaxPool2d, smallCnn } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  MaxPoolDropout,
  type MaxPoolDropoutMode,
  maxPoolDropout,
  maxPoolDropoutProbabilities,
  mcPasses,
} from '@tikhonov/regularizers';
import { accuracy, evaluate, fit, measure, negativeLogLikelihood } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

type Input = { readonly seed: number; readonly p: number } & (
  | { readonly kind: 'frequencies'; readonly side: number; readonly windows: number }
  | { readonly kind: 'training'; readonly epochs: number; readonly passes: number }
);

interface Result {
  readonly error: number;
  readonly nll: number;
}

type Rule = MaxPoolDropoutMode | 'passes';

interface Output {
  readonly kind: Input['kind'];
  readonly seed: number;
  readonly p: number;
  /** How often a cell of a window won, by its rank: none, the smallest, ..., the largest. */
  readonly counts?: readonly number[];
  /** Test results of one trained network by what stands for max-pooling dropout in evaluation. */
  readonly results?: Readonly<Record<Rule, Result>>;
}

const rates = [0.3, 0.5, 0.7];
/** The rate that the verdict is about: the paper's. */
const judgedRate = 0.5;
const sides = [2, 3];
const modes = ['weighted', 'scaled', 'max'] as const satisfies readonly MaxPoolDropoutMode[];
const named: Readonly<Record<Rule, string>> = {
  weighted: 'weighted pooling',
  scaled: 'scaled max',
  max: 'max',
  passes: 'mean of passes',
};
const pictured: readonly Rule[] = [...modes, 'passes'];
/** The bound on a z-score: with some hundred of them, one in a thousand runs would pass it by chance. */
const bound = 5;

/** Pools windows that hold 1, 2, ..., n and counts what comes out; 0 says that no cell was kept. */
function countsOf({ seed, p }: Input, side: number, windows: number): number[] {
  const n = side * side;
  const cells = Array.from({ length: windows }, () =>
    Array.from({ length: side }, (_, i) =>
      Array.from({ length: side }, (_, j) => side * i + j + 1),
    ),
  );
  const rng = random.foldIn(random.key(seed), `windows ${side} ${p}`);
  const winners = maxPoolDropout(tensor(cells), { kernelSize: side, p, training: true, rng });
  const counts = Array.from({ length: n + 1 }, () => 0);
  for (const winner of winners.data()) counts[Number(winner)]!++;
  return counts;
}

const network = (seed: number, p: number, mode: MaxPoolDropoutMode) =>
  smallCnn({
    inputShape: [1, 8, 8],
    classes: 10,
    seed,
    change: (part) =>
      part instanceof MaxPool2d ? new MaxPoolDropout({ kernelSize: 2, p, mode }) : part,
  });

async function resultsOf(
  { seed, p }: Input,
  epochs: number,
  passes: number,
): Promise<Record<Rule, Result>> {
  const digits = loadDigits();
  const { train, test } = split(digits, { sizes: { train: 300, test: digits.size - 300 }, seed });
  const model = network(seed, p, 'weighted');
  await fit(model, {
    train,
    epochs,
    optimizer: adam(model, { lr: 2e-3 }),
    loss: crossEntropy,
    metrics: {},
    seed,
  });
  const [weighted, scaled, max] = modes.map((mode): Result => {
    const other = network(seed, p, mode);
    other.loadStateDict(model.stateDict());
    const found = evaluate(other, test, { loss: crossEntropy, metrics: { accuracy } });
    return { error: 1 - found.accuracy, nll: found.loss };
  });
  const rng = random.foldIn(random.key(seed), 'passes');
  const shares = mean(softmax(mcPasses(model, test.x, { samples: passes, rng })), { axis: 0 });
  // As logits, log-probabilities are themselves.
  const logits = log(shares);
  const averaged = {
    error: 1 - measure(accuracy, logits, test.y),
    nll: measure(negativeLogLikelihood, logits, test.y),
  };
  return { weighted: weighted!, scaled: scaled!, max: max!, passes: averaged };
}

async function task(input: Input): Promise<Output> {
  const { kind, seed, p } = input;
  return kind === 'frequencies'
    ? { kind, seed, p, counts: countsOf(input, input.side, input.windows) }
    : { kind, seed, p, results: await resultsOf(input, input.epochs, input.passes) };
}

/** Counts of all seeds beside the probabilities; where few are expected, z-scores say nothing. */
function compared(p: number, side: number, outputs: readonly Output[]) {
  const n = side * side;
  const theory = maxPoolDropoutProbabilities(n, { p }).toArray<number[]>();
  const runs = outputs.filter((run) => run.p === p && run.counts?.length === n + 1);
  return theory.map((share, rank) => {
    const counts = runs.map((run) => run.counts!.reduce((sum, count) => sum + count, 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const count = runs.reduce((sum, run) => sum + run.counts![rank]!, 0);
    const z = (count - total * share) / Math.sqrt(total * share * (1 - share));
    return {
      p,
      side,
      rank,
      theory: share,
      observed: count / total,
      z: total * share < 25 ? null : z,
    };
  });
}

export const maxPoolDropoutReproduction: AnyReproduction = reproduction<Input, Output>({
  name: 'max-pool-dropout',
  title: 'Max-pooling dropout and probabilistic weighted pooling',
  claim:
    'Dropout before max pooling samples the i-th smallest of n activations with probability (1 - p) p^(n - i); a network trained with it has its lowest test error if it pools with these weights, not by the maximum, scaled or not.',
  reference: {
    authors: 'H. Wu, X. Gu',
    title: 'Towards Dropout Training for Convolutional Neural Networks',
    venue: 'Neural Networks 71',
    year: 2015,
    arxiv: '1512.00242',
  },
  seeds: 8,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const [windows, epochs, passes] = quick ? [200, 1, 2] : [20_000, 40, 50];
    const each = <T>(make: (seed: number) => T): T[] =>
      Array.from({ length: seeds }, (_, i) => make(firstSeed + i));
    const outputs = await runTasks(
      (quick ? [judgedRate] : rates).flatMap((p) => [
        ...sides.flatMap((side) =>
          each((seed): Input => ({ kind: 'frequencies', seed, p, side, windows })),
        ),
        ...each((seed): Input => ({ kind: 'training', seed, p, epochs, passes })),
      ]),
      ({ kind, p, seed }) => `${kind}, p ${p}, seed ${seed}`,
    );
    const judged = !quick && seeds >= 3;
    const used = [...new Set(outputs.map(({ p }) => p))];
    const cells = used.flatMap((p) => sides.flatMap((side) => compared(p, side, outputs)));
    const scores = cells.flatMap(({ z }) => (z === null ? [] : [Math.abs(z)]));
    const z = Math.max(...scores);
    const values = (p: number, rule: Rule, what: keyof Result): number[] =>
      outputs.flatMap((run) => (run.p === p && run.results ? [run.results[rule][what]] : []));
    const average = (rule: Rule, what: keyof Result): number =>
      meanOf(values(judgedRate, rule, what));
    const against = (other: Rule, what: keyof Result) =>
      pairedTest(
        values(judgedRate, 'weighted', what).map((x, i) => x - values(judgedRate, other, what)[i]!),
      );
    const told = (p: number | null): string => (p === null ? '-' : p.toPrecision(2));
    const difference = (other: Rule, what: keyof Result, decides: boolean): Comparison => {
      const { mean: change, p } = against(other, what);
      return {
        what: `${what === 'nll' ? 'loss' : 'error'} of weighted pooling less that of ${named[other]}, p = ${judgedRate}`,
        ours: change,
        reference: null,
        agrees: judged && decides ? change < 0 && (p ?? 1) < 0.05 : null,
        rule: `${decides ? 'below 0 beyond the noise' : 'shown'} (p = ${told(p)})`,
      };
    };
    const comparisons: Comparison[] = [
      {
        what: 'frequencies of the ranks, in standard errors of the theory',
        ours: z,
        reference: null,
        agrees: quick ? null : z <= bound,
        rule: `at most ${bound}, the largest of ${scores.length}`,
      },
      ...pictured.map((rule): Comparison => {
        return {
          what: `test error with ${named[rule]}, p = ${judgedRate}`,
          ours: average(rule, 'error'),
          reference: null,
          agrees: null,
          rule: 'shown',
        };
      }),
      difference('scaled', 'error', true),
      difference('max', 'error', true),
      difference('passes', 'error', false),
      difference('scaled', 'nll', true),
      difference('max', 'nll', true),
      difference('passes', 'nll', false),
    ];
    const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
    return {
      holds: judged ? comparisons.every(({ agrees }) => agrees !== false) : null,
      verdict: `The frequencies of the ranks lie at most ${z.toFixed(1)} standard errors from theory. Over ${seeds} networks trained with p = ${judgedRate} the test error is ${percent(average('weighted', 'error'))} with weighted pooling, ${percent(average('scaled', 'error'))} with the scaled maximum, ${percent(average('max', 'error'))} with the maximum; the losses are ${modes.map((mode) => average(mode, 'nll').toFixed(3)).join(', ')}.`,
      comparisons,
      figures: [
        {
          title: 'Which activation is sampled',
          caption: `Windows of 2 x 2, ${windows * seeds} a rate. Bars: how often the cell of a rank came out (0: none was kept). Dots: (1 - p) p^(n - i), and p^n.`,
          svg: frequencyFigure(cells.filter(({ side }) => side === 2)),
        },
        {
          title: 'What to do in evaluation',
          caption: `Test errors of the same networks by rate, a dot for each of ${seeds} seeds, lines through the means.`,
          svg: errorFigure(
            used.flatMap((p) =>
              pictured.flatMap((rule) =>
                values(p, rule, 'error').map((error) => ({ p, rule: named[rule], error })),
              ),
            ),
          ),
        },
      ],
      tables: [
        {
          title: 'Means by rate: test error, test loss',
          head: ['p', ...pictured.map((rule) => named[rule])],
          rows: used.map((p) => [
            p,
            ...pictured.map(
              (rule) =>
                `${percent(meanOf(values(p, rule, 'error')))}, ${meanOf(values(p, rule, 'nll')).toFixed(3)}`,
            ),
          ]),
        },
      ],
      notes: [
        `Digits, 300 training images, two convolutions with 16 and 32 channels, each with pooling of 2 x 2, a hidden layer of 64 units, Adam 2e-3, ${epochs} epochs. The paper has MNIST, CIFAR-10 and CIFAR-100 and larger networks.`,
        'The paper writes p for keeping; here it is the probability of dropping.',
        `The mean of ${passes} passes with dropout on is what weighted pooling stands for; it is exact for one layer, not for several.`,
        'Frequencies are judged for windows of 2 x 2 and 3 x 3 where 25 or more are expected.',
      ],
    };
  },
});

function frequencyFigure(cells: ReturnType<typeof compared>): string {
  return svg({
    width: 760,
    height: 300,
    marginTop: 30,
    marginBottom: 44,
    fx: { label: 'p' },
    x: { label: 'rank', type: 'band' },
    y: { label: 'share', grid: true, tickFormat: '%' },
    marks: [
      Plot.barY(cells, { fx: 'p', x: 'rank', y: 'observed', fill: '#a9cbe8' }),
      Plot.dot(cells, { fx: 'p', x: 'rank', y: 'theory', r: 4, fill: '#d95f02' }),
    ],
  });
}

function errorFigure(
  points: readonly { readonly p: number; readonly rule: string; readonly error: number }[],
): string {
  return svg({
    width: 720,
    height: 340,
    marginBottom: 44,
    x: { label: 'p', ticks: rates },
    y: { label: 'test error', grid: true, zero: true, tickFormat: '%' },
    color: {
      domain: pictured.map((rule) => named[rule]),
      range: ['#1f77b4', '#d95f02', '#888', '#2a9d57'],
      legend: true,
    },
    marks: [
      Plot.dot(points, { x: 'p', y: 'error', stroke: 'rule', r: 2.5 }),
      Plot.line(points, Plot.groupX({ y: 'mean' }, { x: 'p', y: 'error', stroke: 'rule' })),
    ],
  });
}
