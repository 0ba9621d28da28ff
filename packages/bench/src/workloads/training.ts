import { uniform, unit } from '../random.ts';

/** How a training workload is made. */
export interface TrainingSpec {
  readonly title: string;
  /** Sizes of a fully connected network, or `'convolution'` for the one of W5. */
  readonly network: readonly number[] | 'convolution';
  readonly activation: 'relu' | 'tanh';
  readonly loss: 'mse' | 'crossEntropy';
  readonly batch: number;
  readonly optimizer: 'adam' | 'adamw' | 'sgd';
  readonly lr: number;
  /** Decoupled, of all parameters; multiplied by `lr`. */
  readonly weightDecay?: number;
  /** Bound of the norm of all gradients together. */
  readonly maxNorm?: number;
  /** Strength of the squared norm of the loss's gradient with respect to the input. */
  readonly gradientPenalty?: number;
  /** Probability of dropping after the hidden layer. */
  readonly dropout?: number;
  /** Strength of the sum of squares of the weight matrices. */
  readonly l2?: number;
  /**
   * Strength of the sum of squared spectral norms of the weight matrices, each `u^T W v` with vectors
   * that are constants in the gradient, from one round of power iteration per step.
   */
  readonly spectralNorm?: number;
}

const digits: TrainingSpec = {
  title: 'MLP 64-128-10, cross-entropy, Adam',
  network: [64, 128, 10],
  activation: 'relu',
  loss: 'crossEntropy',
  batch: 32,
  optimizer: 'adam',
  lr: 1e-3,
};

const images: TrainingSpec = {
  ...digits,
  title: 'MLP 784-256-10, cross-entropy, Adam',
  network: [784, 256, 10],
  batch: 64,
};

/** The workloads that train. */
export const trainingSpecs: Readonly<Record<string, TrainingSpec>> = {
  W2: {
    title: 'MLP 2-32-32-1, mean squared error, Adam',
    network: [2, 32, 32, 1],
    activation: 'tanh',
    loss: 'mse',
    batch: 64,
    optimizer: 'adam',
    lr: 1e-2,
  },
  W3: digits,
  W4: images,
  W5: {
    title: 'two 5x5 convolutions and a dense layer, cross-entropy, SGD',
    network: 'convolution',
    activation: 'relu',
    loss: 'crossEntropy',
    batch: 32,
    optimizer: 'sgd',
    lr: 0.05,
  },
  W6: { ...digits, title: 'W3 with a gradient penalty (double backward)', gradientPenalty: 100 },
  W9: { ...images, title: 'W4 with dropout 0.5 and an L2 term', dropout: 0.5, l2: 1e-4 },
  W10: {
    ...images,
    title: 'W4 with spectral norms penalised, clipping by global norm, and AdamW',
    optimizer: 'adamw',
    weightDecay: 1e-2,
    maxNorm: 0.5,
    spectralNorm: 0.05,
  },
};

/** One batch, row-major. */
export interface Batch {
  readonly x: Float32Array;
  /** Targets of the squared error, or one-hot rows. */
  readonly y: Float32Array;
  readonly labels: Int32Array;
}

/** An initial value; dense weights are `[in, out]`, convolution weights `[out, in, height, width]`. */
export interface Initial {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A training workload with all its numbers. Step `i` trains on batch `i % batches.length`. */
export interface TrainingProblem {
  readonly spec: TrainingSpec;
  readonly features: number;
  readonly batches: readonly Batch[];
  readonly initial: readonly Initial[];
  /** Where power iteration starts, by the weight's name: `[out]`. Empty if nothing needs it. */
  readonly starts: Readonly<Record<string, Float32Array>>;
}

/** Adam's settings, the same for every peer. */
export const adamSettings: Readonly<Record<'beta1' | 'beta2' | 'eps', number>> = {
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
};

/** Divisors of the power iteration are at least this. */
export const powerIterationEps: number = 1e-12;

/** Batches in a cycle. */
export const cycle: number = 16;

const classes = 10;

/**
 * The data and initial weights of a training workload.
 *
 * @param count  of batches, from the first of the cycle on
 */
export function trainingProblem(spec: TrainingSpec, count: number = cycle): TrainingProblem {
  const features = spec.network === 'convolution' ? 28 * 28 : spec.network[0]!;
  const make = spec.loss === 'mse' ? regressionBatch : classificationBatch;
  const initial =
    spec.network === 'convolution' ? convolutionInitial() : denseInitial(spec.network);
  return {
    spec,
    features,
    batches: Array.from({ length: count }, (_, k) => make(k, spec.batch, features)),
    initial,
    starts: spec.spectralNorm === undefined ? {} : startsOf(initial),
  };
}

const startsOf = (initial: readonly Initial[]): Record<string, Float32Array> =>
  Object.fromEntries(
    initial
      .filter(({ shape }) => shape.length === 2)
      .map(({ name, shape }, i) => [name, uniform(900 + i, shape[1]!, -1, 1)]),
  );

function regressionBatch(k: number, size: number, features: number): Batch {
  const x = uniform(100 + k, size * features, -1, 1);
  const noise = uniform(200 + k, size, -0.1, 0.1);
  const y = noise.map((e, i) => Math.sin(3 * x[i * features]!) * x[i * features + 1]! + e);
  return { x, y, labels: new Int32Array(size) };
}

/** Labels by the largest of ten random linear functions; one in ten is random instead. */
function classificationBatch(k: number, size: number, features: number): Batch {
  const x = uniform(300 + k, size * features, -1, 1);
  const teacher = uniform(400, features * classes, -0.5, 0.5);
  const labels = new Int32Array(size);
  const y = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) {
    const scores = new Float64Array(classes);
    for (let j = 0; j < features; j++) {
      for (let c = 0; c < classes; c++) {
        scores[c]! += x[i * features + j]! * teacher[j * classes + c]!;
      }
    }
    const flipped = unit(500 + k, i) < 0.1;
    const label = flipped
      ? Math.floor(unit(600 + k, i) * classes)
      : scores.indexOf(Math.max(...scores));
    labels[i] = label;
    y[i * classes + label] = 1;
  }
  return { x, y, labels };
}

function initialOf(name: string, shape: readonly number[], fanIn: number, seed: number): Initial {
  const size = shape.reduce((product, n) => product * n, 1);
  const bound = fanIn === 0 ? 0 : 1 / Math.sqrt(fanIn);
  return { name, shape, data: uniform(seed, size, -bound, bound) };
}

const denseInitial = (sizes: readonly number[]): Initial[] =>
  sizes
    .slice(1)
    .flatMap((out, i) => [
      initialOf(`weight${i}`, [sizes[i]!, out], sizes[i]!, 700 + i),
      initialOf(`bias${i}`, [out], 0, 0),
    ]);

const convolutionInitial = (): Initial[] => [
  initialOf('filter0', [8, 1, 5, 5], 25, 800),
  initialOf('bias0', [8], 0, 0),
  initialOf('filter1', [16, 8, 5, 5], 200, 801),
  initialOf('bias1', [16], 0, 0),
  // Its rows are ordered channel, row, column.
  initialOf('weight', [256, classes], 256, 802),
  initialOf('bias', [classes], 0, 0),
];
