import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import { add, mul, random, type Tensor, tensor, zeros } from '@tikhonov/core';
import { Sequential } from '@tikhonov/nn';
import { depthDistribution, linearDecaySurvival, StochasticDepth } from '@tikhonov/regularizers';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import {
  channels,
  type Kind,
  kinds,
  type Net,
  rows,
  type StepTimes,
  survivalOfLast,
  testErrorOf,
  timesOf,
} from './depth-networks.ts';
import { meanOf } from './digits-runs.ts';
import {
  type AnyReproduction,
  type Comparison,
  type Figure,
  reproduction,
} from './reproduction.ts';

/** The network of the paper for CIFAR-10 has 110 layers, which are 54 blocks. */
const paperBlocks = 54;

type Input = Pick<Net, 'seed' | 'perStage'> &
  (
    | { readonly kind: 'depths'; readonly blocks: number; readonly draws: number }
    | { readonly kind: 'training'; readonly last: number; readonly epochs: number }
    | { readonly kind: 'times'; readonly steps: number; readonly rounds: number }
  );

interface Output {
  readonly seed: number;
  readonly kind: Input['kind'];
  /** How often so many blocks were there, from none to all. */
  readonly counts?: readonly number[];
  /** Survival probability of the last block. */
  readonly last?: number;
  readonly testError?: number;
  /** Processor time of a step in milliseconds, round by round. */
  readonly times?: readonly StepTimes[];
}

/** The bound on a z-score: with some hundred of them, one in a thousand runs would pass it by chance. */
const bound = 5;
const expectedDepth = (count: number): number => (3 * count - 1) / 4;

/** Draws depths: blocks that add 1, so that what comes out of 0 is how many were there. */
function depthsOf(count: number, draws: number, seed: number): number[] {
  const chain = new Sequential(
    ...linearDecaySurvival(count, survivalOfLast).map(
      (survival) => new StochasticDepth((x: Tensor) => add(mul(x, 0), 1), { survival }),
    ),
  );
  const key = random.foldIn(random.key(seed), 'depths');
  const pass = compile((step: Tensor) =>
    chain.forward(zeros([1]), { training: true, rng: random.foldIn(key, step) }),
  );
  const counts = Array.from({ length: count + 1 }, () => 0);
  for (let k = 0; k < draws; k++) counts[pass(tensor(k, { dtype: 'int32' })).item()]!++;
  return counts;
}

