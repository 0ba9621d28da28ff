import * as Plot from '@observablehq/plot';
import { matmul, mean, mul, random, softplus, type Tensor } from '@tikhonov/core';
import { moons, standardize } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { type ImplicitGradientOrder, implicitGradientOrder } from '@tikhonov/regularizers';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';
import { slopeOf } from './slopes.ts';

type Problem = 'network' | 'logistic';

interface Input {
  readonly problem: Problem;
  readonly seed: number;
  /** The time of both flows: of one step, or the same for all rates. */
  readonly span: 'step' | 'time';
  readonly quick: boolean;
}

interface Output extends Input {
  readonly order: ImplicitGradientOrder;
}

const float64 = { dtype: 'float64' } as const;

/** Descents at rates that halve, from weights of a seed. */
function task(input: Input): Output {
  const { problem, seed, span, quick } = input;
  const rates = { lr: problem === 'network' ? 0.2 : 0.4, rates: quick ? 4 : 7 };
  const options = span === 'step' ? rates : { ...rates, steps: quick ? 1 : 4 };
  return { ...input, order: measured(problem, seed, options) };
}

function measured(
  problem: Problem,
  seed: number,
  options: Parameters<typeof implicitGradientOrder>[2],
): ImplicitGradientOrder {
  if (problem === 'logistic') {
    const key = random.key(seed);
    const x = random.normal(random.foldIn(key, 'x'), [20, 5], float64);
    const start = random.normal(random.foldIn(key, 'w'), [5], float64);
    const signs = random.rademacher(random.foldIn(key, 'y'), [20], float64);
    const loss = (w: Tensor): Tensor => mean(softplus(mul(matmul(x, w), signs)));
    return implicitGradientOrder(loss, start, options);
  }
  const rows = moons({ n: 40, noise: 0.1, seed, ...float64 });
  const [x, y] = [standardize(rows).apply(rows.x), rows.y];
  const model = mlp([2, 6, 2], { seed, activation: 'tanh', ...float64 });
  return implicitGradientOrder(() => crossEntropy(model.forward(x), y), model, options);
}

const titles: Readonly<Record<Problem, string>> = {
  network: 'network',
  logistic: 'logistic regression',
};

/** Orders that the theorem gives: one step is one order better than a fixed time. */
const expected = {
  step: { flow: 2, modified: 3 },
  time: { flow: 1, modified: 2 },
} as const;
const spans = ['time', 'step'] as const;
const fields = ['flow', 'modified'] as const;

type Span = (typeof spans)[number];
type Field = (typeof fields)[number];

/** Slope of log distance over log rate; of the smaller rates, where higher orders have faded. */
function orderOf({ order }: Output, field: Field): number {
  const from = Math.floor(order.lr.length / 2);
  const logs = (values: readonly number[]): number[] => values.slice(from).map(Math.log);
  return slopeOf(logs(order.lr), logs(order[field]));
}

