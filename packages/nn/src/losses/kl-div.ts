import {
  div,
  equal,
  exp,
  greaterEqual,
  log,
  mul,
  ShapeError,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, requireOptions } from '@tikhonov/core/engine';
import { lossPair } from './pair.ts';
import type { Reduction } from './reduction.ts';
import { reduceRows, rowLossNames } from './row-weights.ts';
import { type Weights, weighted } from './weights.ts';

/** Options of `klDiv`. */
export interface KlDivOptions {
  /** Whether the target holds log-probabilities. @defaultValue false */
  readonly logTarget?: boolean;
  /**
   * One weight >= 0 per row, `[n]`: the mean, and `'batchmean'`, divide by their sum in place of the
   * number of rows. A row of weight 0 contributes exactly 0. @defaultValue all 1
   */
  readonly sampleWeight?: Weights;
  /**
   * `'batchmean'` divides the sum by the size of axis 0, which is the divergence per sample; `'mean'`
   * divides by the number of elements. @defaultValue 'mean', as PyTorch
   */
  readonly reduction?: Reduction | 'batchmean';
}

/**
 * Kullback-Leibler divergence of a prediction `q` from a target `p`, `sum p (log p - log q)`, elementwise
 * before the reduction. Where `p` is 0 the loss is exactly 0, even if `log q` is -Infinity, and the
 * derivative of `p log p` is taken as 0.
 *
 * @param logQ  log-probabilities `[...s]`
 * @param target  probabilities `[...s]`, or their logarithms with `logTarget`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ, or for `'batchmean'` without axes or samples; DTypeError
 * unless both are of one floating dtype; RangeError for a negative target or weight, or weights that sum
 * to 0
 * @see Kullback & Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22 (1951)
 * @example
 * ```ts
 * const q = tensor([[0.5, 0.5]]);
 * nn.klDiv(log(q), tensor([[1, 0]]), { reduction: 'batchmean' }).item(); // => Math.LN2
 * ```
 */
export function klDiv(logQ: TensorLike, target: TensorLike, options: KlDivOptions = {}): Tensor {
  requireOptions('klDiv', options, { ...rowLossNames, logTarget: true });
  const { logTarget = false, reduction = 'mean', ...weights } = options;
  const [q, t] = lossPair('klDiv', logQ, target);
  if (!logTarget) requireProbabilities(t);
  const losses = logTarget ? ofLogarithms : ofProbabilities;
  if (reduction !== 'batchmean') {
    return reduceRows('klDiv', [q, t], losses, { ...weights, reduction });
  }
  const samples = q.shape[0] ?? 0;
  if (samples === 0) {
    throw new ShapeError(
      `klDiv: 'batchmean' needs samples along axis 0, got shape [${q.shape.join(', ')}].`,
    );
  }
  if (weights.sampleWeight !== undefined) {
    return mul(reduceRows('klDiv', [q, t], losses, weights), q.size / samples);
  }
  return div(sum(losses(q, t)), samples);
}

function requireProbabilities(p: Tensor): void {
  check(
    greaterEqual(p, 0),
    () =>
      new RangeError(
        `klDiv: the target must be >= 0, got ${String(p)}.\n  For log-probabilities pass { logTarget: true }.`,
      ),
  );
}

function ofProbabilities(q: Tensor, p: Tensor): Tensor {
  const none = equal(p, 0);
  const entropy = where(none, 0, mul(p, log(where(none, 1, p))));
  return sub(entropy, weighted(p, q));
}

function ofLogarithms(q: Tensor, t: Tensor): Tensor {
  const none = equal(t, -Infinity);
  return where(none, 0, mul(exp(t), sub(where(none, 0, t), where(none, 0, q))));
}
