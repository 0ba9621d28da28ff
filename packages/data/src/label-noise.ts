import { random, type Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';
import { keyOf, type Seeded } from './validate.ts';

/** Options of `withLabelNoise`. */
export interface LabelNoiseOptions extends Seeded {
  /** Probability that a label is replaced, in [0, 1]. */
  readonly rate: number;
  /**
   * What replaces it, uniformly: one of the other classes, or any class, the true one included (then
   * only `rate * (1 - 1 / classes)` of the labels end up wrong). @defaultValue 'different'
   */
  readonly symmetric?: 'different' | 'any';
  /**
   * Instead, what a label of every class becomes: the next class (the last one becomes the first), or the
   * classes listed, where a class that stays itself gets no noise.
   */
  readonly asymmetric?: 'next' | readonly number[];
}

const known: OptionNames<LabelNoiseOptions> = {
  rate: true,
  symmetric: true,
  asymmetric: true,
  seed: true,
  key: true,
};

/** Options of `withTransitionNoise`. */
export interface TransitionNoiseOptions extends Seeded {
  /** Row `k`: the probabilities of what a label of class `k` becomes. */
  readonly transition: readonly (readonly number[])[];
}

/** A data set with wrong labels, and which they are. */
export interface NoisyLabels {
  readonly dataset: Dataset;
  /** bool `[n]`: where the label is not the true one any more. */
  readonly flipped: Tensor;
  /** Number of wrong labels. */
  readonly count: number;
}

/**
 * Label noise: each label, independently and with probability `rate`, is replaced by a uniformly drawn
 * *different* class (or any class, see `symmetric`), or by one that its class is mistaken for (see
 * `asymmetric`). For the same seed, the labels that a lower rate makes wrong are wrong in the same way at
 * a higher one.
 *
 * @throws RangeError for a rate outside [0, 1], fewer than two classes, or a class that there is not
 * @throws TypeError if the data set has no classes, or for both `symmetric` and `asymmetric`
 * @see Zhang, Bengio, Hardt, Recht & Vinyals, "Understanding deep learning requires rethinking
 * generalization", ICLR 2017, arXiv 1611.03530 (whose corrupted labels are the form `'any'`)
 * @see Patrini, Rozza, Menon, Nock & Qu, "Making deep neural networks robust to label noise: a loss
 * correction approach", CVPR 2017, arXiv 1609.03683 (asymmetric); Han et al., "Co-teaching", NeurIPS 2018,
 * arXiv 1804.06872 (`'next'`, there "pair flipping")
 * @example
 * ```ts
 * const digits = data.loadDigits();
 * const noisy = data.withLabelNoise(digits, { rate: 1, seed: 5 });
 * noisy.count === digits.size; // => true
 * data.withLabelNoise(digits, { rate: 0 }).count; // => 0
 * const moons = data.moons({ n: 4, shuffle: false });
 * data.withLabelNoise(moons, { rate: 1, asymmetric: [0, 0] }).dataset.y.toArray(); // => [0, 0, 0, 0]
 * ```
 */
export function withLabelNoise(dataset: Dataset, options: LabelNoiseOptions): NoisyLabels {
  requireOptions('withLabelNoise', options, known);
  const { rate, symmetric = 'different' } = options;
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(`withLabelNoise: rate must be in [0, 1], got ${rate}.`);
  }
  if (symmetric !== 'different' && symmetric !== 'any') {
    throw new TypeError(
      `withLabelNoise: symmetric must be 'different' or 'any', got ${showValue(symmetric)}.`,
    );
  }
  const classes = classesOf('withLabelNoise', dataset);
  const becomes = targetsOf(options, classes);
  const key = keyOf('withLabelNoise', options, 'label-noise');
  const n = dataset.size;
  const hit = random.bernoulli(random.foldIn(key, 'where'), [n], rate).data();
  if (becomes !== null) {
    return relabelled(dataset, (label, i) => (hit[i] === 0 ? label : becomes[label]!));
  }
  const choices = symmetric === 'any' ? classes : classes - 1;
  const drawn = random.randint(random.foldIn(key, 'what'), [n], 0, choices).data();
  // Skipping the true class maps 0 .. classes - 2 onto the others.
  const other = (draw: number, label: number): number =>
    symmetric === 'different' && draw >= label ? draw + 1 : draw;
  return relabelled(dataset, (label, i) => (hit[i] === 0 ? label : other(drawn[i]!, label)));
}

