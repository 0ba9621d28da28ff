import { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { DataLoader, Dataset } from '@tikhonov/data';
import { chunksOf, evaluationPass } from './evaluation-pass.ts';
import type { Evaluation } from './history.ts';
import { hintFor, kindOf, requireFunction } from './kinds.ts';
import { requireMeans, rowsToCheck } from './mean-check.ts';
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
  /** Must be a mean over rows, for the chunks to add up; another one is a TypeError. */
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
 * chunk size only changes rounding; for that, loss and metrics must be means over rows, which is tried on
 * some rows first. A loss that weighs classes is none: weigh the rows, with `data.withClassWeights`. For many
 * evaluations, `evaluator` is faster.
 *
 * Where rows have weights, all values are weighted by them. A data loader gives the batches of its present
 * epoch, and stays at its place; rows that fill a batch do not count.
 *
 * @returns `{ loss, ...metrics }` as numbers; NaN where a value is NaN
 * @throws RangeError for no rows or a bad `batchSize`; TypeError for a metric called `loss`, or for a loss or
 * metric that does not look at the weights of the rows
 * @throws ShapeError if a loss or metric is not a scalar; TypeError if it is neither number nor tensor, or no
 * mean over rows
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
  return makeEvaluator(model, options).evaluate;
}

/** An evaluator, and the check of its loss and metrics by itself, which it does at its first call else. */
export interface CheckedEvaluator<Named extends Metrics> {
  readonly evaluate: (examples: Examples | DataLoader<unknown>) => EvaluationOf<Named>;
  readonly check: (examples: Examples | DataLoader<unknown>) => void;
}

/** `evaluator` for those who want to know early whether the loss and the metrics will do. */
export function makeEvaluator<Named extends Metrics = NoMetrics>(
  model: Model,
  options: EvaluatorOptions<Named>,
): CheckedEvaluator<Named> {
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
  let isChecked = false;
  const check = (source: Dataset | DataLoader<unknown>): void => {
    if (isChecked) return;
    const rows = rowsToCheck(source, () => chunksOf(source, batchSize ?? 2));
    if (rows === null) return;
    requireMeans(model, means, rows);
    isChecked = true;
  };
  const evaluate = (examples: Examples | DataLoader<unknown>): EvaluationOf<Named> => {
    const source = sourceOf(examples);
    check(source);
    const found = pass(source);
    const values = ['loss', ...Object.keys(metrics)].map((name) => {
      const streaming = streams[name];
      if (streaming === undefined) return [name, found.means[name]!];
      return [name, requireNumber(name, streaming.value(found.statistics[name]!))];
    });
    return Object.fromEntries(values) as EvaluationOf<Named>;
  };
  return { evaluate, check: (examples) => check(sourceOf(examples)) };
}

/** Examples as what a pass walks through; at least one row. */
export function sourceOf(examples: Examples | DataLoader<unknown>): Dataset | DataLoader<unknown> {
  if (examples instanceof DataLoader) return examples;
  const dataset = asDataset('evaluate: the second argument', examples);
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
export function asDataset(where: string, examples: Examples): Dataset {
  if (examples instanceof Dataset) return examples;
  const isObject = typeof examples === 'object' && examples !== null;
  if (!isObject || Array.isArray(examples) || examples instanceof Tensor) {
    throw new TypeError(
      `${where} must be a Dataset or { x, y }, got ${kindOf(examples)}.\n  For example data.digits().train, or { x, y } of tensors with one row per example.`,
    );
  }
  const { x, y, sampleWeight } = examples;
  if (!(x instanceof Tensor && y instanceof Tensor)) {
    const seen = Object.entries(examples).map(([name, value]) => `${name}: ${kindOf(value)}`);
    throw new TypeError(
      `${where} must be a Dataset or { x, y } of tensors, got { ${seen.join(', ')} }.\n  For example data.digits().train, or { x, y } with one row per example.`,
    );
  }
  // Batches may have fields of their own; what would change the result may not be passed over.
  const other = Object.keys(examples).find(
    (name) => name !== 'sampleWeight' && /weight|class/i.test(name),
  );
  if (other !== undefined) {
    throw new TypeError(
      `${where} has an unknown field '${other}'.\n  Weights of rows are sampleWeight; classes take a new data.Dataset({ x, y, classes }).`,
    );
  }
  return new Dataset({ x, y, sampleWeight });
}

function requireNumber(name: string, value: number): number {
  if (typeof value === 'number') return value;
  throw new TypeError(
    `evaluate: the value of ${name} must be a number, it is ${kindOf(value)}.${hintFor(value)}`,
  );
}
