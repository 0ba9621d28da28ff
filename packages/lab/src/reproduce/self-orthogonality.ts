import * as Plot from '@observablehq/plot';
import {
  add,
  eye,
  logicalNot,
  mul,
  random,
  square,
  stack,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { loadDigits, split, withLabelNoise } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { selfOrthogonalityTerm, signCorrelations } from '@tikhonov/regularizers';
import { accuracy, fit, measure, predict } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

type Estimator = 'none' | 'self' | 'random' | 'exact';

type Input =
  | { readonly kind: 'identity'; readonly seed: number; readonly quick: boolean }
  | {
      readonly kind: 'training';
      readonly seed: number;
      readonly quick: boolean;
      readonly estimator: Estimator;
    };

/** How often two units agree in sign, measured at an angle. */
interface Angle {
  readonly theta: number;
  /** For inputs of which no direction is preferred, and for some of which one is. */
  readonly isotropic: number;
  readonly stretched: number;
}

interface Trained {
  readonly estimator: Estimator;
  /** Root mean square of the correlations of the first layer's units: by angles, and by signs on test images. */
  readonly byAngles: number;
  readonly bySigns: number;
  readonly accuracy: number;
}

interface Output {
  readonly seed: number;
  readonly angles: readonly Angle[];
  readonly trained: Trained | null;
}

const float64 = { dtype: 'float64' } as const;
const [samples, dimensions, stretch] = [4000, 10, 5];
const hidden = 32;
const identity = (theta: number): number => 1 - (2 * theta) / Math.PI;

/** Units at angles from 0 to 180 degrees, seen through the signs of random inputs. */
function anglesOf(seed: number, count: number): Angle[] {
  const key = random.key(seed);
  // The first of the units points to the stretched axis by half.
  const [first, second] = [
    [1, 1],
    [-1, 1],
  ].map((pair) =>
    tensor(
      Array.from({ length: dimensions }, (_, k) => (pair[k] ?? 0) / Math.SQRT2),
      float64,
    ),
  ) as [Tensor, Tensor];
  const axis = tensor(
    Array.from({ length: dimensions }, (_, k) => (k === 0 ? stretch : 1)),
    float64,
  );
  return Array.from({ length: count }, (_, k) => {
    const theta = (Math.PI * (k + 0.5)) / count;
    const other = add(mul(first, Math.cos(theta)), mul(second, Math.sin(theta)));
    const x = random.normal(random.foldIn(key, k), [samples, dimensions], float64);
    const seen = (inputs: Tensor): number =>
      signCorrelations(stack([first, other]), {
        estimator: 'random',
        x: inputs,
        gamma: Number.POSITIVE_INFINITY,
      }).toArray<number[][]>()[0]![1]!;
    return { theta, isotropic: seen(x), stretched: seen(mul(x, axis)) };
  });
}

/** Root mean square off the diagonal. */
function rms(v: Tensor): number {
  const m = v.shape[0]!;
  const others = where(logicalNot(eye(m, { dtype: 'bool' })), v, 0);
  return Math.sqrt(sum(square(others)).item() / (m * (m - 1)));
}

async function trainedWith(estimator: Estimator, seed: number, epochs: number): Promise<Trained> {
  const digits = loadDigits();
  const [clean, test] = split(digits, { sizes: [300, digits.size - 300], seed });
  const { dataset: train } = withLabelNoise(clean, { rate: 0.2, seed });
  const model = mlp([64, hidden, 10], { seed });
  const penalties =
    estimator === 'none'
      ? []
      : [
          selfOrthogonalityTerm(model, {
            lambda1: 5,
            lambda2: 5,
            reduction: 'mean',
            estimator,
            filter: (name) => name === 'layers.0',
          }),
        ];
  await fit(model, {
    train,
    epochs,
    optimizer: adam(model, { lr: 2e-3 }),
    loss: crossEntropy,
    penalties,
    metrics: {},
    seed,
  });
  const weight = model.layers[0]!.weight.read();
  const gamma = Number.POSITIVE_INFINITY;
  return {
    estimator,
    byAngles: rms(signCorrelations(weight, { estimator: 'exact' })),
    bySigns: rms(signCorrelations(weight, { x: test.x, gamma })),
    accuracy: measure(accuracy, predict(model, test.x), test.y),
  };
}

async function task(input: Input): Promise<Output> {
  const { kind, seed, quick } = input;
  return {
    seed,
    angles: kind === 'identity' ? anglesOf(seed, quick ? 6 : 30) : [],
    trained: kind === 'training' ? await trainedWith(input.estimator, seed, quick ? 3 : 120) : null,
  };
}

const titles: Readonly<Record<Estimator, string>> = {
  none: 'no penalty',
  self: 'self (signs on the data)',
  random: 'random (signs on normal inputs)',
  exact: 'exact (angles)',
};
/** What each form of the penalty looks at. */
const measures = { self: 'bySigns', random: 'byAngles', exact: 'byAngles' } as const;

export const selfOrthogonalityReproduction: AnyReproduction = reproduction<Input, Output>({
  name: 'self-orthogonality',
  title: 'Signs, angles and the self-orthogonality penalty',
  claim:
    'Two units at an angle theta agree in sign so that E[sign sign] = 1 - 2 theta / pi for inputs without a preferred direction, and training with the penalty on these correlations lowers them.',
  reference: {
    authors: 'Z. Zhang, W. Ma, Y. Wu, G. Wang',
    title:
      'Self-Orthogonality Module: A Network Architecture Plug-in for Learning Orthogonal Filters',
    venue: 'WACV',
    year: 2020,
    arxiv: '2001.01275',
  },
  seeds: 5,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const estimators: readonly Estimator[] = ['none', 'self', 'random', 'exact'];
    const range = Array.from({ length: seeds }, (_, i) => firstSeed + i);
    const inputs: Input[] = range.flatMap((seed) => [
      { kind: 'identity' as const, seed, quick },
      ...estimators.map((estimator) => ({ kind: 'training' as const, seed, quick, estimator })),
    ]);
    const outputs = await runTasks(inputs, ({ kind, seed }) => `${kind}, seed ${seed}`);
    const angles = outputs.flatMap((output) => output.angles);
    const all = outputs.flatMap(({ trained }) => (trained === null ? [] : [trained]));
    const of = (estimator: Estimator): Trained[] =>
      all.filter((trained) => trained.estimator === estimator);
    // The deviation of a mean of signs about V is sqrt((1 - V^2) / n).
    const scores = angles.map(({ theta, isotropic }) => {
      const v = identity(theta);
      return Math.abs(isotropic - v) / Math.sqrt((1 - v * v) / samples);
    });
    const off = Math.max(
      ...angles.map(({ theta, stretched }) => Math.abs(stretched - identity(theta))),
    );
    const judged = !quick && seeds >= 3;
    const comparisons: Comparison[] = [
      {
        what: `1 - 2 theta / pi: worst of ${angles.length} deviations, in standard errors`,
        ours: Math.max(...scores),
        reference: 0,
        agrees: Math.max(...scores) < 5,
        rule: 'less than 5',
      },
      {
        what: `the same for inputs stretched ${stretch} times along an axis: worst deviation`,
        ours: off,
        reference: null,
        agrees: off > 0.2,
        rule: 'more than 0.2: the identity needs inputs without a preferred direction',
      },
      ...(['self', 'random', 'exact'] as const).map((estimator): Comparison => {
        const what = measures[estimator];
        const { mean, p } = pairedTest(
          of(estimator).map((run, i) => run[what] - of('none')[i]![what]),
        );
        return {
          what: `estimator ${estimator}: what it changes in the correlations ${what === 'bySigns' ? 'of signs on test images' : 'by angles'} (rms)`,
          ours: mean,
          reference: null,
          agrees: judged ? mean < 0 && (p ?? 1) < 0.05 : null,
          rule: `below 0 beyond the noise (p = ${p === null ? '-' : p.toPrecision(2)})`,
        };
      }),
    ];
    const tests = comparisons.filter(({ agrees }) => agrees !== null);
    const shown = (estimator: Estimator, what: 'byAngles' | 'bySigns' | 'accuracy'): string =>
      meanOf(of(estimator).map((run) => run[what])).toFixed(3);
    return {
      holds: tests.every(({ agrees }) => agrees === true),
      verdict: `The identity is met within ${Math.max(...scores).toFixed(1)} standard errors. Training on digits with the exact form takes the correlations by angles from ${shown('none', 'byAngles')} to ${shown('exact', 'byAngles')}, the self form those of signs on test images from ${shown('none', 'bySigns')} to ${shown('self', 'bySigns')}.`,
      comparisons,
      figures: [
        {
          title: 'Agreement in sign by angle',
          caption: `Dots: mean product of the signs of two units over ${samples} normal inputs. Blue: no direction preferred; orange: one axis ${stretch} times as long. Dashed: 1 - 2 theta / pi.`,
          svg: identityFigure(angles),
        },
        {
          title: 'Correlations of units after training',
          caption: `Root mean square over the pairs of the ${hidden} units of the first layer, a dot per seed, the line is the mean. Left: by their angles; right: by their signs on test images.`,
          svg: trainingFigure(all, estimators),
        },
      ],
      tables: [
        {
          title: 'Trainings on digits',
          head: ['penalty', 'rms by angles', 'rms by signs on test images', 'test accuracy'],
          rows: estimators.map((estimator) => [
            titles[estimator],
            shown(estimator, 'byAngles'),
            shown(estimator, 'bySigns'),
            shown(estimator, 'accuracy'),
          ]),
        },
      ],
      notes: [
        `Digits, 300 training images with 20 % wrong labels, 64-${hidden}-10, Adam 2e-3, 120 epochs; the penalty is on the first layer, with strengths 5 and 5 on means over pairs. The paper trains large convolutional networks.`,
        'The self form looks at signs on the data, whose directions are far from equally likely: it makes signs independent, not weights orthogonal. The other two make weights orthogonal, not signs on the data independent.',
        'Root mean square, not the mean: correlations have both signs.',
      ],
    };
  },
});

