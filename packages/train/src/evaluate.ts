import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { DataLoader, Dataset } from '@tikhonov/data';
import { evaluationPass } from './evaluation-pass.ts';
import type { Evaluation } from './history.ts';
import { hintFor, kindOf, requireFunction } from './kinds.ts';
import { isStreaming } from './metrics/statistics.ts';
import type { Loss, Metric, Model, StreamingMetric } from './model.ts';

/** A data set, or just its inputs, its targets and perhaps the weights of its rows. */
export type Examples =
  | Dataset
  | { readonly x: Tensor; readonly y: Tensor; readonly sampleWeight?: Tensor | undefined };

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric | StreamingMetric>>;

/** Options of `evaluate`. */
export interface EvaluateOptions<Named extends Metrics = Metrics> {
  /** Must be a mean over rows, for the chunks to add up. */
  readonly loss: Loss;
  /** Further values: means over rows, too, or streaming metrics. @defaultValue none */
  readonly metrics?: Named;
  /** Rows per chunk; bounds the memory. A data loader has its own. @defaultValue 512 */
  readonly batchSize?: number;
}

/** Options of `evaluator`. */
export interface EvaluatorOptions<Named extends Metrics = Metrics> extends EvaluateOptions<Named> {
  /**
   * Whether model, loss and metrics run as one WebAssembly program. Metrics must then return tensors.
   * @defaultValue true where the engine builds WebAssembly with SIMD
   */
  readonly compiled?: boolean;
}

/** What `evaluate` gives: the loss and the metrics that were asked for. */
export type EvaluationOf<Named extends Metrics> = Evaluation & {
  readonly [Name in keyof Named]: number;
};

type NoMetrics = Readonly<Record<never, Metric>>;

const known: OptionNames<EvaluateOptions> = {
  loss: true,
  metrics: true,
  batchSize: true,
};

/**
 * Loss and metrics over a data set, with the model in evaluation mode: no dropout, running statistics
 * used and not moved, nothing recorded for gradients. Chunks are weighted by their rows, so the
 * chunk size only changes rounding. For many evaluations, `evaluator` is faster.
 *
 * Where rows have weights, all values are weighted by them. A data loader gives the batches of its present
 * epoch, and stays at its place; rows that fill a batch do not count.
 *
 * @returns `{ loss, ...metrics }` as numbers; NaN where a value is NaN
 * @throws RangeError for no rows or a bad `batchSize`; TypeError for a metric called `loss`, or for a loss or
 * metric that does not look at the weights of the rows
 * @throws ShapeError if a loss or metric is not a scalar; TypeError if it is neither number nor tensor
 * @example
 * ```ts
 * const model = { forward: (x: Tensor) => x, namedCells: () => ({}) };
 * const y = tensor([0, 1], { dtype: 'int32' });
 * const set = { x: tensor([[2, 0], [3, 0]]), y };
 * const loss = train.negativeLogLikelihood;
 * const metrics = { accuracy: train.accuracy, f1: train.f1Score() };
 * const scores = train.evaluate(model, set, { loss, metrics });
 * scores.accuracy; // => 0.5
 * scores.f1; // => 1 / 3
 * ```
 */
export function evaluate<Named extends Metrics = NoMetrics>(
  model: Model,
  examples: Examples | DataLoader<unknown>,
  options: EvaluateOptions<Named>,
): EvaluationOf<Named> {
  requireOptions('evaluate', options, known);
  return evaluator(model, { ...options, compiled: false })(examples);
}

/**
 * `evaluate` as a function of the examples, for use again and again, as at the end of every epoch. It is
 * compiled at the first call, once for every number of rows that a chunk has: at most two for a data set
 * of one size, or one for a data loader that fills its batches.
 *
 * @returns a function of examples that returns what `evaluate` does
 * @throws as `evaluate`; TypeError, when compiled, if a metric returns a number; TraceError if model, loss or a
 * metric reads values: pass `compiled: false`
 * @example
 * ```ts
 * const { train: learn, test } = data.digits({ seed: 0, trainSize: 100 });
 * const model = nn.mlp([64, 16, 10], { seed: 0 });
 * const score = train.evaluator(model, {
 *   loss: nn.crossEntropy,
 *   metrics: { accuracy: train.accuracy },
 *   batchSize: 50,
 * });
 * [score(learn), score(test)].every(({ accuracy }) => accuracy < 0.5); // => true
 * ```
 */
export function evaluator<Named extends Metrics = NoMetrics>(
  model: Model,
  options: EvaluatorOptions<Named>,
): (examples: Examples | DataLoader<unknown>) => EvaluationOf<Named> {
  requireOptions('evaluator', options, { ...known, compiled: 'boolean' });
  const { loss, compiled, batchSize } = options;
  const metrics: Metrics = options.metrics ?? {};
  requireFunction('evaluate: loss', loss, 'For example nn.crossEntropy.');
  checkMetrics(metrics);
  const streams: Record<string, StreamingMetric> = {};
  const means: Record<string, Metric> = { loss };
  for (const [name, metric] of Object.entries(metrics)) {
    if (isStreaming(metric)) streams[name] = metric;
    else means[name] = metric;
  }
  const pass = evaluationPass(model, { means, streams }, { compiled, batchSize });
  return (examples) => {
    const found = pass(sourceOf(examples));
    const values = ['loss', ...Object.keys(metrics)].map((name) => {
      const streaming = streams[name];
      if (streaming === undefined) return [name, found.means[name]!];
      return [name, requireNumber(name, streaming.value(found.statistics[name]!))];
    });
    return Object.fromEntries(values) as EvaluationOf<Named>;
  };
}

/** Examples as what a pass walks through; at least one row. */
export function sourceOf(examples: Examples | DataLoader<unknown>): Dataset | DataLoader<unknown> {
  if (examples instanceof DataLoader) return examples;
  const dataset = asDataset(examples);
  if (dataset.size === 0) throw new RangeError('evaluate: the data set has no rows.');
  return dataset;
}

/** Throws for a metric that is no function, has the loss's name, or one that `set.metric` could not give. */
export function checkMetrics(metrics: Metrics): void {
  for (const [name, metric] of Object.entries(metrics)) {
    if (!isStreaming(metric)) {
      requireFunction(`evaluate: metric '${name}'`, metric, 'For example train.accuracy.');
    }
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
  const { x, y, sampleWeight } = examples;
  return new Dataset({ x, y, sampleWeight });
}

function requireNumber(name: string, value: number): number {
  if (typeof value === 'number') return value;
  throw new TypeError(
    `evaluate: the value of ${name} must be a number, it is ${kindOf(value)}.${hintFor(value)}`,
  );
}
