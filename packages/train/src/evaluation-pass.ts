import { canCompile } from '@tikhonov/compile';
import { noGrad, ShapeError, Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import type { DataLoader, Dataset } from '@tikhonov/data';
import { compileStep } from './compile-step.ts';
import { hintFor, kindOf } from './kinds.ts';
import { requireStatistics, type Statistics, statisticsTotal } from './metrics/statistics.ts';
import { minibatches } from './minibatches.ts';
import type { Metric, Model, StreamingMetric } from './model.ts';
import { measuredRows } from './row-weights.ts';
import { rowsOfItem, type StepRows } from './train-item.ts';

/** What is measured, by name. */
export interface Measures {
  /** Means over rows. */
  readonly means: Readonly<Record<string, Metric>>;
  readonly streams: Readonly<Record<string, Omit<StreamingMetric, 'value'>>>;
}

/** How. */
export interface PassOptions {
  /** @defaultValue true where the engine builds WebAssembly with SIMD */
  readonly compiled?: boolean | undefined;
  /** Rows per chunk of a data set. @defaultValue 512 */
  readonly batchSize?: number | undefined;
}

/** What a pass over examples gives, by name. */
export interface Measurements {
  readonly means: Readonly<Record<string, number>>;
  readonly statistics: Readonly<Record<string, Statistics>>;
}

/** A function that walks through examples, chunk by chunk, and measures the model on them. */
export function evaluationPass(
  model: Model,
  measures: Measures,
  { compiled = canCompile(), batchSize = 512 }: PassOptions,
): (source: Dataset | DataLoader<unknown>) => Measurements {
  const [means, streams] = [Object.entries(measures.means), Object.entries(measures.streams)];
  const plain = (x: Tensor, y: Tensor, weights: Tensor | undefined): ChunkValues => {
    const output = model.forward(x, { training: false });
    return {
      means: means.map(([name, of]) =>
        requireMeasured(name, measuredRows(`evaluate: ${name}`, of, output, y, weights)),
      ),
      statistics: streams.map(([name, of]) => {
        const statistics: typeof of.statistics = (...args) => of.statistics(...args);
        const found = measuredRows(`evaluate: ${name}`, statistics, output, y, weights);
        return requireStatistics(`evaluate: ${name}`, found);
      }),
    };
  };
  const traced: typeof plain = (x, y, weights) => {
    const values = plain(x, y, weights);
    for (const [i, [name]] of means.entries()) requireTensor(name, values.means[i]!);
    return values;
  };
  const measureChunk = compiled
    ? compileStep(traced, { name: 'evaluate', maxTraces: 1000 })
    : plain;
  return (source) => {
    const sums = means.map(() => 0);
    const totals = streams.map(([name, of]) =>
      statisticsTotal(`evaluate: ${name}`, of.combine?.bind(of)),
    );
    let rows = 0;
    noGrad(() => {
      for (const { x, y, sampleWeight, weight } of chunksOf(source, batchSize)) {
        // A mean in which no row counts is not defined.
        if (weight === 0) continue;
        rows += weight;
        const values = measureChunk(x, y, sampleWeight);
        for (const [i, value] of values.means.entries()) {
          sums[i]! += weight * (typeof value === 'number' ? value : value.item());
        }
        for (const [i, statistics] of values.statistics.entries()) totals[i]!.add(statistics);
      }
    });
    if (rows === 0) throw new RangeError('evaluate: no row of the examples counts.');
    return {
      means: Object.fromEntries(means.map(([name], i) => [name, sums[i]! / rows])),
      statistics: Object.fromEntries(streams.map(([name], i) => [name, totals[i]!.value()])),
    };
  };
}

/** The value of a loss or metric. */
type Measured = Tensor | number;

/** What a chunk gives. */
interface ChunkValues {
  readonly means: readonly Measured[];
  readonly statistics: readonly Statistics[];
}

/** All rows of a data set in their order, or a loader's present epoch. */
export const chunksOf = (
  source: Dataset | DataLoader<unknown>,
  batchSize: number,
): Iterable<StepRows> =>
  'dataset' in source
    ? chunksOfLoader(source)
    : minibatches(source, { batchSize, dropLast: false }).pass(null);

function* chunksOfLoader(loader: DataLoader<unknown>): Generator<StepRows, void, undefined> {
  const { dataset, batchSize } = loader;
  const rules = {
    caller: 'evaluate',
    origin: "the loader's map",
    padded: loader.pad && dataset.size % batchSize !== 0,
    weighted: dataset.sampleWeight !== undefined,
  };
  for (const item of loader.pass(loader.epoch)) {
    if (item instanceof Promise) {
      throw new TypeError(
        "evaluate: the loader's map gives a Promise, but evaluations do not wait.\n" +
          '  Evaluate the data set itself, or a loader whose map is not async.',
      );
    }
    yield rowsOfItem(item, rules);
  }
}

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
