import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import { abs, max, mul, noGrad, norm, sub, type Tensor } from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { crossEntropy, type MLP, mlp } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { l2, weissi } from '@tikhonov/regularizers';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { geometric } from './linear-paths.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

type Training = 'none' | 'l2' | 'weissi';

interface Input {
  readonly seed: number;
  readonly quick: boolean;
}

/** A network whose first layer is multiplied and whose last is divided by a factor. */
interface Shift {
  readonly factor: number;
  /** Largest change of an output, as a share of the largest output. */
  readonly outputs: number;
  /** Change of the penalty at strength 1. */
  readonly weissi: number;
  readonly weissiWithL1: number;
  /** The penalty, as a multiple of the unshifted network's. */
  readonly l2: number;
}

interface Output {
  readonly seed: number;
  readonly shifts: readonly Shift[];
  /** The largest relative change of outputs, with biases scaled by all factors so far, or by their own. */
  readonly biasesByProducts: number;
  readonly biasesByOwn: number;
  /** L2 at the factors that balance the layers, and the least that it can be, `L prod ||W||^(2 / L)`. */
  readonly balanced: number;
  readonly least: number;
  /** `||W_1||^2 - ||W_L||^2` along trainings, as a share of where they start. */
  readonly trainings: Readonly<
    Record<Training, readonly { readonly time: number; readonly difference: number }[]>
  >;
}

const float64 = { dtype: 'float64' } as const;
const sizes = [64, 32, 32, 10];
/** That of WEISSI keeps the small last layer away from 0, where steps of any length are too long. */
const strengths = { l2: 0.01, weissi: 0.01 };
const rate = 0.02;

/** The network with its layers multiplied, and its biases too if factors for them are given. */
function shifted(model: MLP, factors: readonly number[], biases?: readonly number[]): MLP {
  const copy = mlp(sizes, { seed: 0, bias: biases !== undefined, ...float64 });
  for (const [l, layer] of copy.layers.entries()) {
    const original = model.layers[l]!;
    layer.weight.write(mul(original.weight.read(), factors[l]!));
    if (biases !== undefined) layer.bias!.write(mul(original.bias!.read(), biases[l]!));
  }
  return copy;
}

const weightsOf = (model: MLP): Tensor[] => model.layers.map(({ weight }) => weight.read());
const normsOf = (model: MLP): number[] => weightsOf(model).map((w) => norm(w).item());

const product = (values: readonly number[]): number => values.reduce((all, x) => all * x, 1);

/** How far outputs are apart, as a share of the largest. */
function apart(a: MLP, b: MLP, x: Tensor): number {
  const outputs = a.forward(x);
  return (
    max(abs(sub(outputs, b.forward(x)))).item() /
    Math.max(max(abs(outputs)).item(), Number.MIN_VALUE)
  );
}

function shiftsOf(model: MLP, x: Tensor, factors: readonly number[]): Shift[] {
  const both = { lambda1: 1, lambda2: 1 };
  return factors.map((factor) => {
    const other = shifted(model, [factor, 1, 1 / factor]);
    const change = (penalty: (weights: Tensor[]) => Tensor): number =>
      penalty(weightsOf(other)).item() - penalty(weightsOf(model)).item();
    return {
      factor,
      outputs: apart(model, other, x),
      weissi: change((w) => weissi(w, { lambda1: 1 })),
      weissiWithL1: change((w) => weissi(w, both)),
      l2: l2(weightsOf(other), { lambda: 1 }).item() / l2(weightsOf(model), { lambda: 1 }).item(),
    };
  });
}

/** Gradient descent from a network whose layers are out of balance. */
function trained(start: MLP, kind: Training, x: Tensor, y: Tensor, steps: number) {
  const model = shifted(start, [3, 1, 1 / 3]);
  const optimizer = sgd(model, { lr: rate });
  const penalty = {
    none: null,
    l2: (): Tensor => l2(model, { lambda: strengths.l2 }),
    weissi: (): Tensor => weissi(model, { lambda1: strengths.weissi }),
  }[kind];
  const step = compile(() => {
    optimizer.minimize(() => {
      const loss = crossEntropy(model.forward(x), y);
      return penalty === null ? loss : loss.add(penalty());
    });
  });
  const difference = (): number => {
    const norms = normsOf(model);
    return norms[0]! ** 2 - norms.at(-1)! ** 2;
  };
  const first = difference();
  const every = Math.max(1, Math.floor(steps / 40));
  const points = [{ time: 0, difference: 1 }];
  for (let k = 1; k <= steps; k++) {
    step();
    if (k % every === 0) points.push({ time: k * rate, difference: difference() / first });
  }
  return points;
}

