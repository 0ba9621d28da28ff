import {
  ShapeError,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import { meanOverSamples } from '../objective/per-sample.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { requireLogits } from './entropy.ts';
import { klOfLogits } from './kl-of-logits.ts';

/** Options of `consistencyPenalty`. */
export interface ConsistencyOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
  /**
   * `'mse'` is the squared distance of the two distributions, summed over classes; `'kl'` is `KL(target ||
   * prediction)`. @defaultValue 'mse'
   */
  readonly measure?: 'mse' | 'kl';
  /** One weight >= 0 per row, `[n]`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<ConsistencyOptions> = { lambda: true, measure: true, sampleWeight: true };

/**
 * How much two predictions for the same rows differ, `lambda * mean over samples of ||p - q||^2` for their
 * softmax. Gradients flow into both: detach the one that is to be constant. What predictions are compared makes
 * the method: two passes with different masks and noise (`piModelTerm`), or those of an average of the weights
 * (`meanTeacherTerm`).
 *
 * @param logits  `[n, classes]`
 * @param target  logits `[n, classes]`
 * @returns scalar `[]`, >= 0, at most `2 lambda` for `'mse'`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError if `lambda` is negative or not finite; ShapeError for shapes that differ; TypeError for
 *   another measure
 * @see Laine & Aila, "Temporal Ensembling for Semi-Supervised Learning" (2017)
 * @example
 * ```ts
 * const [a, b] = [tensor([[0, 0]]), tensor([[Math.log(3), 0]])];
 * reg.consistencyPenalty(a, b, { lambda: 1 }).item(); // => 2 * 0.25 ** 2
 * ```
 */
export function consistencyPenalty(
  logits: TensorLike,
  target: TensorLike,
  options: ConsistencyOptions,
): Tensor {
  const name = 'consistencyPenalty';
  requireOptions(name, options, known);
  const { measure = 'mse', sampleWeight } = options;
  if (measure !== 'mse' && measure !== 'kl') {
    throw new TypeError(`${name}: measure must be 'mse' or 'kl', got ${showValue(measure)}.`);
  }
  const lambda = requireStrength(`${name}: lambda`, options.lambda);
  const [z, t] = samePair(name, logits, target).map((x) => gated(lambda, x)) as [Tensor, Tensor];
  const each =
    measure === 'kl' ? klOfLogits(t, z) : sum(square(sub(softmax(z), softmax(t))), { axis: 1 });
  return scaled(lambda, meanOverSamples(each, sampleWeight));
}

/** @throws ShapeError unless both are logits of the same shape */
export function samePair(name: string, logits: TensorLike, target: TensorLike): [Tensor, Tensor] {
  const [z, t] = [requireLogits(name, logits), requireLogits(name, target)];
  if (showShape(z.shape) === showShape(t.shape)) return [z, t];
  throw new ShapeError(
    `${name}: both predictions must have the same shape, got ${showShape(z.shape)} and ${showShape(t.shape)}.`,
  );
}
