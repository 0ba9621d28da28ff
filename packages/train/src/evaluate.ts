import { canCompile } from '@tikhonov/compile';
import { noGrad, ShapeError, Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { batches, Dataset } from '@tikhonov/data';
import { compileStep } from './compile-step.ts';
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
export function evaluate<Named extends Metrics = NoMetrics>(
  model: Model,
  examples: Examples,
  options: EvaluateOptions<Named>,
): EvaluationOf<Named> {
  requireOptions('evaluate', options, known);
  return evaluator(model, { ...options, compiled: false })(examples);
}

/**
 * `evaluate` as a function of the examples, for use again and again, as at the end of every epoch. It is
 * compiled at the first call, once for every number of rows that a chunk has: at most two for a data set
 * of one size.
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
): (examples: Examples) => EvaluationOf<Named> {
  requireOptions('evaluator', options, { ...known, compiled: 'boolean' });
  const { loss, batchSize = 512, compiled = canCompile() } = options;
  const metrics: Metrics = options.metrics ?? {};
  requireFunction('evaluate: loss', loss, 'For example nn.crossEntropy.');
  checkMetrics(metrics);
  const measures = Object.entries({ loss, ...metrics });
  const plain = (x: Tensor, y: Tensor): readonly Measured[] => {
    const output = model.forward(x, { training: false });
    return measures.map(([name, measure]) => requireMeasured(name, measure(output, y)));
  };
  const traced = (x: Tensor, y: Tensor): readonly Measured[] => {
    const values = plain(x, y);
    for (const [i, [name]] of measures.entries()) requireTensor(name, values[i]!);
    return values;
  };
  const measureChunk = compiled
    ? compileStep(traced, { name: 'evaluate', maxTraces: 1000 })
    : plain;
  return (examples) => {
    const dataset = asDataset(examples);
    if (dataset.size === 0) throw new RangeError('evaluate: the data set has no rows.');
    const totals = measures.map(() => 0);
    noGrad(() => {
      for (const { x, y, size } of batches(dataset, { batchSize })) {
        for (const [i, value] of measureChunk(x, y).entries()) {
          totals[i]! += size * (typeof value === 'number' ? value : value.item());
        }
      }
    });
    const means = measures.map(([name], i) => [name, totals[i]! / dataset.size]);
    return Object.fromEntries(means) as EvaluationOf<Named>;
  };
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

/** The value of a loss or metric. */
type Measured = Tensor | number;

function requireMeasured(name: string, value: Measured): Measured {
  if (typeof value === 'number') return value;
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `evaluate: ${name} must return a number or a scalar Tensor, it returned ${kindOf(value)}.${hintFor(value)}`,
    );
  }
  if (value.rank === 0) return value;
  throw new ShapeError(
    `evaluate: ${name} must be a scalar, got shape ${showShape(value.shape)}.\n  Take its mean() over the rows.`,
  );
}

/** A program would return the same number for ever. */
function requireTensor(name: string, value: Measured): void {
  if (typeof value !== 'number') return;
  throw new TypeError(
    `evaluate: ${name} returned the number ${value}, which a compiled evaluation would give for all data.\n` +
      '  Return a scalar Tensor, measure it with evaluate() in a callback, or pass { compiled: false }.',
  );
}
