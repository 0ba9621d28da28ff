import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import { add, div, log, random, softmax, type Tensor, tensor, zeros } from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { crossEntropy, MaxPool2d, smallCnn } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { MaxPoolDropout, type MaxPoolDropoutMode } from '@tikhonov/regularizers';
import { accuracy, evaluate, fit, measure, negativeLogLikelihood } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { compared, countsOf, frequencyFigure } from './pool-frequencies.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

type Input = { readonly seed: number; readonly p: number } & (
  | { readonly kind: 'frequencies'; readonly side: number; readonly windows: number }
  | ({ readonly kind: 'training' } & Plan)
);

/** Sizes of a training: images, epochs, and passes whose mean is taken. */
interface Plan {
  readonly trainSize: number;
  readonly testSize: number;
  readonly epochs: number;
  readonly passes: number;
}

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

const network = (seed: number, p: number, mode: MaxPoolDropoutMode) =>
  smallCnn({
    inputShape: [1, 8, 8],
    classes: 10,
    seed,
    change: (part) =>
      part instanceof MaxPool2d ? new MaxPoolDropout({ kernelSize: 2, p, mode }) : part,
  });

async function resultsOf({ seed, p }: Input, plan: Plan): Promise<Record<Rule, Result>> {
  const { trainSize, testSize, epochs, passes } = plan;
  const sizes = { train: trainSize, test: testSize };
  const { train, test } = split(loadDigits(), { sizes, seed });
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
  const key = random.foldIn(random.key(seed), 'passes');
  const pass = compile((total: Tensor, k: Tensor) => {
    const context = { training: true, rng: random.foldIn(key, k), updateState: false };
    return add(total, softmax(model.forward(test.x, context)));
  });
  let shares = zeros([test.size, 10]);
  for (let k = 0; k < passes; k++) shares = pass(shares, tensor(k, { dtype: 'int32' }));
  // As logits, log-probabilities are themselves.
  const logits = log(div(shares, passes));
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
    : { kind, seed, p, results: await resultsOf(input, input) };
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
  seeds: 16,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const windows = quick ? 200 : 20_000;
    const plan: Plan = quick
      ? { trainSize: 40, testSize: 40, epochs: 1, passes: 2 }
      : { trainSize: 300, testSize: loadDigits().size - 300, epochs: 40, passes: 50 };
    const each = <T>(make: (seed: number) => T): T[] =>
      Array.from({ length: seeds }, (_, i) => make(firstSeed + i));
    const outputs = await runTasks(
      (quick ? [judgedRate] : rates).flatMap((p) => [
        ...sides.flatMap((side) =>
          each((seed): Input => ({ kind: 'frequencies', seed, p, side, windows })),
        ),
        ...each((seed): Input => ({ kind: 'training', seed, p, ...plan })),
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
    const difference = (other: Rule, what: keyof Result): Comparison => {
      const others = values(judgedRate, other, what);
      const { mean: change, p } = pairedTest(
        values(judgedRate, 'weighted', what).map((x, i) => x - others[i]!),
      );
      return {
        what: `${what === 'nll' ? 'loss' : 'error'} of weighted pooling less that of ${named[other]}, p = ${judgedRate}`,
        ours: change,
        reference: null,
        agrees: judged ? change < 0 && (p ?? 1) < 0.05 : null,
        rule: `below 0 beyond the noise (p = ${p?.toPrecision(2) ?? '-'})`,
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
      ...pictured.map((rule) => ({
        what: `test error with ${named[rule]}, p = ${judgedRate}`,
        ours: average(rule, 'error'),
        reference: null,
        agrees: null,
        rule: 'shown',
      })),
      difference('scaled', 'error'),
      difference('max', 'error'),
      difference('scaled', 'nll'),
      difference('max', 'nll'),
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
        `Digits, ${plan.trainSize} training images, two convolutions with 16 and 32 channels, each with pooling of 2 x 2, a hidden layer of 64 units, Adam 2e-3, ${plan.epochs} epochs. The paper has MNIST, CIFAR-10 and CIFAR-100 and larger networks.`,
        'The paper writes p for keeping; here it is the probability of dropping.',
        `The mean of ${plan.passes} passes with dropout on is what weighted pooling stands for; it is exact for one layer, not for several.`,
        'Frequencies are judged for windows of 2 x 2 and 3 x 3 where 25 or more are expected.',
      ],
    };
  },
});

function errorFigure(points: Plot.Data): string {
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