async function task(input: Input): Promise<Output> {
  const { kind, seed } = input;
  if (kind === 'depths') return { seed, kind, counts: depthsOf(input.blocks, input.draws, seed) };
  if (kind === 'times') return { seed, kind, times: timesOf(input, input.steps, input.rounds) };
  return { seed, kind, last: input.last, testError: await testErrorOf(input, input.epochs) };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
/** Between what the share of time saved must lie for the paper's quarter. */
const [leastSaved, mostSaved] = [0.15, 0.35];

export const stochasticDepthReproduction: AnyReproduction = reproduction<Input, Output>({
  name: 'stochastic-depth',
  title: 'Stochastic depth: shorter networks in training',
  claim:
    'With survival probabilities that fall linearly to 0.5, three quarters of the residual blocks are there on average, which saves about a quarter of the training time.',
  reference: {
    authors: 'G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger',
    title: 'Deep Networks with Stochastic Depth',
    venue: 'ECCV',
    year: 2016,
    arxiv: '1603.09382',
  },
  seeds: 5,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const [draws, epochs, perStage] = quick ? [100, 1, 1] : [4000, 40, 5];
    const blocks = channels.length * perStage;
    const depths = quick ? 6 : paperBlocks;
    const each = <T>(make: (seed: number) => T): T[] =>
      Array.from({ length: seeds }, (_, i) => make(firstSeed + i));
    const label = ({ kind, seed }: Input): string => `${kind}, seed ${seed}`;
    const outputs = await runTasks(
      [
        ...each((seed): Input => ({ kind: 'depths', seed, perStage, blocks: depths, draws })),
        ...[1, survivalOfLast].flatMap((last) =>
          each((seed): Input => ({ kind: 'training', seed, perStage, last, epochs })),
        ),
      ],
      label,
    );
    // Alone, as processor times are those of all threads together.
    const [timing] = await runTasks(
      [
        {
          kind: 'times',
          perStage,
          seed: firstSeed,
          ...(quick ? { steps: 1, rounds: 2 } : { steps: 20, rounds: 40 }),
        },
      ],
      label,
    );
    const theory = depthDistribution(linearDecaySurvival(depths, survivalOfLast)).toArray<
      number[]
    >();
    const counts = theory.map((_, k) =>
      outputs.reduce((total, run) => total + (run.counts?.[k] ?? 0), 0),
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    const mean = counts.reduce((sum, count, k) => sum + k * count, 0) / total;
    const variance = theory.reduce((sum, p, k) => sum + p * (k - expectedDepth(depths)) ** 2, 0);
    const meanScore = (mean - expectedDepth(depths)) / Math.sqrt(variance / total);
    const scores = theory.flatMap((p, k) =>
      total * p < 25 ? [] : [(counts[k]! - total * p) / Math.sqrt(total * p * (1 - p))],
    );
    const largest = Math.max(0, ...scores.map(Math.abs));
    const savedAgainst = (kind: Kind) =>
      pairedTest(timing!.times!.map((time) => 1 - time['stochastic depth'] / time[kind]));
    const [saved, skipped] = [savedAgainst('constant depth'), savedAgainst('all there')];
    const errors = [1, survivalOfLast].map((last) =>
      outputs.filter((run) => run.last === last).map((run) => run.testError!),
    ) as [number[], number[]];
    const change = pairedTest(errors[1].map((error, i) => error - errors[0][i]!));
    const shown = (what: string, ours: number, reference: number | null = null): Comparison => {
      return { what, ours, reference, agrees: null, rule: 'shown' };
    };
    const interval = saved.low === null ? '-' : `${percent(saved.low)} to ${percent(saved.high!)}`;
    const comparisons: Comparison[] = [
      {
        what: `mean depth of ${depths} blocks`,
        ours: mean,
        reference: expectedDepth(depths),
        agrees: quick ? null : Math.abs(meanScore) <= bound,
        rule: `within ${bound} standard errors: ${meanScore.toFixed(2)}`,
      },
      {
        what: 'frequencies of the depths, in standard errors of the Poisson binomial distribution',
        ours: largest,
        reference: null,
        agrees: quick ? null : largest <= bound,
        rule: `at most ${bound}, the largest of ${scores.length}`,
      },
      {
        what: 'share of the processor time of a step that is saved, against constant depth',
        ours: saved.mean,
        reference: 0.25,
        agrees: quick ? null : saved.mean >= leastSaved && saved.mean <= mostSaved,
        rule: `from ${leastSaved} to ${mostSaved} (95 % interval ${interval})`,
      },
      shown(
        'the same against a network whose blocks might be dropped, but all are there',
        skipped.mean,
        1 - expectedDepth(blocks) / blocks,
      ),
      shown('test error, constant depth', meanOf(errors[0])),
      shown('test error, stochastic depth', meanOf(errors[1])),
      {
        ...shown('what stochastic depth changes, paired by seed', change.mean),
        rule: `shown (p = ${change.p === null ? '-' : change.p.toPrecision(2)})`,
      },
    ];
    return {
      holds: quick ? null : comparisons.every(({ agrees }) => agrees !== false),
      verdict: `Of ${depths} blocks ${mean.toFixed(2)} are there on average, expected ${expectedDepth(depths)}; a training step of a network of ${blocks} blocks takes ${percent(saved.mean)} less processor time (95 % interval ${interval}), where the paper saves about 25 %, and ${percent(skipped.mean)} less than with all blocks there by chance; the test error is ${percent(meanOf(errors[1]))} against ${percent(meanOf(errors[0]))} with constant depth.`,
      comparisons,
      figures: [depthFigure(theory, counts), timeFigure(timing!.times!)],
      notes: [
        `Depths: ${depths === paperBlocks ? 'the 54 blocks of the 110-layer network of the paper' : `${depths} blocks`}, ${total} draws in a compiled function; frequencies that are expected to be 25 or more are judged.`,
        `Training: digits, 400 images, a residual network of ${blocks} blocks with ${channels.join(' and ')} channels and batch norm, batches of ${rows}, Adam from 2e-3 down to 0, ${epochs} epochs. The paper finds lower test errors on CIFAR-10, CIFAR-100 and SVHN; on these few images the difference is shown, not judged.`,
        'Times are of compiled steps in turns, in milliseconds of processor time; they differ from run to run and are the only figures that do. A dropped block is computed neither forwards nor backwards; the first convolution, the output layer and the optimizer, which moves all parameters, remain. A network whose blocks might be dropped, but are all there, shows what the conditions themselves cost.',
      ],
    };
  },
});

function depthFigure(theory: readonly number[], counts: readonly number[]): Figure {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const points = theory.map((p, depth) => ({ depth, p, observed: counts[depth]! / total }));
  const seen = points.filter(({ p, observed }) => p > 1e-6 || observed > 0);
  return {
    title: 'How deep the network is',
    caption: `Bars: the share of ${total} passes with so many blocks. Dots: the Poisson binomial distribution.`,
    svg: svg({
      width: 720,
      height: 320,
      marginBottom: 44,
      x: { label: 'blocks that are there', tickFormat: 'd' },
      y: { label: 'share', grid: true, tickFormat: '%' },
      marks: [
        Plot.rectY(seen, {
          x1: ({ depth }: { depth: number }) => depth - 0.4,
          x2: ({ depth }: { depth: number }) => depth + 0.4,
          y: 'observed',
          fill: '#a9cbe8',
        }),
        Plot.dot(seen, { x: 'depth', y: 'p', r: 3, fill: '#d95f02' }),
      ],
    }),
  };
}

function timeFigure(times: readonly StepTimes[]): Figure {
  const points = times.flatMap((time, round) =>
    kinds.map((kind) => ({ round: round + 1, kind, time: time[kind] })),
  );
  return {
    title: 'Processor time of a training step',
    caption: 'Round by round, all kinds in turns, in milliseconds.',
    svg: svg({
      width: 720,
      height: 280,
      marginBottom: 44,
      x: { label: 'round', ticks: 10, tickFormat: 'd' },
      y: { label: 'milliseconds', grid: true, zero: true },
      color: {
        domain: kinds,
        range: ['#888', '#1f77b4', '#d95f02'],
        legend: true,
      },
      marks: [Plot.line(points, { x: 'round', y: 'time', stroke: 'kind', marker: 'circle' })],
    }),
  };
}
