import * as Plot from '@observablehq/plot';
import { mul, norm, random, sqrt, square, stack, sum, type Tensor } from '@tikhonov/core';
import { proxElasticNet, proxL1 } from '@tikhonov/optim';
import { svg } from '../report/svg.ts';
import { type Centred, centre, geometric, lossGradient, penalizedPath } from './linear-paths.ts';
import {
  type AnyReproduction,
  type Comparison,
  type Figure,
  reproduction,
} from './reproduction.ts';

interface Input {
  readonly seed: number;
  readonly count: number;
}

/** What one data set gave. */
interface Output {
  readonly seed: number;
  /** Strengths of the L1 part, from the one that leaves nothing. */
  readonly strengths: readonly number[];
  readonly lasso: readonly (readonly number[])[];
  readonly elastic: readonly (readonly number[])[];
  /** By how much the conditions of a minimum are missed at most. */
  readonly missed: number;
  /** The largest ratio of a difference within a group to its bound by the theorem. */
  readonly ratio: number;
}

const rows = 100;
/** Strength of the squared part in `1/(2n) |y - Xb|^2 + lambda1 |b|_1 + lambda2 |b|^2 / 2`. */
const lambda2 = 0.1;
/** Signs of the predictors by their hidden cause: two groups of three. */
const signs = [1, -1, 1] as const;

/** The paper's section 5.5: six predictors that show two hidden causes with some noise. */
function draw(seed: number): { readonly x: Tensor; readonly y: Tensor } {
  const key = random.key(seed);
  const float64 = { dtype: 'float64' } as const;
  const named = (name: string): Tensor => random.foldIn(key, name);
  const causes = ['z1', 'z2'].map((name) =>
    random.uniform(named(name), [rows], { max: 20, ...float64 }),
  );
  const x = causes.flatMap((z, g) =>
    signs.map((sign, j) =>
      mul(z, sign).add(random.normal(named(`e${3 * g + j}`), [rows], { std: 0.25, ...float64 })),
    ),
  );
  const noise = random.normal(named('y'), [rows], float64);
  return { x: stack(x, { axis: 1 }), y: causes[0]!.add(causes[1]!.mul(0.1)).add(noise) };
}

/** Columns of mean 0 and mean square 1. */
function standardized(data: { readonly x: Tensor; readonly y: Tensor }): Centred {
  const centred = centre(data);
  const scale = sqrt(sum(square(centred.x), { axis: 0 }).div(rows));
  return { ...centred, x: centred.x.div(scale) };
}

/** The conditions of a minimum: what is missed of the gradient's being in the subdifferential. */
function missedBy(data: Centred, beta: readonly number[], l1: number, l2: number): number {
  const gradient = lossGradient(data, beta).map((g, j) => g + l2 * beta[j]!);
  return Math.max(
    ...gradient.map((g, j) =>
      beta[j] === 0 ? Math.max(0, Math.abs(g) - l1) : Math.abs(g + l1 * Math.sign(beta[j]!)),
    ),
  );
}

/** Theorem 1 of the paper, with the length of y instead of the sum of its absolute values, which is sharper. */
function groupRatio(data: Centred, beta: readonly number[]): number {
  const columns = Array.from({ length: 6 }, (_, j) =>
    data.x.toArray<number[][]>().map((row) => row[j]!),
  );
  const size = norm(data.y).item();
  let worst = 0;
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < i; j++) {
      const correlation =
        columns[i]!.reduce((total, v, k) => total + v * columns[j]![k]!, 0) / rows;
      const sign = Math.sign(correlation);
      // Both must be in the model with equal signs, seen from the same side.
      if (beta[i]! * beta[j]! * sign <= 0) continue;
      const difference = Math.abs(beta[i]! - sign * beta[j]!);
      // In the paper's scale: columns of length 1 and a loss that is not halved or averaged.
      const bound =
        (size / (lambda2 * rows)) * Math.sqrt(2 * (1 - Math.abs(correlation))) * Math.sqrt(rows);
      worst = Math.max(worst, difference / bound);
    }
  }
  return worst;
}

function task({ seed, count }: Input): Output {
  const data = standardized(draw(seed));
  const none = Array.from({ length: 6 }, () => 0);
  const strongest = Math.max(...lossGradient(data, none).map(Math.abs));
  const strengths = geometric(strongest, strongest / 300, count);
  const steps = 6000;
  const lasso = penalizedPath(data, strengths, proxL1, steps);
  const elastic = penalizedPath(
    data,
    strengths,
    (lambda1) => proxElasticNet({ lambda1, lambda2: lambda2 / 2 }),
    steps,
  );
  const missed = elastic.map((beta, k) => missedBy(data, beta, strengths[k]!, lambda2));
  const ratios = elastic.map((beta) => groupRatio(data, beta));
  return {
    seed,
    strengths,
    lasso,
    elastic,
    missed: Math.max(...missed),
    ratio: Math.max(...ratios),
  };
}

