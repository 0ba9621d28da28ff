import { random, type Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
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
}

const known: OptionNames<LabelNoiseOptions> = {
  rate: true,
  symmetric: true,
  seed: true,
  key: true,
};

/** A data set with wrong labels, and which they are. */
export interface NoisyLabels {
  readonly dataset: Dataset;
  /** bool `[n]`: where the label is not the true one any more. */
  readonly flipped: Tensor;
  /** Number of wrong labels. */
  readonly count: number;
}

/**
 * Symmetric label noise: each label, independently and with probability `rate`, is replaced by a
 * uniformly drawn *different* class (or any class, see `symmetric`). For the same seed, the labels
 * that a lower rate makes wrong are wrong in the same way at a higher one.
 *
 * @throws RangeError for a rate outside [0, 1] or fewer than two classes
 * @throws TypeError if the data set has no classes
 * @see Zhang, Bengio, Hardt, Recht & Vinyals, "Understanding deep learning requires rethinking
 * generalization", ICLR 2017, arXiv 1611.03530 (whose corrupted labels are the form `'any'`)
 * @example
 * ```ts
 * const digits = data.loadDigits();
 * const noisy = data.withLabelNoise(digits, { rate: 1, seed: 5 });
 * noisy.count === digits.size; // => true
 * data.withLabelNoise(digits, { rate: 0 }).count; // => 0
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
      `withLabelNoise: symmetric must be 'different' or 'any', got ${symmetric}.`,
    );
  }
  const { classes } = dataset;
  if (classes === undefined) {
    throw new TypeError(
      `withLabelNoise: ${dataset.name} has no classes.\n  Make the Dataset with \`classes\`.`,
    );
  }
  if (classes < 2) {
    throw new RangeError('withLabelNoise: with one class there is no other label to give.');
  }
  const key = keyOf('withLabelNoise', options, 'label-noise');
  const n = dataset.size;
  const hit = random.bernoulli(random.foldIn(key, 'where'), [n], rate).data();
  const choices = symmetric === 'any' ? classes : classes - 1;
  const drawn = random.randint(random.foldIn(key, 'what'), [n], 0, choices).data();
  const before = dataset.y.data();
  // Skipping the true class maps 0 .. classes - 2 onto the others.
  const other = (draw: number, label: number): number =>
    symmetric === 'different' && draw >= label ? draw + 1 : draw;
  const after = Int32Array.from(before, (label, i) =>
    hit[i] === 0 ? label : other(drawn[i]!, label),
  );
  const flipped = Array.from(after, (label, i) => label !== before[i]);
  return {
    dataset: dataset.with({ y: tensor(after) }),
    flipped: tensor(flipped, { dtype: 'bool' }),
    count: flipped.filter(Boolean).length,
  };
}
