import {
  astype,
  expandDims,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  oneHot,
  random,
  ShapeError,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { type AugmentStrength, drawnOr, requireSize, strengthOf } from './given.ts';

/** Options of `disturbLabels`. */
export interface DisturbLabelsOptions {
  /** Probability that a label is replaced, in [0, 1]. */
  readonly rate: AugmentStrength;
  /** Number of classes, an integer >= 1. */
  readonly classes: number;
  /** What to draw with. */
  readonly key?: Tensor;
  /** Which labels are replaced, bool `[n]`, in place of a draw. */
  readonly hits?: Tensor;
  /** What replaces them, int32 `[n]`, in place of a draw. */
  readonly replacements?: Tensor;
}

const known: OptionNames<DisturbLabelsOptions> = {
  rate: true,
  classes: true,
  key: true,
  hits: true,
  replacements: true,
};

/**
 * DisturbLabel: each label, with probability `rate`, is replaced by a class drawn uniformly, the true one
 * included. Drawn anew in every step, it averages over many noisy copies of the labels; in expectation the
 * loss is that of label smoothing with `eps = rate`. For training only. To make a data set with wrong labels for
 * good, see `withLabelNoise`.
 *
 * @param labels  integers `[n]`, or rows of probabilities `[n, classes]`, which are replaced by one-hot rows
 * @returns of the same shape and dtype
 * @throws RangeError for a rate outside [0, 1], a bad number of classes or a label beyond them; ShapeError for labels of another
 *   shape; TypeError for both or neither of a key and what is drawn
 * @see Xie, Wang, Wei, Wang & Tian, "DisturbLabel: Regularizing CNN on the Loss Layer" (2016)
 * @example
 * ```ts
 * const labels = tensor([0, 1, 2], { dtype: 'int32' });
 * const hits = tensor([true, false, false]);
 * const replacements = tensor([2, 2, 0], { dtype: 'int32' });
 * data.disturbLabels(labels, { rate: 0.1, classes: 3, hits, replacements }).toArray(); // => [2, 1, 2]
 * ```
 */
export function disturbLabels(labels: TensorLike, options: DisturbLabelsOptions): Tensor {
  const name = 'disturbLabels';
  requireOptions(name, options, known);
  const { key, classes } = options;
  requireSize(name, 'classes', classes, 1);
  const y = asTensor(labels, name);
  const isRows = isFloating(y.dtype) && y.rank === 2;
  if (y.rank !== (isRows ? 2 : 1) || (isRows && y.shape[1] !== classes)) {
    throw new ShapeError(
      `${name}: labels must be [n], or rows of probabilities [n, ${classes}], got shape ${showShape(y.shape)}.`,
    );
  }
  const n = y.shape[0]!;
  const rate = strengthOf(name, 'rate', options.rate, 'float64', { max: 1 });
  const hits = drawnOr(
    name,
    'hits',
    { key, given: options.hits },
    { shape: [n], dtype: 'bool' },
    (from) => random.bernoulli(random.foldIn(from, 'hits'), [n], rate),
  );
  const others = drawnOr(
    name,
    'replacements',
    { key, given: options.replacements },
    { shape: [n], dtype: 'int32' },
    (from) => random.randint(random.foldIn(from, 'replacements'), [n], 0, classes),
  );
  if (isRows) return where(expandDims(hits, 1), oneHot(others, classes, { dtype: y.dtype }), y);
  check(
    logicalAnd(lessEqual(0, y), less(y, classes)),
    () => new RangeError(`${name}: labels must be in [0, ${classes}), got ${String(y)}.`),
  );
  return where(hits, astype(others, y.dtype), y);
}
