import {
  astype,
  concat,
  DTypeError,
  div,
  equal,
  expandDims,
  floor,
  greater,
  greaterEqual,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  mean,
  mul,
  ones,
  reshape,
  ShapeError,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { check, requireOptions, showShape } from '@tikhonov/core/engine';
import type { RowWeights } from '../model.ts';

/** Labels as int32, as `crossEntropy` takes them: `tensor([0, 1])` is float32, which is fine here. */
export function classIndices(name: string, labels: Tensor, classes: number): Tensor {
  if (labels.dtype === 'bool') {
    throw new DTypeError(
      `${name}: labels must be integers, got bool.\n  Cast with astype('int32').`,
    );
  }
  const inRange = logicalAnd(lessEqual(0, labels), less(labels, classes));
  check(
    isFloating(labels.dtype) ? logicalAnd(inRange, equal(labels, floor(labels))) : inRange,
    () =>
      new RangeError(
        `${name}: labels must be integers in [0, ${classes}), got ${String(labels)}.\n  ${classes} classes are numbered from 0.`,
      ),
  );
  return astype(labels, 'int32');
}

/** A ShapeError unless there are scores `[n, k]` and labels `[n]`, n >= 1. */
export function requireClassRows(name: string, logits: Tensor, labels: Tensor): void {
  const fits = logits.rank === 2 && labels.rank === 1 && logits.shape[0] === labels.shape[0];
  if (!fits || labels.size === 0) {
    throw new ShapeError(
      `${name}: needs logits [n, k] and labels [n] with n >= 1, got ${showShape(logits.shape)} and ${showShape(labels.shape)}.`,
    );
  }
}

/** Scores of two classes or more, and the labels that belong to them. */
export interface ClassRows {
  /** Logits `[n, k]`, `k >= 2`. */
  readonly scores: Tensor;
  /** int32 `[n]` */
  readonly labels: Tensor;
  readonly classes: number;
}

/**
 * Logits `[n, k]` with labels `[n]`; or logits `[n]` or `[n, 1]` of class 1 against class 0, which become
 * `[0, z]`, with labels `[n]` or `[n, 1]`.
 */
export function classRows(name: string, output: Tensor, labels: Tensor): ClassRows {
  const isBinary = output.rank === 1 || (output.rank === 2 && output.shape[1] === 1);
  const rows = output.shape[0] ?? 0;
  if (!isBinary) requireClassRows(name, output, labels);
  const isLabels = labels.rank === 1 || (labels.rank === 2 && labels.shape[1] === 1);
  if (rows === 0 || !isLabels || labels.shape[0] !== rows) {
    throw new ShapeError(
      `${name}: needs logits [n, k] and labels [n], or logits [n] of class 1 and labels of 0 and 1, with n >= 1, got ${showShape(output.shape)} and ${showShape(labels.shape)}.`,
    );
  }
  requireFloating(name, 'logits', output);
  const given = reshape(output, [rows, -1]);
  const scores = isBinary ? concat([zerosLike(given), given], { axis: 1 }) : given;
  const classes = scores.shape[1]!;
  return { scores, labels: classIndices(name, reshape(labels, [rows]), classes), classes };
}

/** Predictions and targets of one shape as float64 `[n, d]`; nothing is broadcast. */
export function targetRows(
  name: string,
  output: Tensor,
  target: Tensor,
): { readonly predicted: Tensor; readonly wanted: Tensor } {
  if (showShape(output.shape) !== showShape(target.shape) || output.size === 0) {
    throw new ShapeError(
      `${name}: needs predictions and targets of one shape [n, ...], n >= 1, got ${showShape(output.shape)} and ${showShape(target.shape)}.\n` +
        '  Nothing is broadcast; reshape the targets.',
    );
  }
  requireFloating(name, 'predictions', output);
  if (target.dtype === 'bool') {
    throw new DTypeError(
      `${name}: targets must be numbers, got bool.\n  Cast with astype('float32').`,
    );
  }
  const rows = output.rank === 0 ? 1 : output.shape[0]!;
  const flat = (x: Tensor): Tensor => astype(reshape(x, [rows, -1]), 'float64');
  return { predicted: flat(output), wanted: flat(target) };
}

/** A DTypeError unless the dtype is floating. */
export function requireFloating(name: string, what: string, x: Tensor): void {
  if (isFloating(x.dtype)) return;
  throw new DTypeError(
    `${name}: ${what} must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
  );
}

/** The weights of the rows as float64 `[n]`, checked; null if all count the same. */
export function weightsOfRows(name: string, options: RowWeights, rows: number): Tensor | null {
  const { sampleWeight } = options;
  if (sampleWeight === undefined) return null;
  requireFloating(name, 'sampleWeight', sampleWeight);
  if (sampleWeight.rank !== 1 || sampleWeight.shape[0] !== rows) {
    throw new ShapeError(
      `${name}: sampleWeight must be [${rows}], one weight per row, got ${showShape(sampleWeight.shape)}.`,
    );
  }
  check(
    logicalAnd(greaterEqual(sampleWeight, 0), less(sampleWeight, Infinity)),
    () =>
      new RangeError(
        `${name}: sampleWeight must be finite and >= 0, got ${String(sampleWeight)}.\n  A weight of 0 leaves a row out.`,
      ),
  );
  return astype(sampleWeight, 'float64');
}

/** As `weightsOfRows`, with weights of 1 if there are none. */
export const countsOfRows = (name: string, options: RowWeights, rows: number): Tensor =>
  weightsOfRows(name, options, rows) ?? ones([rows], { dtype: 'float64' });

/** `w x` over the rows of `x`, `[n, ...]`; exactly 0 where `w` is 0, whatever `x` is. */
export function weightedRows(weights: Tensor, x: Tensor): Tensor {
  const factor = x.shape.slice(1).reduce<Tensor>((w) => expandDims(w, -1), weights);
  return where(equal(factor, 0), 0, mul(factor, x));
}

/** The mean of `[n]` values, weighted if the rows have weights; float64. */
export function meanOfRows(name: string, values: Tensor, options: RowWeights): Tensor {
  const exact = astype(values, 'float64');
  const weights = weightsOfRows(name, options, values.shape[0]!);
  if (weights === null) return mean(exact);
  const total = sum(weights);
  check(
    greater(total, 0),
    () =>
      new RangeError(
        `${name}: the weights of the rows sum to 0, so they have no mean.\n  Leave a row that counts, with a positive weight.`,
      ),
  );
  return div(sum(weightedRows(weights, exact)), total);
}

/** Checks the options of a metric that takes weights of rows only. */
export const requireRowOptions = (name: string, options: RowWeights): void =>
  requireOptions(name, options, { sampleWeight: true });
