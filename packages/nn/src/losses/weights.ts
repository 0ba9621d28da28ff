import {
  abs,
  astype,
  type Cell,
  div,
  equal,
  gather,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  logicalNot,
  mul,
  reshape,
  type Shape,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { asTensor, check, showShape } from '@tikhonov/core/engine';
import { type Reduction, reduce } from './reduction.ts';

/** Weights as options take them. */
export type Weights = Tensor | Cell | readonly number[];

/** Weights of a shape, finite and >= 0, in the dtype of `like`. */
export function checkedWeights(
  name: string,
  what: string,
  weights: Weights,
  shape: Shape,
  like: Tensor,
): Tensor {
  const given = weightTensor(name, weights, like);
  if (showShape(given.shape) !== showShape(shape)) {
    throw new ShapeError(
      `${name}: ${what} must have shape ${showShape(shape)}, got ${showShape(given.shape)}.`,
    );
  }
  requireWeights(name, what, given);
  return given;
}

/** A tensor of the dtype of `like`. */
export function weightTensor(name: string, weights: Weights | number, like: Tensor): Tensor {
  if (typeof weights === 'number') return tensor(weights, { dtype: like.dtype });
  if (Array.isArray(weights)) return tensor(weights, { dtype: like.dtype });
  return astype(asTensor(weights as Tensor | Cell, name), like.dtype);
}

/** A RangeError unless all are finite and >= 0. */
export function requireWeights(name: string, what: string, weights: Tensor): void {
  check(
    logicalAnd(greaterEqual(weights, 0), less(weights, Infinity)),
    () => new RangeError(`${name}: ${what} must be finite and >= 0, got ${String(weights)}.`),
  );
}

/** The weight of each label's class. */
export const weightOf = (weight: Tensor, indices: Tensor): Tensor =>
  reshape(gather(weight, reshape(indices, [indices.size])), indices.shape);

/** `coefficient * x`, with `0 * Infinity = 0`. The infinity is replaced first: no order sees it. */
export function weighted(coefficient: Tensor, x: Tensor): Tensor {
  const impossible = logicalAnd(equal(coefficient, 0), equal(abs(x), Infinity));
  return mul(coefficient, where(impossible, 0, x));
}

/** What counts how much among the losses of samples. */
export interface SampleShares {
  /** Samples that do not count. */
  readonly ignored: Tensor | null;
  /** Weights that the losses hold already. */
  readonly classWeight: Tensor | null;
  /** Weights that they do not. */
  readonly sampleWeight: Tensor | null;
}

/** The losses reduced; their mean divides by the sum of the weights of the samples that count. */
export function reduceSamples(
  name: string,
  losses: Tensor,
  reduction: Reduction,
  { ignored, classWeight, sampleWeight }: SampleShares,
): Tensor {
  const kept = ignored === null ? losses : where(ignored, 0, losses);
  const all = sampleWeight === null ? kept : weighted(sampleWeight, kept);
  const counts = ignored === null ? null : astype(logicalNot(ignored), losses.dtype);
  const shares = [counts, classWeight, sampleWeight].filter((share) => share !== null);
  if (shares.length === 0 || reduction !== 'mean') return reduce(name, all, reduction);
  const total = sum(shares.reduce((product, share) => mul(product, share)));
  check(
    greater(total, 0),
    () =>
      new RangeError(
        `${name}: the weights of this batch's samples sum to 0, so it has no mean.\n` +
          "  Leave a sample that counts, with a positive weight, or use reduction 'sum'.",
      ),
  );
  return div(sum(all), total);
}