function task({ seed, quick }: Input): Output {
  return noGrad(() => {
    const digits = loadDigits(float64);
    const [rows] = split(digits, { sizes: [quick ? 60 : 300], seed });
    const model = mlp(sizes, { seed, bias: false, ...float64 });
    const biased = mlp(sizes, { seed, ...float64 });
    const gammas = [3, 0.5, 2 / 3];
    const products = gammas.map((_, l) => product(gammas.slice(0, l + 1)));
    const norms = normsOf(model);
    const mean = product(norms) ** (1 / norms.length);
    const balanced = shifted(
      model,
      norms.map((each) => mean / each),
    );
    const steps = quick ? 40 : 4000;
    const train = (kind: Training) => trained(model, kind, rows.x, rows.y, steps);
    return {
      seed,
      shifts: shiftsOf(model, rows.x, geometric(1 / 16, 16, quick ? 5 : 17)),
      biasesByProducts: apart(biased, shifted(biased, gammas, products), rows.x),
      biasesByOwn: apart(biased, shifted(biased, gammas, gammas), rows.x),
      balanced: l2(weightsOf(balanced), { lambda: 1 }).item(),
      least: norms.length * mean ** 2,
      trainings: { none: train('none'), l2: train('l2'), weissi: train('weissi') },
    };
  });
}

const worst = (values: readonly number[]): number => Math.max(...values.map(Math.abs));
const endOf = (output: Output, kind: Training): number => output.trainings[kind].at(-1)!.difference;

export const weissiInvariance: AnyReproduction = reproduction<Input, Output>({
  name: 'weissi-invariance',
  title: 'WEISSI and shifts of scale between layers',
  claim:
    'Scaling one layer of a ReLU network up and another down leaves the network and the WEISSI penalty as they are; the L2 penalty changes.',
  reference: {
    authors: 'Z. Liu, Y. Cui, A. B. Chan',
    title:
      'Improve Generalization and Robustness of Neural Networks via Weight Scale Shifting Invariant Regularizations',
    venue: 'arXiv',
    year: 2020,
    arxiv: '2008.02965',
  },
  seeds: 5,
  task: async (input) => task(input),
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const inputs = Array.from({ length: seeds }, (_, i) => ({ seed: firstSeed + i, quick }));
    const outputs = await runTasks(inputs, ({ seed }) => `seed ${seed}`);
    const shifts = outputs.flatMap((output) => output.shifts);
    const far = shifts.filter(({ factor }) => factor > 15);
    const zero = (what: string, ours: number): Comparison => ({
      what,
      ours,
      reference: 0,
      agrees: ours < 1e-12,
      rule: 'less than 1e-12',
    });
    const kept = worst(outputs.map((output) => endOf(output, 'weissi') - endOf(output, 'none')));
    const decayed = worst(outputs.map((output) => endOf(output, 'l2')));
    const time = outputs[0]!.trainings.l2.at(-1)!.time;
    const comparisons: Comparison[] = [
      zero('change of outputs, worst of all factors', worst(shifts.map(({ outputs: o }) => o))),
      zero('change of WEISSI', worst(shifts.map((shift) => shift.weissi))),
      zero(
        'change of WEISSI with its L1 part',
        worst(shifts.map(({ weissiWithL1 }) => weissiWithL1)),
      ),
      {
        what: 'L2 at a factor of 16, as a multiple',
        ours: Math.min(...far.map((shift) => shift.l2)),
        reference: null,
        agrees: far.every((shift) => shift.l2 > 2),
        rule: 'more than 2',
      },
      zero(
        'least L2 of all shifts less L prod ||W||^(2/L), as a share',
        worst(outputs.map(({ balanced, least }) => balanced / least - 1)),
      ),
      zero(
        'with biases: change of outputs if they get the factors of all layers so far',
        worst(outputs.map(({ biasesByProducts }) => biasesByProducts)),
      ),
      {
        what: 'with biases: change of outputs if they get the factor of their own layer, as printed',
        ours: meanOf(outputs.map(({ biasesByOwn }) => biasesByOwn)),
        reference: 0,
        agrees: null,
        rule: 'shown: that rule is a slip',
      },
      {
        what: 'training with WEISSI: change of the imbalance of layers beyond that of plain training',
        ours: kept,
        reference: 0,
        agrees: quick ? null : kept < 0.02,
        rule: 'less than 0.02 of the start',
      },
      {
        what: 'training with L2: what is left of the imbalance',
        ours: decayed,
        reference: Math.exp(-4 * strengths.l2 * time),
        agrees: quick ? null : Math.abs(decayed / Math.exp(-4 * strengths.l2 * time) - 1) < 0.1,
        rule: 'within 10 % of exp(-4 lambda t)',
      },
    ];
    const tests = comparisons.filter(({ agrees }) => agrees !== null);
    return {
      holds: tests.every(({ agrees }) => agrees === true),
      verdict: `Factors up to 16 change outputs by at most ${worst(shifts.map(({ outputs: o }) => o)).toExponential(1)} and WEISSI by at most ${worst(shifts.map((shift) => shift.weissi)).toExponential(1)}; L2 becomes ${meanOf(far.map((shift) => shift.l2)).toFixed(0)} times as large.`,
      comparisons,
      figures: [
        {
          title: 'Penalties along a shift',
          caption:
            'The first layer times the factor, the last one divided by it, seed by seed; less the value of the network as it was. All these networks are the same function.',
          svg: shiftFigure(outputs),
        },
        {
          title: 'Imbalance of layers in training',
          caption:
            'Squared norm of the first layer less that of the last, as a share of where gradient descent on digits starts; means over seeds.',
          svg: trainingFigure(outputs),
        },
      ],
      notes: [
        `Networks ${sizes.join('-')} with ReLU and without biases, in float64, at random weights; inputs are digits.`,
        "What is printed about biases, that each gets its own layer's factor, changes the network; it takes the product of the factors up to the layer.",
        'The last two rows are not in the paper. Under gradient flow the data loss and WEISSI change the squared norms of all layers alike, and L2 draws them together by exp(-4 lambda t); steps of finite length deviate a little.',
        "That WEISSI improves generalisation and robustness, the paper's empirical claim, is not what is looked at here; the catalogue's comparison on digits is.",
      ],
    };
  },
});

