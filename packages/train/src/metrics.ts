import {
  argmax,
  astype,
  equal,
  expandDims,
  gather,
  logSoftmax,
  mean,
  neg,
  ShapeError,
  showShape,
  type Tensor,
} from '@tikhonov/core';

/**
 * Share of the rows whose largest logit is the label's (the first among equals).
 *
 * @param logits  `[n, k]`
 * @param labels  int32 `[n]`
 * @returns scalar float32 `[]`
 * @throws ShapeError for other shapes
 * @example
 * ```ts
 * const labels = tensor([1, 1], { dtype: 'int32' });
 * train.accuracy(tensor([[0, 3], [2, 1]]), labels).item(); // => 0.5
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  requireRows('accuracy', logits, labels);
  return mean(astype(equal(argmax(logits, { axis: 1 }), labels), 'float32'));
}

/**
 * Mean of `-log softmax(logits)[label]`, in nats: the plain cross-entropy, without smoothing or
 * weights, whatever the training loss is.
 *
 * @param logits  `[n, k]`
 * @param labels  int32 `[n]`, in `[0, k)`
 * @returns scalar `[]`, dtype of the logits
 * @throws ShapeError for other shapes; RangeError for a label out of range
 * @example
 * ```ts
 * const labels = tensor([1], { dtype: 'int32' });
 * train.negativeLogLikelihood(tensor([[0, 0]]), labels).item(); // => Math.log(2)
 * ```
 */
export function negativeLogLikelihood(logits: Tensor, labels: Tensor): Tensor {
  requireRows('negativeLogLikelihood', logits, labels);
  const logp = logSoftmax(logits, { axis: 1 });
  return neg(mean(gather(logp, expandDims(labels, 1), { axis: 1 })));
}

function requireRows(name: string, logits: Tensor, labels: Tensor): void {
  const fits = logits.rank === 2 && labels.rank === 1 && logits.shape[0] === labels.shape[0];
  if (!fits || labels.size === 0) {
    throw new ShapeError(
      `${name}: needs logits [n, k] and labels [n] with n >= 1, got ${showShape(logits.shape)} and ${showShape(labels.shape)}.`,
    );
  }
}