export const igrOrder: AnyReproduction = reproduction<Input, Output>({
  name: 'igr-order',
  title: 'Which flow gradient descent follows',
  claim:
    'Gradient descent with rate h follows the gradient flow of the loss to first order in h, and that of the loss plus h/4 times its squared gradient to second order.',
  reference: {
    authors: 'D. G. T. Barrett, B. Dherin',
    title: 'Implicit Gradient Regularization',
    venue: 'ICLR',
    year: 2021,
    arxiv: '2009.11162',
  },
  seeds: 5,
  task: async (input) => task(input),
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const problems: readonly Problem[] = ['network', 'logistic'];
    const inputs = problems.flatMap((problem) =>
      spans.flatMap((span) =>
        Array.from({ length: seeds }, (_, i) => ({ problem, span, seed: firstSeed + i, quick })),
      ),
    );
    const outputs = await runTasks(inputs, ({ problem, seed }) => `${problem}, seed ${seed}`);
    const of = (problem: Problem, span: Span): Output[] =>
      outputs.filter((output) => output.problem === problem && output.span === span);
    const comparisons = problems.flatMap((problem) =>
      spans.flatMap((span) =>
        fields.map((field): Comparison => {
          const orders = of(problem, span).map((output) => orderOf(output, field));
          const wanted = expected[span][field];
          const worst = Math.max(...orders.map((order) => Math.abs(order - wanted)));
          return {
            what: `${titles[problem]}, ${span === 'step' ? 'one step' : 'a fixed time'}: order against the ${field === 'flow' ? 'flow' : 'modified flow'}`,
            ours: meanOf(orders),
            reference: wanted,
            agrees: quick ? null : worst < 0.1,
            rule: 'within 0.1 for every seed',
          };
        }),
      ),
    );
    const order = (span: Span, field: Field): string =>
      meanOf(
        problems.flatMap((problem) => of(problem, span).map((output) => orderOf(output, field))),
      ).toFixed(2);
    return {
      holds: quick ? null : comparisons.every(({ agrees }) => agrees === true),
      verdict: `Over a fixed time the distance of gradient descent falls with order ${order('time', 'flow')} from the flow of the loss and with ${order('time', 'modified')} from that of the modified loss; after one step with ${order('step', 'flow')} and ${order('step', 'modified')}.`,
      comparisons,
      figures: problems.map((problem) => ({
        title: `Distance by learning rate: ${titles[problem]}`,
        caption: `Geometric means over ${seeds} seeds; every line should have the slope that is written at it (dashed). Solid: over a fixed time, dotted: after one step.`,
        svg: figureOf(
          spans.flatMap((span) => fields.map((field) => lineOf(of(problem, span), span, field))),
        ),
      })),
      notes: [
        'In float64; flows by the classical Runge-Kutta method with four steps per step of descent, whose error is of order 4 and does not matter here. Orders are slopes over the smaller half of the rates.',
        'The network is 2-6-2 with tanh on 40 points of two moons: the theorem wants a smooth loss, which relu does not give.',
        'That the modified flow is nearer does not say that the term improves generalisation; the paper argues that from further experiments.',
      ],
    };
  },
});

interface Line {
  readonly span: Span;
  readonly field: Field;
  readonly points: readonly { readonly lr: number; readonly distance: number }[];
}

const lineOf = (runs: readonly Output[], span: Span, field: Field): Line => ({
  span,
  field,
  points: runs[0]!.order.lr.map((lr, k) => ({
    lr,
    distance: Math.exp(meanOf(runs.map(({ order }) => Math.log(order[field][k]!)))),
  })),
});

function figureOf(lines: readonly Line[]): string {
  const named = (field: Field): string => (field === 'flow' ? 'flow' : 'modified flow');
  return svg({
    width: 720,
    height: 440,
    marginLeft: 60,
    marginRight: 150,
    marginBottom: 44,
    x: { type: 'log', label: 'learning rate', grid: true, ticks: 4, tickFormat: '~g' },
    y: { type: 'log', label: 'distance', grid: true, ticks: 6, tickFormat: '~e' },
    color: { domain: fields, range: ['#d95f02', '#1f77b4'] },
    marks: lines.flatMap(({ span, field, points }) => {
      const order = expected[span][field];
      const [first, last] = [points[0]!, points.at(-1)!];
      const ideal = [
        last,
        { lr: first.lr, distance: last.distance * (first.lr / last.lr) ** order },
      ];
      return [
        Plot.line(ideal, { x: 'lr', y: 'distance', stroke: '#999', strokeDasharray: '5,4' }),
        Plot.line(points, {
          x: 'lr',
          y: 'distance',
          stroke: () => field,
          strokeWidth: 2,
          ...(span === 'step' ? { strokeDasharray: '2,3' } : {}),
        }),
        Plot.dot(points, { x: 'lr', y: 'distance', fill: () => field, r: 3 }),
        Plot.text([first], {
          x: 'lr',
          y: 'distance',
          text: () => `${named(field)}, ${order}`,
          fill: () => field,
          dx: 8,
          textAnchor: 'start',
        }),
      ];
    }),
  });
}