function shiftFigure(outputs: readonly Output[]): string {
  const points = outputs.flatMap(({ seed, shifts }) =>
    shifts.flatMap(({ factor, weissi: invariant, l2: multiple }) => [
      { seed, factor, penalty: 'L2, log of the multiple', value: Math.log(multiple) },
      { seed, factor, penalty: 'WEISSI', value: invariant },
    ]),
  );
  return svg({
    width: 720,
    height: 340,
    marginBottom: 44,
    marginRight: 170,
    x: { type: 'log', base: 2, label: 'factor', grid: true, tickFormat: '~g' },
    y: { label: 'change', grid: true },
    color: { domain: ['L2, log of the multiple', 'WEISSI'], range: ['#d95f02', '#1f77b4'] },
    marks: [
      Plot.line(points, {
        x: 'factor',
        y: 'value',
        z: ({ seed, penalty }: { seed: number; penalty: string }) => `${seed} ${penalty}`,
        stroke: 'penalty',
        strokeWidth: 1.5,
      }),
      Plot.text(points.slice(-2), {
        x: 'factor',
        y: 'value',
        text: 'penalty',
        fill: 'penalty',
        dx: 8,
        textAnchor: 'start',
      }),
    ],
  });
}

const trainingTitles: Readonly<Record<Training, string>> = {
  none: 'no penalty',
  l2: 'L2',
  weissi: 'WEISSI',
};

function trainingFigure(outputs: readonly Output[]): string {
  const points = (['none', 'l2', 'weissi'] as const).flatMap((kind) =>
    outputs[0]!.trainings[kind].map(({ time }, k) => ({
      training: trainingTitles[kind],
      time,
      difference: meanOf(outputs.map(({ trainings }) => trainings[kind][k]!.difference)),
    })),
  );
  const last = Math.max(...points.map(({ time }) => time));
  const ends = points.filter(({ time }) => time === last);
  return svg({
    width: 720,
    height: 340,
    marginBottom: 44,
    marginRight: 90,
    x: { label: 'time (steps times learning rate)', grid: true },
    y: { label: 'imbalance', grid: true, zero: true },
    color: { domain: Object.values(trainingTitles), range: ['#888', '#d95f02', '#1f77b4'] },
    marks: [
      Plot.line(points, {
        x: 'time',
        y: 'difference',
        stroke: 'training',
        strokeWidth: 2,
      }),
      ...ends.map((end, k) =>
        Plot.text([end], {
          x: 'time',
          y: 'difference',
          text: 'training',
          fill: 'training',
          dx: 8,
          dy: k === 0 ? -8 : k === 2 ? 8 : 0,
          textAnchor: 'start',
        }),
      ),
    ],
  });
}
