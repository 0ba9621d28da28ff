import * as Plot from '@observablehq/plot';
import {
  add,
  grad,
  hvp,
  mapTree,
  mul,
  noGrad,
  oneHot,
  type Parameter,
  random,
  type Tensor,
  tanh,
} from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { type MLP, mlp, mse } from '@tikhonov/nn';
import { globalNorm, sgd } from '@tikhonov/optim';
import { gradientPenaltyTerm } from '@tikhonov/regularizers';
import { accuracy, evaluate, fit, type Loss } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

interface Input {
  readonly lambda: number;
  readonly seed: number;
  readonly epochs: number;
  /** Epochs from one measurement to the next. */
  readonly every: number;
}

/** The mean loss over all training rows and the largest eigenvalue of its Hessian. */
interface PathPoint {
  readonly epoch: number;
  readonly loss: number;
  readonly sharpness: number;
}

interface Output extends Input {
  readonly path: readonly PathPoint[];
  /** Of that loss, at the end. */
  readonly gradientNorm: number;
  /** By how much noise on the parameters raises it. */
  readonly rise: number;
  readonly testError: number;
}

const sizes = { train: 300, test: 1000 };
/** Of the noise on every parameter. */
const deviation = 0.05;

/** Half the squared distance to the one-hot labels, mean over rows: its curvature stays where it is fitted. */
const squared: Loss = (output, y, options) =>
  mul(mse(output, oneHot(y, output.shape[1]!), { ...options }), output.shape[1]! / 2);

type Cells = Readonly<Record<string, Parameter>>;
type Values = Readonly<Record<string, Tensor>>;

/** Random values of the parameters' shapes. */
const drawLike = (model: MLP, key: Tensor): Values =>
  Object.fromEntries(
    Object.entries(model.namedParameters()).map(([name, parameter]) => [
      name,
      random.normal(random.foldIn(key, name), parameter.shape),
    ]),
  );

/** The largest eigenvalue of the Hessian in absolute value, by power iteration. */
function sharpnessOf(model: MLP, lossOf: () => Tensor, key: Tensor, rounds: number): number {
  let v = drawLike(model, key);
  let length = globalNorm(v).item();
  for (let k = 0; k < rounds; k++) {
    const by = length;
    const unit = mapTree(v, (each) => each.div(by));
    [v] = noGrad(() => hvp((_cells: Cells) => lossOf(), [model.namedParameters()], [unit]));
    length = globalNorm(v).item();
  }
  return length;
}

/** The mean rise of the loss when normal noise is added to all weights. */
function riseOf(model: MLP, lossOf: () => Tensor, key: Tensor, draws: number): number {
  const kept = model.parameterValues();
  const before = lossOf().item();
  let total = 0;
  for (let k = 0; k < draws; k++) {
    const added = drawLike(model, random.foldIn(key, k));
    for (const [name, parameter] of Object.entries(model.namedParameters())) {
      parameter.write(add(kept[name]!, mul(added[name]!, deviation)));
    }
    total += lossOf().item() - before;
  }
  for (const [name, parameter] of Object.entries(model.namedParameters()))
    parameter.write(kept[name]!);
  return total / draws;
}

async function task(input: Input): Promise<Output> {
  const { lambda, seed, epochs, every } = input;
  const { train, test } = split(loadDigits(), { sizes, seed });
  const model = mlp([64, 64, 10], { activation: tanh, seed });
  const lossOf = (): Tensor => squared(model.forward(train.x), train.y);
  const key = random.foldIn(random.key(seed), 'flatness');
  const sharpness = (): number => sharpnessOf(model, lossOf, key, every === epochs ? 3 : 20);
  const path: PathPoint[] = [];
  await fit(model, {
    train,
    epochs,
    batchSize: 50,
    optimizer: sgd(model, { lr: 0.02, momentum: 0.9 }),
    loss: squared,
    penalties: lambda === 0 ? [] : [gradientPenaltyTerm({ lambda })],
    metrics: {},
    seed,
    callbacks: [
      {
        onEpochEnd(epoch) {
          if (epoch % every !== 0) return;
          path.push({ epoch, loss: noGrad(lossOf).item(), sharpness: sharpness() });
        },
      },
    ],
  });
  const gradient = grad(lossOf, { createGraph: false })(model.namedParameters());
  return {
    ...input,
    path,
    gradientNorm: globalNorm(gradient).item(),
    rise: noGrad(() => riseOf(model, lossOf, random.foldIn(key, 'noise'), 20)),
    testError: 1 - evaluate(model, test, { loss: squared, metrics: { accuracy } }).accuracy,
  };
}

/** The curvature at a loss, between two points of a path; null for a loss that was not passed. */
function sharpnessAt(path: readonly PathPoint[], loss: number): number | null {
  const next = path.findIndex((point) => point.loss <= loss);
  if (next < 1) return null;
  const [a, b] = [path[next - 1]!, path[next]!];
  return a.sharpness + ((b.sharpness - a.sharpness) * (a.loss - loss)) / (a.loss - b.loss);
}

