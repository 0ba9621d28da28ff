import { noGrad, ShapeError, Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { batches, Dataset } from '@tikhonov/data';
import type { Evaluation } from './history.ts';
import { hintFor, kindOf, requireFunction } from './kinds.ts';
import type { Loss, Metric, Model } from './model.ts';

/** A data set, or just its inputs and targets. */
export type Examples = Dataset | { readonly x: Tensor; readonly y: Tensor };

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>;

/** Options of `evaluate`. */
export interface EvaluateOptions<Named extends Metrics = Metrics> {
  /** Must be a mean over rows, for the chunks to add up. */
  readonly loss: Loss;
  /** Further values; means over rows, too. @defaultValue none */
  readonly metrics?: Named;
  /** Rows per chunk; bounds the memory. @defaultValue 512 */
  readonly batchSize?: number;
}

const known: OptionNames<EvaluateOptions> = {
  loss: true,
  metrics: true,
  batchSize: true,
};

/**
 * Loss and metrics over a data set, with the model in evaluation mode: no dropout, running statistics
 * used and not moved, nothing recorded for gradients. Chunks are weighted by their rows, so the
 * chunk size only changes rounding.
 *
 * @returns `{ loss, ...metrics }` as numbers; NaN where a value is NaN
 * @throws RangeError for no rows or a bad `batchSize`; TypeError for a metric called `loss`
 * @throws ShapeError if a loss or metric is not a scalar; TypeError if it is neither number nor tensor
 * @example
 * ```ts
 * const model = { forward: (x: Tensor) => x, namedCells: () => ({}) };
 * const y = tensor([0, 1], { dtype: 'int32' });
 * const set = { x: tensor([[2, 0], [3, 0]]), y };
 * const loss = train.negativeLogLikelihood;
 * train.evaluate(model, set, { loss, metrics: { accuracy: train.accuracy } }).accuracy; // => 0.5
 * ```
 */
export function evaluate<Named extends Metrics = Readonly<Record<never, Metric>>>(
  model: Model,
  examples: Examples,
  options: EvaluateOptions<Named>,
): Evaluation & { readonly [Name in keyof Named]: number } {
  requireOptions('evaluate', options, known);
  const { loss, batchSize = 512 } = options;
  const metrics: Metrics = options.metrics ?? {};
  requireFunction('evaluate: loss', loss, 'For example nn.crossEntropy.');
  checkMetrics(metrics);
  const dataset = asDataset(examples);
  if (dataset.size === 0) throw new RangeError('evaluate: the data set has no rows.');
  const measures = Object.entries({ loss, ...metrics });
  const totals = measures.map(() => 0);
  noGrad(() => {
    for (const { x, y, size } of batches(dataset, { batchSize })) {
      const output = model.forward(x, { training: false });
      for (const [i, [name, measure]] of measures.entries()) {
        totals[i]! += size * numberOf(name, measure(output, y));
      }
    }
  });
  const means = measures.map(([name], i) => [name, totals[i]! / dataset.size]);
  return Object.fromEntries(means) as Evaluation & { readonly [Name in keyof Named]: number };
}

/** Throws for a metric that is no function, has the loss's name, or one that `set.metric` could not give. */
export function checkMetrics(metrics: Metrics): void {
  for (const [name, metric] of Object.entries(metrics)) {
    requireFunction(`evaluate: metric '${name}'`, metric, 'For example train.accuracy.');
    if (name === 'loss' || name.includes('.')) {
      throw new TypeError(
        `evaluate: a metric cannot be called '${name}'.\n  'loss' is the loss itself, and dots separate set and metric.`,
      );
    }
  }
}

/** The data set itself, or one of the inputs and targets. */
export function asDataset(examples: Examples): Dataset {
  if (examples instanceof Dataset) return examples;
  if (typeof examples !== 'object' || examples === null || Array.isArray(examples)) {
    throw new TypeError(
      `Examples must be a Dataset or { x, y }, got ${kindOf(examples)}.\n  For example data.digits().train, or { x, y } of tensors with one row per example.`,
    );
  }
  return new Dataset({ x: examples.x, y: examples.y });
}

function numberOf(name: string, value: Tensor | number): number {
  if (typeof value === 'number') return value;
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `evaluate: ${name} must return a number or a scalar Tensor, it returned ${kindOf(value)}.${hintFor(value)}`,
    );
  }
  if (value.rank === 0) return value.item();
  throw new ShapeError(
    `evaluate: ${name} must be a scalar, got shape ${showShape(value.shape)}.\n  Take its mean() over the rows.`,
  );
}
