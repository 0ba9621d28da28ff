import {
  abs,
  astype,
  cond,
  type DType,
  DTypeError,
  div,
  equal,
  expandDims,
  grad,
  greater,
  isFloating,
  max,
  mean,
  mul,
  norm,
  ones,
  ShapeError,
  sum,
  Tensor,
  where,
} from '@tikhonov/core';
import { dormant, kindOf, showShape } from '@tikhonov/core/engine';
import type { StepContext } from '@tikhonov/train';
import { scaled } from '../strength.ts';
import { withPlainLoss } from './plain-loss.ts';

/** A batch `[n, ...]`, `n >= 1`, that derivatives can be taken with respect to. */
export function requireBatch(caller: string, x: Tensor, name = 'x'): Tensor {
  if (!(x instanceof Tensor)) {
    throw new TypeError(
      `${caller}: ${name} must be a Tensor [n, ...], got ${kindOf(x)}.\n  Pass the batch itself.`,
    );
  }
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      `${caller}: ${name} must be floating, got ${x.dtype}.\n  Gradients are taken with respect to it; of indices, take its embedding.`,
    );
  }
  if (x.rank === 0 || x.shape[0] === 0) {
    throw new ShapeError(
      `${caller}: ${name} must hold at least one sample along axis 0, got shape ${showShape(x.shape)}.`,
    );
  }
  return x;
}

/** The axes of a batch but the first. */
export const sampleAxes = (x: Tensor): number[] => x.shape.slice(1).map((_, k) => k + 1);

/** Sums of each sample, `[n, ...] -> [n]`. */
export const sumPerSample = (x: Tensor): Tensor =>
  x.rank === 1 ? x : sum(x, { axis: sampleAxes(x) });

/** Euclidean norms of each sample, `[n, ...] -> [n]`; at 0 their gradient is 0. */
export const normPerSample = (x: Tensor): Tensor =>
  norm(x.rank === 1 ? expandDims(x, 1) : x, { axis: x.rank === 1 ? [1] : sampleAxes(x) });

/** One number per sample, `[n]`, in a shape that broadcasts with the samples. */
export const alongSamples = (perSample: Tensor, like: Tensor): Tensor =>
  sampleAxes(like).reduce((y) => expandDims(y, -1), perSample);

/** Each sample divided by its length; one of length 0 stays 0. `[n, ...] -> [n, ...]`. */
export function unitPerSample(x: Tensor): Tensor {
  const safely = (y: Tensor, size: Tensor): Tensor => div(y, where(greater(size, 0), size, 1));
  // The largest element first: the squares of very small ones would be lost.
  const flat = x.rank === 1 ? expandDims(x, 1) : x;
  const largest = max(abs(flat), { axis: sampleAxes(flat) });
  const moderate = safely(x, alongSamples(largest, x));
  return safely(moderate, alongSamples(normPerSample(moderate), x));
}

/** The mean over samples, or `sum(w v) / sum(w)` where they have weights. */
export function meanOverSamples(values: Tensor, sampleWeight: Tensor | undefined): Tensor {
  if (sampleWeight === undefined) return mean(values);
  // A row that only fills a batch may hold anything.
  const weight = astype(sampleWeight, values.dtype);
  const counted = where(greater(weight, 0), values, 0);
  return div(sum(mul(counted, weight)), sum(weight));
}

/** What a method asks of the losses of a batch: one per sample. */
export type SampleLosses = (x: Tensor) => Tensor;

/** The losses of a batch, checked. A mean would divide every gradient by the number of samples. */
export function lossesOf(caller: string, losses: SampleLosses, x: Tensor): Tensor {
  const each = losses(x);
  if (!(each instanceof Tensor) || each.rank !== 1 || each.shape[0] !== x.shape[0]) {
    const seen = each instanceof Tensor ? `shape ${showShape(each.shape)}` : kindOf(each);
    throw new ShapeError(
      `${caller}: the losses must be one per sample, [${x.shape[0]}], got ${seen}.\n  Use the loss without its mean: { reduction: 'none' }.`,
    );
  }
  return each;
}

/** `d loss_n / d x_n`: the sum of the losses is what is differentiated. */
export const gradientsPerSample = (
  caller: string,
  losses: SampleLosses,
  x: Tensor,
  { createGraph = true }: { readonly createGraph?: boolean } = {},
): Tensor => grad((rows: Tensor) => sum(lossesOf(caller, losses, rows)), { createGraph })(x);

/** Labels `[n]` of this value mark rows that the loss leaves out; see `crossEntropy`. */
export interface IgnoredRows {
  /** As that of the loss. @defaultValue none */
  readonly ignoreIndex?: number;
}

/**
 * The weights that a step's loss gives its rows `[n]`; `undefined` if all count the same.
 *
 * @throws ShapeError for `ignoreIndex` and targets that are no labels `[n]`
 */
export function rowWeights(
  caller: string,
  { batch: { x, y, sampleWeight } }: StepContext,
  { ignoreIndex }: IgnoredRows,
): Tensor | undefined {
  if (ignoreIndex === undefined) return sampleWeight;
  if (y.rank !== 1) {
    throw new ShapeError(
      `${caller}: ignoreIndex needs labels [n], got targets of shape ${showShape(y.shape)}.\n  Give the rows sampleWeight 0 instead.`,
    );
  }
  const ignored = equal(y, ignoreIndex);
  return where(ignored, 0, sampleWeight ?? ones(y.shape, { dtype: x.dtype }));
}

/**
 * `d loss_n / d x_n` of a step's rows at other inputs. The step knows the mean over rows, or the weighted
 * mean: each row's share of it is taken out again.
 *
 * @param weights  those of the mean, as `rowWeights` has them
 */
export function stepGradients(
  context: StepContext,
  x: Tensor,
  { createGraph, weights }: { readonly createGraph: boolean; readonly weights: Tensor | undefined },
): Tensor {
  const mean = (rows: Tensor): Tensor => context.loss(context.forward(rows));
  const gradient = withPlainLoss(() => grad(mean, { createGraph })(x));
  if (weights === undefined) return mul(gradient, x.shape[0]!);
  const counts = greater(weights, 0);
  const factor = where(counts, div(sum(weights), where(counts, weights, 1)), 0);
  return mul(gradient, alongSamples(astype(factor, x.dtype), x));
}

/**
 * `strength * term()`, and exactly 0, with gradients of 0, where the strength is 0: nothing of the term, which
 * may be infinite there, is then computed. It is a function of the same parameters all the same, so that those
 * that only the term uses have a gradient of 0 and an optimizer does not miss them.
 */
export function gatedTerm(strength: number | Tensor, dtype: DType, term: () => Tensor): Tensor {
  const none = (): Tensor => astype(dormant(term), dtype);
  if (typeof strength === 'number') return strength > 0 ? scaled(strength, term()) : none();
  return cond(greater(strength, 0), () => scaled(strength, term()), none);
}