const measures = ['gradientNorm', 'sharpness', 'rise', 'testError'] as const;
type Measure = (typeof measures)[number];
const names: Readonly<Record<Measure, string>> = {
  gradientNorm: 'norm of the gradient',
  sharpness: 'largest eigenvalue of the Hessian',
  rise: 'rise of the loss under noise',
  testError: 'test error',
};

const measured = (run: Output, measure: Measure): number =>
  measure === 'sharpness' ? run.path.at(-1)!.sharpness : run[measure];

export const gradientPenaltyFlatness: AnyReproduction = reproduction<Input, Output>({
  name: 'gradient-penalty-flatness',
  title: 'A penalty on the gradient leads to flat minima',
  claim:
    'The stronger an explicit penalty on the squared norm of the loss gradient, the smaller the gradient and the flatter the minimum where training ends.',
  reference: {
    authors: 'D. G. T. Barrett, B. Dherin',
    title: 'Implicit Gradient Regularization',
    venue: 'ICLR',
    year: 2021,
    arxiv: '2009.11162',
  },
  seeds: 6,
  task,
  run: async ({ seeds: given, firstSeed, quick, runTasks }) => {
    const seeds = quick ? 1 : given;
    const strengths = quick ? [0, 0.3] : [0, 0.01, 0.03, 0.1, 0.3];
    const [epochs, every] = quick ? [5, 5] : [300, 30];
    const inputs = strengths.flatMap((lambda) =>
      Array.from({ length: seeds }, (_, i) => ({ lambda, seed: firstSeed + i, epochs, every })),
    );
    const outputs = await runTasks(inputs, ({ lambda, seed }) => `lambda ${lambda}, seed ${seed}`);
    const of = (lambda: number): Output[] => outputs.filter((output) => output.lambda === lambda);
    const meanAt = (lambda: number, measure: Measure): number =>
      meanOf(of(lambda).map((run) => measured(run, measure)));
    const judged = !quick && seeds >= 3;
    const strongest = strengths.at(-1)!;
    const [plain, penalized] = [of(0), of(strongest)];
    const falls = (measure: Measure): boolean =>
      strengths
        .slice(1)
        .every((lambda, k) => meanAt(lambda, measure) < meanAt(strengths[k]!, measure));
    const changes = (measure: Measure) =>
      pairedTest(penalized.map((run, i) => measured(run, measure) - measured(plain[i]!, measure)));
    const told = (p: number | null): string => (p === null ? '-' : p.toPrecision(2));
    // Training with the penalty fits less; that alone must not be what makes the minimum flat.
    const ratios = penalized.flatMap((run, i) => {
      const { loss, sharpness } = run.path.at(-1)!;
      const other = sharpnessAt(plain[i]!.path, loss);
      return other === null ? [] : [sharpness / other];
    });
    const comparisons: Comparison[] = [
      ...(['gradientNorm', 'sharpness', 'rise'] as const).map((measure) => {
        const { mean, p } = changes(measure);
        return {
          what: `${names[measure]}: strength ${strongest} less none`,
          ours: mean,
          reference: null,
          agrees: judged ? falls(measure) && (p ?? 1) < 0.05 : null,
          rule: `below 0 beyond the noise (p = ${told(p)}), and falling from strength to strength`,
        };
      }),
      {
        what: `eigenvalue at strength ${strongest} over that without penalty at the same training loss`,
        ours: ratios.length === 0 ? '-' : meanOf(ratios),
        reference: null,
        agrees: judged ? ratios.length === seeds && Math.max(...ratios) < 1 : null,
        rule: 'less than 1 for every seed',
      },
      {
        what: `test error: strength ${strongest} less none`,
        ours: changes('testError').mean,
        reference: null,
        agrees: null,
        rule: `shown (p = ${told(changes('testError').p)}); below 0 in the paper`,
      },
    ];
    const shown = (lambda: number, measure: Measure): string =>
      meanAt(lambda, measure).toPrecision(3);
    const between = (measure: Measure): string =>
      `${shown(0, measure)} to ${shown(strongest, measure)}`;
    const percent = (lambda: number): string => (100 * meanAt(lambda, 'testError')).toFixed(1);
    return {
      holds: judged ? comparisons.every(({ agrees }) => agrees !== false) : null,
      verdict: `From no penalty to strength ${strongest} the gradient norm goes from ${between('gradientNorm')}, the largest eigenvalue of the Hessian from ${between('sharpness')}, the rise of the loss under noise from ${between('rise')}; the test error goes from ${percent(0)} to ${percent(strongest)} %.`,
      comparisons,
      figures: [
        {
          title: 'By strength',
          caption: `At the end of the training, a dot per seed, lines through the means over ${seeds}. The gradient, the Hessian and the rise under normal noise of deviation ${deviation} on every parameter are those of the mean training loss without penalty.`,
          svg: strengthFigure(outputs),
        },
        {
          title: 'On the way',
          caption: `Largest eigenvalue against the training loss, both in the course of training (from right to left), seed ${firstSeed}: at the same loss, training with a stronger penalty is at a flatter place.`,
          svg: pathFigure(outputs.filter(({ seed }) => seed === firstSeed)),
        },
      ],
      tables: [
        {
          title: 'Means',
          head: ['strength', 'training loss', ...measures.map((measure) => names[measure])],
          rows: strengths.map((lambda) => [
            lambda,
            meanOf(of(lambda).map(({ path }) => path.at(-1)!.loss)).toPrecision(3),
            ...measures.map((measure) => shown(lambda, measure)),
          ]),
        },
      ],
      notes: [
        `Digits, ${sizes.train} training and ${sizes.test} test images, 64-64-10 with tanh, ${epochs} epochs of momentum (rate 0.02, 0.9) in batches of 50. The loss is half the squared distance to the one-hot label: the curvature of cross-entropy vanishes where the labels are fitted, whatever the weights.`,
        'The paper trains larger networks on MNIST and CIFAR-10 with cross-entropy and looks at them where the test accuracy is highest; there the penalty also lowers the test error. Here all trainings have the same number of steps, and a strong penalty mostly slows down the fit; its effect on the test error is shown, and no part of the verdict.',
        'Gradients of single steps are those of batches, and so is what is penalized; the gradient that is measured is that of all rows, at the last step of a training whose rate does not fall.',
      ],
    };
  },
});

