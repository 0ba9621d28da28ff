import { noGrad, ShapeError, showShape, Tensor } from '@tikhonov/core';
import { batches, Dataset } from '@tikhonov/data';
import type { Evaluation } from './history.ts';
import type { Loss, Metric, Model } from './model.ts';

/** A data set, or just its inputs and targets. */
export type Examples = Dataset | { readonly x: Tensor; readonly y: Tensor };

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Must be a mean over rows, for the chunks to add up. */
  readonly loss: Loss;
  /** Further values; means over rows, too. @defaultValue none */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** Rows per chunk; bounds the memory. @defaultValue 512 */
  readonly batchSize?: number;
}

/**
 * Loss and metrics over a data set, with the model in evaluation mode: no dropout, running statistics
 * used and not moved, nothing recorded for gradients. Chunks are weighted by their rows, so the
 * chunk size only changes rounding.
 *
 * @returns `{ loss, ...metrics }` as numbers
 * @throws RangeError for no rows or a bad `batchSize`; TypeError for a metric called `loss`
 * @throws ShapeError if a loss or metric is not a scalar
 * @example
 * ```ts
 * const model = { forward: (x) => x, namedCells: () => ({}) };
 * const y = tensor([0, 1], { dtype: 'int32' });
 * const set = { x: tensor([[2, 0], [3, 0]]), y };
 * const loss = train.negativeLogLikelihood;
 * train.evaluate(model, set, { loss, metrics: { accuracy: train.accuracy } }).accuracy; // => 0.5
 * ```
 */
export function evaluate(model: Model, examples: Examples, options: EvaluateOptions): Evaluation {
  const { loss, metrics = {}, batchSize = 512 } = options;
  checkMetricNames(metrics);
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
  return Object.fromEntries(means) as Evaluation;
}

/** Throws for a metric under the name of the loss, or one that `set.metric` could not name. */
export function checkMetricNames(metrics: Readonly<Record<string, Metric>>): void {
  for (const name of Object.keys(metrics)) {
    if (name === 'loss' || name.includes('.')) {
      throw new TypeError(
        `evaluate: a metric cannot be called '${name}'.\n  'loss' is the loss itself, and dots separate set and metric.`,
      );
    }
  }
}

/** The data set itself, or one of the inputs and targets. */
export const asDataset = (examples: Examples): Dataset =>
  examples instanceof Dataset ? examples : new Dataset({ x: examples.x, y: examples.y });

function numberOf(name: string, value: Tensor | number): number {
  if (!(value instanceof Tensor)) return value;
  if (value.rank === 0) return value.item();
  throw new ShapeError(
    `evaluate: ${name} must be a scalar, got shape ${showShape(value.shape)}.\n  Take its mean() over the rows.`,
  );
}
