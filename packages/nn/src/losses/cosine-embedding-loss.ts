import {
  cosineSimilarity,
  equal,
  logicalOr,
  relu,
  ShapeError,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, check, requireOptions, showShape } from '@tikhonov/core/engine';
import { lossPair } from './pair.ts';
import { type RowLossOptions, reduceRows, rowLossNames } from './row-weights.ts';

/** Options of `cosineEmbeddingLoss`. */
export interface CosineEmbeddingLossOptions extends RowLossOptions {
  /** Similarity that unlike pairs may have, in [-1, 1]. @defaultValue 0 */
  readonly margin?: number;
}

/**
 * Brings like pairs together and keeps unlike ones apart: `1 - cos(x, y)` for a label of 1,
 * `max(0, cos(x, y) - margin)` for -1.
 *
 * @param x  `[n, d]`
 * @param y  `[n, d]`
 * @param labels  `[n]`, 1 or -1
 * @returns scalar, or `[n]` with reduction `'none'`
 * @throws ShapeError if shapes do not fit; DTypeError unless `x` and `y` are of one floating dtype;
 * RangeError for other labels, a margin outside [-1, 1], a negative weight or weights that sum to 0
 * @example
 * ```ts
 * const [x, y] = [tensor([[1, 0], [1, 0]]), tensor([[0, 2], [3, 4]])];
 * nn.cosineEmbeddingLoss(x, y, tensor([1, -1]), { reduction: 'none' }).toArray(); // => [1, 0.6]
 * ```
 */
export function cosineEmbeddingLoss(
  x: TensorLike,
  y: TensorLike,
  labels: TensorLike,
  options: CosineEmbeddingLossOptions = {},
): Tensor {
  const name = 'cosineEmbeddingLoss';
  requireOptions(name, options, { ...rowLossNames, margin: true });
  const { margin = 0 } = options;
  if (!(margin >= -1 && margin <= 1)) {
    throw new RangeError(`${name}: margin must be in [-1, 1], got ${margin}.`);
  }
  const [a, b] = lossPair(name, x, y);
  const signs = asTensor(labels, 'cosineEmbeddingLoss');
  if (a.rank !== 2 || signs.rank !== 1 || signs.size !== a.shape[0]) {
    throw new ShapeError(
      `${name}: x and y must be [n, d] and labels [n], got ${showShape(a.shape)} and ${showShape(signs.shape)}.`,
    );
  }
  const like = equal(signs, 1);
  check(
    logicalOr(like, equal(signs, -1)),
    () => new RangeError(`${name}: labels must be 1 or -1, got ${String(signs)}.`),
  );
  const cosine = cosineSimilarity(a, b);
  const losses = where(like, sub(1, cosine), relu(sub(cosine, margin)));
  return reduceRows(name, [losses], (each) => each, options);
}
