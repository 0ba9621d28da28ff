import { indexSelect, noGrad, Tensor, tensor } from '@tikhonov/core';
import { DataLoader, type Dataset } from '@tikhonov/data';
import type { Metric, Model } from './model.ts';
import { measuredRows } from './row-weights.ts';
import type { StepRows } from './train-item.ts';
import { rehearse } from './transaction.ts';

/** Rows that are looked at, beside one of every class. */
const most = 64;

/** Half the distance from 1 to the next float32. */
const unit = 2 ** -24;

/** Outputs of a model with what belongs to them. */
interface Measured {
  readonly output: Tensor;
  readonly y: Tensor;
  readonly sampleWeight: Tensor | undefined;
}

/**
 * Some rows of a data set, from all of it: classes may lie one behind the other, and what weighs classes
 * shows only where there are several. Of a loader, a batch. Null if there are no two rows.
 */
export function rowsToCheck(
  source: Dataset | DataLoader<unknown>,
  batches: () => Iterable<StepRows>,
): Pick<StepRows, 'x' | 'y' | 'sampleWeight'> | null {
  if (source instanceof DataLoader) {
    for (const rows of batches()) if (rows.size > 1) return rows;
    return null;
  }
  const { size, y } = source;
  if (size < 2) return null;
  const count = Math.min(size, most);
  const chosen = new Set(Array.from({ length: count }, (_, i) => Math.floor((i * size) / count)));
  if (y.dtype === 'int32' && y.rank === 1) {
    const firsts = new Map<number, number>();
    for (const [row, label] of y.data().entries()) {
      if (!firsts.has(label)) firsts.set(label, row);
      if (firsts.size === most) break;
    }
    for (const row of firsts.values()) chosen.add(row);
  }
  const { x, y: targets, sampleWeight } = source.take([...chosen]);
  return { x, y: targets, ...(sampleWeight === undefined ? {} : { sampleWeight }) };
}

/**
 * Whether chunks of rows can be put together: a loss or metric of some rows must be the mean of those of its
 * parts, up to rounding. Changes no cell. What fails on parts, or is not finite, is passed over.
 *
 * @throws TypeError for one that is no mean over rows
 */
export function requireMeans(
  model: Model,
  means: Readonly<Record<string, Metric>>,
  rows: Pick<StepRows, 'x' | 'y' | 'sampleWeight'>,
): void {
  let problem: TypeError | null = null;
  rehearse(() =>
    noGrad(() => {
      const output = model.forward(rows.x, { training: false });
      const size = rows.y.shape[0]!;
      if (!(output instanceof Tensor) || output.shape[0] !== size) return;
      const all = { output, y: rows.y, sampleWeight: rows.sampleWeight };
      for (const [name, of] of Object.entries(means)) problem ??= deviation(name, of, all, size);
    }),
  );
  if (problem !== null) throw problem;
}

function deviation(name: string, of: Metric, all: Measured, size: number): TypeError | null {
  const whole = finiteOf(name, of, all);
  if (whole === null) return null;
  const places = Array.from({ length: size }, (_, i) => i);
  const third = Math.ceil(size / 3);
  const splits = [(i: number) => i % 2 === 0, (i: number) => i < third];
  for (const isFirst of splits) {
    const parts = [places.filter(isFirst), places.filter((i) => !isFirst(i))].map((rows) =>
      rowsAt(all, rows),
    );
    const values = parts.map((part) => finiteOf(name, of, part));
    const [a, b] = values;
    if (a == null || b == null) continue;
    const weights = parts.map(weightOf);
    const mean = (a * weights[0]! + b * weights[1]!) / (weights[0]! + weights[1]!);
    const largest = Math.max(Math.abs(whole), Math.abs(a), Math.abs(b));
    // A mean of n float32 errs by n roundings of the mean of the sizes, which only single rows tell.
    const off = Math.abs(whole - mean);
    if (off <= 4 * size * unit * largest) continue;
    if (off <= 8 * size * unit * Math.max(largest, meanSize(name, of, all, size))) continue;
    return new TypeError(
      `evaluate: ${name} is no mean over rows: it is ${whole} of ${size} rows, but ${a} and ${b} of two parts of them, whose mean is ${mean}.\n` +
        '  Chunks could not be put together. Give weights of classes to the data, by data.withClassWeights, those of rows as sampleWeight;\n' +
        '  in fit, another loss for evaluations as evaluationLoss. A metric that is no mean is a StreamingMetric.',
    );
  }
  return null;
}

/** The mean size of what single rows give; 0 if some give nothing. */
function meanSize(name: string, of: Metric, all: Measured, size: number): number {
  let [total, weights] = [0, 0];
  for (let i = 0; i < size; i++) {
    const row = rowsAt(all, [i]);
    const weight = weightOf(row);
    if (weight === 0) continue;
    const value = finiteOf(name, of, row);
    if (value === null) return 0;
    total += weight * Math.abs(value);
    weights += weight;
  }
  return weights === 0 ? 0 : total / weights;
}

function rowsAt({ output, y, sampleWeight }: Measured, rows: readonly number[]): Measured {
  const index = tensor(Int32Array.from(rows));
  return {
    output: indexSelect(output, index),
    y: indexSelect(y, index),
    sampleWeight: sampleWeight === undefined ? undefined : indexSelect(sampleWeight, index),
  };
}

function weightOf({ y, sampleWeight }: Measured): number {
  if (sampleWeight === undefined) return y.shape[0]!;
  let total = 0;
  for (const weight of sampleWeight.data()) total += weight;
  return total;
}

/** A finite number, or null. */
function finiteOf(name: string, of: Metric, rows: Measured): number | null {
  if (weightOf(rows) === 0) return null;
  try {
    const { output, y, sampleWeight } = rows;
    const value = measuredRows(`evaluate: ${name}`, of, output, y, sampleWeight);
    const number = value instanceof Tensor && value.rank === 0 ? value.item() : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : null;
  } catch {
    return null;
  }
}