function strengthFigure(outputs: readonly Output[]): string {
  const strengths = [...new Set(outputs.map(({ lambda }) => lambda))];
  const points = measures.flatMap((measure) =>
    outputs.map((run) => ({
      measure: names[measure],
      lambda: run.lambda,
      value: measured(run, measure),
    })),
  );
  // Each panel has its own scale: shares of the highest value.
  const highest = new Map(
    Object.values(names).map((name) => [
      name,
      Math.max(...points.filter(({ measure }) => measure === name).map(({ value }) => value)),
    ]),
  );
  const shares = points.map((point) => ({
    ...point,
    share: point.value / highest.get(point.measure)!,
  }));
  const means = Object.values(names).flatMap((measure) =>
    strengths.map((lambda) => {
      const own = shares.filter((each) => each.measure === measure && each.lambda === lambda);
      return { measure, lambda, share: meanOf(own.map(({ share }) => share)) };
    }),
  );
  const maxima = [...highest].map(([measure, value]) => ({
    measure,
    text: `1 is ${Number(value.toPrecision(3))}`,
  }));
  return svg({
    width: 760,
    height: 520,
    marginTop: 34,
    marginBottom: 44,
    fx: { axis: null },
    fy: { axis: null },
    x: { type: 'point', domain: strengths, label: 'strength', grid: true },
    y: { label: 'share of the highest', grid: true, domain: [0, 1.05] },
    marks: (Object.values(names) as string[]).flatMap((measure, k) => {
      const at = { fx: () => k % 2, fy: () => Math.floor(k / 2) };
      const own = <T extends { readonly measure: string }>(rows: readonly T[]): T[] =>
        rows.filter((row) => row.measure === measure);
      return [
        Plot.frame({ fx: k % 2, fy: Math.floor(k / 2), stroke: '#ddd' }),
        Plot.dot(own(shares), { ...at, x: 'lambda', y: 'share', stroke: '#1f77b4', r: 2.5 }),
        Plot.line(own(means), {
          ...at,
          x: 'lambda',
          y: 'share',
          stroke: '#1f77b4',
          strokeWidth: 2,
        }),
        Plot.text(own(maxima), {
          ...at,
          frameAnchor: 'top',
          dy: -14,
          text: ({ text }: { text: string }) => `${measure} (${text})`,
        }),
      ];
    }),
  });
}

function pathFigure(runs: readonly Output[]): string {
  const points = runs.flatMap(({ lambda, path }) =>
    path.map((point) => ({ ...point, strength: String(lambda) })),
  );
  const ends = runs.map(({ lambda, path }) => ({ ...path.at(-1)!, strength: String(lambda) }));
  return svg({
    width: 720,
    height: 360,
    marginBottom: 44,
    marginLeft: 50,
    insetLeft: 80,
    x: { type: 'log', label: 'training loss', grid: true, ticks: 4, tickFormat: '~g' },
    y: { type: 'log', label: names.sharpness, grid: true, ticks: 4, tickFormat: '~g' },
    color: {
      type: 'ordinal',
      scheme: 'blues',
      range: [0.35, 1],
      domain: runs.map(({ lambda }) => String(lambda)),
    },
    marks: [
      Plot.line(points, { x: 'loss', y: 'sharpness', stroke: 'strength', strokeWidth: 2 }),
      Plot.dot(points, { x: 'loss', y: 'sharpness', fill: 'strength', r: 2.5 }),
      Plot.text(ends, {
        x: 'loss',
        y: 'sharpness',
        text: ({ strength }: { strength: string }) => `strength ${strength}`,
        dx: -8,
        textAnchor: 'end',
      }),
    ],
  });
}
