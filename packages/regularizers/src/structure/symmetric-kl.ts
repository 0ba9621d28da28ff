import {
  DTypeError,
  exp,
  isFloating,
  logicalOr,
  logSoftmax,
  mul,
  notEqual,
  reshape,
  ShapeError,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, showShape } from '@tikhonov/core/engine';

/**
 * Half the sum of both divergences, `(KL(P || Q) + KL(Q || P)) / 2 = sum (p - q) (log p - log q) / 2` of the softmax
 * of two predictions: >= 0, and 0 iff the distributions are equal, whatever constants are added to the logits.
 * Gradients flow into both. Finite for large logits; a class of logit -Infinity in both adds nothing.
 *
 * @param logits1  `[...s, classes]`
 * @param logits2  likewise
 * @returns `[...s]`
 * @throws ShapeError if the shapes differ; DTypeError for integers
 * @example
 * ```ts
 * const [a, b] = [tensor([[0, Math.log(3)]]), tensor([[0, 0]])];
 * reg.symmetricKl(a, b).toArray(); // => [0.25 * Math.log(3) / 2]
 * ```
 */
export function symmetricKl(logits1: TensorLike, logits2: TensorLike): Tensor {
  const [z1, z2] = requirePair('symmetricKl', logits1, logits2);
  const [logP, logQ] = [logSoftmax(z1), logSoftmax(z2)];
  // A class that is impossible in both adds nothing; the infinities are replaced before they meet.
  const live = logicalOr(notEqual(logP, -Infinity), notEqual(logQ, -Infinity));
  const gap = sub(where(live, logP, 0), where(live, logQ, 0));
  return mul(sum(mul(sub(exp(logP), exp(logQ)), gap), { axis: -1 }), 0.5);
}

/** Logits of both passes as floating tensors of one shape with a class axis. */
export function requirePair(
  name: string,
  logits1: TensorLike,
  logits2: TensorLike,
): [Tensor, Tensor] {
  const [z1, z2] = [asTensor(logits1, name), asTensor(logits2, name)];
  for (const z of [z1, z2]) {
    if (z.rank === 0 || z.shape.at(-1) === 0) {
      throw new ShapeError(
        `${name}: logits must be [..., classes] with at least one class, got ${showShape(z.shape)}.\n  Classes lie along the last axis.`,
      );
    }
    if (isFloating(z.dtype)) continue;
    throw new DTypeError(
      `${name}: logits must be floating, got ${z.dtype}.\n  Cast with astype('float32').`,
    );
  }
  if (showShape(z1.shape) === showShape(z2.shape)) return [z1, z2];
  throw new ShapeError(
    `${name}: both predictions must have the same shape, got ${showShape(z1.shape)} and ${showShape(z2.shape)}.\n  They are those of the same rows in two passes.`,
  );
}

/** `[...s, classes]` as `[rows, classes]`. */
export const rowsOf = (z: Tensor): Tensor => {
  const classes = z.shape.at(-1)!;
  return reshape(z, [z.size / classes, classes]);
};