/** How unlike the coefficients of the first group are: 0 equal, 1 all weight on one. */
function unlikeness(beta: readonly number[]): number {
  const sizes = beta.slice(0, 3).map(Math.abs);
  const [largest, smallest] = [Math.max(...sizes), Math.min(...sizes)];
  return largest === 0 ? 0 : (largest - smallest) / largest;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
};

export const elasticNet: AnyReproduction = reproduction<Input, Output>({
  name: 'elastic-net',
  title: 'The elastic net keeps groups together',
  claim:
    'Of predictors that are nearly alike the lasso picks some, the elastic net gives all of them nearly equal coefficients.',
  reference: {
    authors: 'H. Zou, T. Hastie',
    title: 'Regularization and Variable Selection via the Elastic Net',
    venue: 'Journal of the Royal Statistical Society B 67(2)',
    year: 2005,
    doi: '10.1111/j.1467-9868.2005.00503.x',
  },
  seeds: 20,
  task: async (input) => task(input),
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const inputs = Array.from({ length: seeds }, (_, i) => ({
      seed: firstSeed + i,
      count: quick ? 8 : 40,
    }));
    const outputs = await runTasks(inputs, ({ seed }) => `seed ${seed}`);
    // Where the first group is in the model but the strength is still felt.
    const middle = Math.floor(inputs[0]!.count / 2);
    const unlike = (kind: 'lasso' | 'elastic'): number =>
      median(outputs.map((output) => unlikeness(output[kind][middle]!)));
    const missed = Math.max(...outputs.map((output) => output.missed));
    const ratio = Math.max(...outputs.map((output) => output.ratio));
    const comparisons: Comparison[] = [
      {
        what: 'conditions of optimality, worst of all strengths and seeds',
        ours: missed,
        reference: 0,
        agrees: missed < 1e-6,
        rule: 'less than 0.000001',
      },
      {
        what: 'difference within a group over its bound by theorem 1, worst',
        ours: ratio,
        reference: 1,
        agrees: ratio <= 1,
        rule: 'at most 1',
      },
      {
        what: 'lasso: (largest - smallest) / largest coefficient of the first group, median',
        ours: unlike('lasso'),
        reference: null,
        agrees: unlike('lasso') > 0.5,
        rule: 'more than 0.5',
      },
      {
        what: 'elastic net: the same',
        ours: unlike('elastic'),
        reference: null,
        agrees: unlike('elastic') < 0.1,
        rule: 'less than 0.1',
      },
    ];
    return {
      holds: comparisons.every(({ agrees }) => agrees !== false),
      verdict: `Over ${seeds} data sets the coefficients of the first group differ by ${(100 * unlike('lasso')).toFixed(0)} % of the largest under the lasso and by ${(100 * unlike('elastic')).toFixed(1)} % under the elastic net.`,
      comparisons,
      figures: (['lasso', 'elastic'] as const).map((kind) => pathFigure(kind, outputs[0]!)),
      notes: [
        `The minimised function is 1/(2n) |y - Xb|^2 + lambda1 |b|_1 + ${lambda2}/2 |b|^2, the paper's naive elastic net; its final estimator is this one times 1 + lambda2, which changes no comparison here.`,
        'The six predictors are three noisy copies each of two hidden causes, one copy with the opposite sign (section 5.5 of the paper).',
      ],
    };
  },
});

function pathFigure(kind: 'lasso' | 'elastic', output: Output): Figure {
  const points = output[kind].flatMap((beta, k) =>
    beta.map((value, j) => ({
      strength: output.strengths[k]!,
      value,
      predictor: `x${j + 1}`,
      group: j < 3 ? 'first cause' : 'second cause',
    })),
  );
  return {
    title: kind === 'lasso' ? 'The lasso' : 'The elastic net',
    caption: `Coefficients of the six predictors against the strength of the L1 part, seed ${output.seed}. x2 and x5 have the opposite sign of their group.`,
    svg: svg({
      width: 720,
      height: 340,
      marginBottom: 44,
      x: { type: 'log', reverse: true, label: 'strength of L1', grid: true },
      y: { label: 'coefficient', grid: true },
      color: {
        legend: false,
        domain: ['first cause', 'second cause'],
        range: ['#1f77b4', '#d95f02'],
      },
      marks: [
        Plot.ruleY([0]),
        Plot.line(points, {
          x: 'strength',
          y: 'value',
          z: 'predictor',
          stroke: 'group',
          strokeWidth: 2,
        }),
        Plot.text(points.slice(-6), {
          x: 'strength',
          y: 'value',
          text: 'predictor',
          dx: 8,
          textAnchor: 'start',
        }),
      ],
    }),
  };
}
