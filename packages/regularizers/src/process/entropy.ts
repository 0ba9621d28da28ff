import {
  DTypeError,
  equal,
  exp,
  isFloating,
  logSoftmax,
  mul,
  neg,
  ShapeError,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, showShape } from '@tikhonov/core/engine';
import { meanOverSamples } from '../objective/per-sample.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';

/** @throws ShapeError or DTypeError unless they are logits `[n, classes]` of at least one sample */
export function requireLogits(name: string, logits: TensorLike): Tensor {
  const z = asTensor(logits, name);
  if (z.rank !== 2 || z.size === 0) {
    throw new ShapeError(
      `${name}: logits must be [n, classes] with at least one sample, got shape ${showShape(z.shape)}.`,
    );
  }
  if (isFloating(z.dtype)) return z;
  throw new DTypeError(
    `${name}: logits must be floating, got ${z.dtype}.\n  Cast with astype('float32').`,
  );
}

/**
 * Entropy in nats of the softmax of each row, `-sum_k p_k log p_k`, from logits and without overflow: 0 for a
 * certain prediction, `log K` for the uniform one. A logit of -Infinity contributes 0.
 *
 * @param logits  `[n, classes]`
 * @returns `[n]`
 * @throws ShapeError or DTypeError for anything else
 * @example
 * ```ts
 * reg.entropyOfLogits(tensor([[0, 0], [0, -Infinity]])).toArray(); // => [Math.LN2, 0]
 * ```
 */
export function entropyOfLogits(logits: TensorLike): Tensor {
  const logp = logSoftmax(requireLogits('entropyOfLogits', logits));
  // 0 log 0 is 0; the infinity is replaced before any derivative sees it.
  const finite = where(equal(logp, -Infinity), 0, logp);
  return neg(sum(mul(exp(logp), finite), { axis: 1 }));
}

/** Strength and weights of a mean entropy. */
export interface MeanEntropySettings {
  readonly strength: Strength;
  readonly sampleWeight: Tensor | undefined;
}

/** `strength * mean entropy`, exactly 0 with zero gradient for strength 0. */
export function meanEntropy(
  name: string,
  what: string,
  logits: TensorLike,
  { strength, sampleWeight }: MeanEntropySettings,
): Tensor {
  const factor = requireStrength(`${name}: ${what}`, strength);
  const z = gated(factor, requireLogits(name, logits));
  return scaled(factor, meanOverSamples(entropyOfLogits(z), sampleWeight));
}