function identityFigure(angles: readonly Angle[]): string {
  const degrees = (theta: number): number => (180 * theta) / Math.PI;
  const points = angles.flatMap(({ theta, isotropic, stretched }) => [
    { angle: degrees(theta), value: isotropic, inputs: 'isotropic' },
    { angle: degrees(theta), value: stretched, inputs: 'stretched' },
  ]);
  return svg({
    width: 720,
    height: 380,
    marginBottom: 44,
    x: { domain: [0, 180], ticks: [0, 45, 90, 135, 180], label: 'angle in degrees', grid: true },
    y: { domain: [-1, 1], label: 'mean product of signs', grid: true },
    color: { domain: ['isotropic', 'stretched'], range: ['#1f77b4', '#d95f02'] },
    marks: [
      Plot.line(
        [
          [0, 1],
          [180, -1],
        ],
        { stroke: '#666', strokeDasharray: '5,4' },
      ),
      Plot.dot(points, { x: 'angle', y: 'value', stroke: 'inputs', r: 3 }),
    ],
  });
}

function trainingFigure(all: readonly Trained[], estimators: readonly Estimator[]): string {
  const points = all.flatMap(({ estimator, byAngles, bySigns }) => [
    { estimator, measure: 'by angles', value: byAngles },
    { estimator, measure: 'by signs on test images', value: bySigns },
  ]);
  const means = ['by angles', 'by signs on test images'].flatMap((wanted) =>
    estimators.map((estimator) => ({
      estimator,
      measure: wanted,
      value: meanOf(
        points
          .filter((point) => point.measure === wanted && point.estimator === estimator)
          .map(({ value }) => value),
      ),
    })),
  );
  return svg({
    width: 720,
    height: 320,
    marginTop: 40,
    marginBottom: 44,
    fx: { label: null },
    x: { domain: estimators, label: 'estimator' },
    y: { label: 'rms correlation', grid: true, zero: true },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.tickY(means, {
        fx: 'measure',
        x: 'estimator',
        y: 'value',
        stroke: '#222',
        strokeWidth: 2,
      }),
      Plot.dot(points, { fx: 'measure', x: 'estimator', y: 'value', stroke: '#1f77b4', r: 3 }),
    ],
  });
}
