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
import { type Reduction, reduce } from './reduction.ts';
import { weighted } from './weights.ts';

/** Options of `klDiv`. */
export interface KlDivOptions {
  /** Whether the target holds log-probabilities. @defaultValue false */
  readonly logTarget?: boolean;
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
 * unless both are of one floating dtype; RangeError for a negative target
 * @see Kullback & Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22 (1951)
 * @example
 * ```ts
 * const q = tensor([[0.5, 0.5]]);
 * nn.klDiv(log(q), tensor([[1, 0]]), { reduction: 'batchmean' }).item(); // => Math.LN2
 * ```
 */
export function klDiv(logQ: TensorLike, target: TensorLike, options: KlDivOptions = {}): Tensor {
  requireOptions('klDiv', options, { logTarget: true, reduction: true });
  const { logTarget = false, reduction = 'mean' } = options;
  const [q, t] = lossPair('klDiv', logQ, target);
  const losses = logTarget ? ofLogarithms(q, t) : ofProbabilities(q, t);
  if (reduction !== 'batchmean') return reduce('klDiv', losses, reduction);
  const samples = losses.shape[0] ?? 0;
  if (samples === 0) {
    throw new ShapeError(
      `klDiv: 'batchmean' needs samples along axis 0, got shape [${losses.shape.join(', ')}].`,
    );
  }
  return div(sum(losses), samples);
}

function ofProbabilities(q: Tensor, p: Tensor): Tensor {
  check(
    greaterEqual(p, 0),
    () =>
      new RangeError(
        `klDiv: the target must be >= 0, got ${String(p)}.\n  For log-probabilities pass { logTarget: true }.`,
      ),
  );
  const none = equal(p, 0);
  const entropy = where(none, 0, mul(p, log(where(none, 1, p))));
  return sub(entropy, weighted(p, q));
}

function ofLogarithms(q: Tensor, t: Tensor): Tensor {
  const none = equal(t, -Infinity);
  return where(none, 0, mul(exp(t), sub(where(none, 0, t), where(none, 0, q))));
}