/**
 * Label noise with any confusion of classes: each label, independently, becomes class `j` with probability
 * `transition[label][j]`.
 *
 * @throws RangeError unless every row holds probabilities that add up to 1, or for fewer than two classes
 * @throws TypeError if the data set has no classes, or unless `transition` has a row and a column per class
 * @see Patrini, Rozza, Menon, Nock & Qu, "Making deep neural networks robust to label noise: a loss
 * correction approach", CVPR 2017, arXiv 1609.03683, for the matrix
 * @example
 * ```ts
 * const transition = [[0.5, 0.5], [0, 1]];
 * const { dataset } = data.withTransitionNoise(data.moons({ n: 1000 }), { transition, seed: 2 });
 * Math.abs(dataset.y.astype('float32').mean().item() - 0.75) < 0.05; // => true
 * ```
 */
export function withTransitionNoise(
  dataset: Dataset,
  options: TransitionNoiseOptions,
): NoisyLabels {
  requireOptions('withTransitionNoise', options, { transition: true, seed: true, key: true });
  const classes = classesOf('withTransitionNoise', dataset);
  const { transition } = options;
  checkTransition(transition, classes);
  const key = keyOf('withTransitionNoise', options, 'transition-noise');
  const u = random.uniform(key, [dataset.size], { dtype: 'float64' }).data();
  return relabelled(dataset, (label, i) => {
    const row = transition[label]!;
    let below = 0;
    for (const [k, p] of row.entries()) {
      below += p;
      if (p > 0 && u[i]! < below) return k;
    }
    // The probabilities add up to a little less than 1, and the draw is beyond.
    return row.findLastIndex((p) => p > 0);
  });
}

function relabelled(dataset: Dataset, change: (label: number, i: number) => number): NoisyLabels {
  const before = dataset.y.data();
  const after = Int32Array.from(before, change);
  const flipped = Array.from(after, (label, i) => label !== before[i]);
  return {
    dataset: dataset.with({ y: tensor(after) }),
    flipped: tensor(flipped, { dtype: 'bool' }),
    count: flipped.filter(Boolean).length,
  };
}

function classesOf(where: string, { classes, name }: Dataset): number {
  if (classes === undefined) {
    throw new TypeError(`${where}: ${name} has no classes.\n  Make the Dataset with \`classes\`.`);
  }
  if (classes < 2) {
    throw new RangeError(`${where}: with one class there is no other label to give.`);
  }
  return classes;
}

/** What every class becomes; null for symmetric noise. */
function targetsOf(options: LabelNoiseOptions, classes: number): readonly number[] | null {
  const { asymmetric, symmetric } = options;
  if (asymmetric === undefined) return null;
  if (symmetric !== undefined) {
    throw new TypeError(
      'withLabelNoise: got both symmetric and asymmetric.\n  The noise is one or the other.',
    );
  }
  if (asymmetric === 'next') return Array.from({ length: classes }, (_, k) => (k + 1) % classes);
  if (!Array.isArray(asymmetric) || asymmetric.length !== classes) {
    throw new TypeError(
      `withLabelNoise: asymmetric must be 'next' or an array of ${classes} classes, got ${showValue(asymmetric)}.\n  Entry k is what class k becomes.`,
    );
  }
  for (const k of asymmetric) {
    if (!(Number.isInteger(k) && k >= 0 && k < classes)) {
      throw new RangeError(
        `withLabelNoise: asymmetric names class ${showValue(k)}, which is outside [0, ${classes}).`,
      );
    }
  }
  return asymmetric;
}

function checkTransition(transition: readonly (readonly number[])[], classes: number): void {
  const isSquare =
    Array.isArray(transition) &&
    transition.length === classes &&
    transition.every((row) => Array.isArray(row) && row.length === classes);
  if (!isSquare) {
    throw new TypeError(
      `withTransitionNoise: transition must be ${classes} rows of ${classes} probabilities, one per class.`,
    );
  }
  transition.forEach((row: readonly number[], k: number) => {
    const total = row.reduce((a, b) => a + b, 0);
    if (!row.every((p) => p >= 0 && p <= 1) || !(Math.abs(total - 1) <= 1e-6)) {
      throw new RangeError(
        `withTransitionNoise: row ${k} must be probabilities that add up to 1, got ${showValue(row)}.`,
      );
    }
  });
}
