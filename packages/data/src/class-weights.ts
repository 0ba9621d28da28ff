import { type DType, DTypeError, isFloating, ShapeError, Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Dataset } from './dataset.ts';
import { requireCount, requireTensor } from './validate.ts';

/** Options of `classWeights`. */
export interface ClassWeightsOptions {
  /** Number of classes. @defaultValue that of the data set; for labels, the largest label + 1 */
  readonly classes?: number;
  /** float32 or float64. @defaultValue 'float32' */
  readonly dtype?: DType;
}

const known: OptionNames<ClassWeightsOptions> = { classes: true, dtype: true };

/**
 * Weights by which all classes count the same, however many rows they have: `n / (K n_k)` for class `k`
 * of `K`, as scikit-learn's `class_weight='balanced'`. Over the rows they are 1 in the mean. Where rows
 * have weights, `n` and `n_k` are sums of these. Best given to the rows, by `withClassWeights`: as `weight`
 * of `nn.crossEntropy` they make a loss that is no mean over rows, so that batches do not add up to epochs, and
 * `train.evaluate` refuses it.
 *
 * @param examples  a data set with classes, or labels, integers `[n]`
 * @returns `[K]`
 * @throws RangeError for a class without rows or weight, or a label outside `[0, classes)`
 * @throws TypeError for a data set without classes; DTypeError for labels that are not int32
 * @see King & Zeng, "Logistic regression in rare events data", Political Analysis 9 (2001)
 * @example
 * ```ts
 * const labels = tensor([0, 0, 0, 1], { dtype: 'int32' });
 * data.classWeights(labels).toArray(); // => [2 / 3, 2]
 * ```
 */
export function classWeights(
  examples: Dataset | Tensor,
  options: ClassWeightsOptions = {},
): Tensor {
  requireOptions('classWeights', options, known);
  const { dtype = 'float32' } = options;
  if (!isFloating(dtype)) {
    throw new DTypeError(`classWeights: dtype must be float32 or float64, got ${dtype}.`);
  }
  const labels = labelsOf(examples);
  const classes = classCount(examples, labels, options.classes);
  const rows = examples instanceof Tensor ? undefined : examples.sampleWeight?.data();
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0 || label >= classes) {
      throw new RangeError(`classWeights: label ${label} is outside [0, ${classes}).`);
    }
    counts[label]! += rows === undefined ? 1 : rows[i]!;
  }
  const empty = counts.indexOf(0);
  if (empty !== -1) {
    throw new RangeError(
      `classWeights: class ${empty} of ${classes} has no rows${rows === undefined ? '' : ' with a weight'} to be weighed by.\n` +
        '  Number the classes without gaps, stratify the split, or give weights of your own.',
    );
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return tensor(
    Array.from(counts, (count) => total / (classes * count)),
    { dtype },
  );
}

/**
 * The data set with every row weighed by its class: `sampleWeight` is multiplied by `weights[y]`. What
 * losses and metrics then say is a mean over weighted rows, so use it for the training part.
 *
 * @param dataset  with classes
 * @param weights  one per class, `[K]`, finite, >= 0. @defaultValue `classWeights(dataset)`
 * @throws TypeError for a data set without classes; ShapeError unless there is one weight per class
 * @throws RangeError for a weight that is negative or not finite; a class without rows, by default
 * @example
 * ```ts
 * const y = tensor([0, 0, 0, 1], { dtype: 'int32' });
 * const rare = new data.Dataset({ x: tensor([[1], [2], [3], [4]]), y, classes: 2 });
 * data.withClassWeights(rare, [1, 3]).sampleWeight!.toArray(); // => [1, 1, 1, 3]
 * data.withClassWeights(rare).sampleWeight!.sum().item(); // => 4
 * ```
 */
export function withClassWeights(
  dataset: Dataset,
  weights: Tensor | readonly number[] = classWeights(dataset),
): Dataset {
  const labels = labelsOf(dataset, 'withClassWeights');
  const given = weights instanceof Tensor ? weights : tensor(weights);
  if (showShape(given.shape) !== showShape([dataset.classes!])) {
    throw new ShapeError(
      `withClassWeights: weights must be [${dataset.classes}], one per class, got ${showShape(given.shape)}.`,
    );
  }
  const byClass = given.data();
  for (const weight of byClass) {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(`withClassWeights: weights must be finite and >= 0, got ${weight}.`);
    }
  }
  const rows = dataset.sampleWeight?.data();
  const dtype = dataset.sampleWeight?.dtype ?? (given.dtype === 'float64' ? 'float64' : 'float32');
  const sampleWeight = Float64Array.from(labels, (label, i) => (rows?.[i] ?? 1) * byClass[label]!);
  return dataset.with({ sampleWeight: tensor(sampleWeight, { dtype }) });
}

function labelsOf(examples: Dataset | Tensor, name: string = 'classWeights'): ArrayLike<number> {
  if (!(examples instanceof Tensor)) {
    if (examples?.classes !== undefined) return examples.y.data();
    requireTensor(name, 'labels', examples?.y);
    throw new TypeError(
      `${name}: ${examples.name} has no classes.\n  Make the Dataset with \`classes\`.`,
    );
  }
  if (examples.dtype !== 'int32' || examples.rank !== 1) {
    throw new DTypeError(
      `${name}: labels must be int32 [n], got ${examples.dtype} ${showShape(examples.shape)}.\n  Cast with astype('int32').`,
    );
  }
  return examples.data();
}

function classCount(
  examples: Dataset | Tensor,
  labels: ArrayLike<number>,
  asked: number | undefined,
): number {
  const own = examples instanceof Tensor ? undefined : examples.classes;
  if (asked !== undefined) requireCount('classWeights', 'classes', asked);
  if (own !== undefined && asked !== undefined && own !== asked) {
    throw new RangeError(
      `classWeights: the data set has ${own} classes, not ${asked}.\n  Leave \`classes\` out.`,
    );
  }
  let largest = 0;
  for (let i = 0; i < labels.length; i++) largest = Math.max(largest, labels[i]!);
  return own ?? asked ?? largest + 1;
}
