import {
  argmax,
  astype,
  DTypeError,
  equal,
  expandDims,
  floor,
  gather,
  isFloating,
  less,
  lessEqual,
  logicalAnd,
  logSoftmax,
  mean,
  neg,
  ShapeError,
  type Tensor,
} from '@tikhonov/core';
import { check, showShape } from '@tikhonov/core/engine';

/**
 * Share of the rows whose largest logit is the label's (the first among equals).
 *
 * @param logits  `[n, k]`
 * @param labels  integers `[n]` in `[0, k)`; of a floating dtype, integer values
 * @returns scalar float32 `[]`
 * @throws ShapeError for other shapes; RangeError for a label outside `[0, k)` or not an integer
 * @example
 * ```ts
 * const labels = tensor([1, 1], { dtype: 'int32' });
 * train.accuracy(tensor([[0, 3], [2, 1]]), labels).item(); // => 0.5
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  requireRows('accuracy', logits, labels);
  return mean(
    astype(
      equal(argmax(logits, { axis: 1 }), indices('accuracy', labels, logits.shape[1]!)),
      'float32',
    ),
  );
}

/**
 * Mean of `-log softmax(logits)[label]`, in nats: the plain cross-entropy, without smoothing or
 * weights, whatever the training loss is.
 *
 * @param logits  `[n, k]`
 * @param labels  integers `[n]` in `[0, k)`; of a floating dtype, integer values
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
  const index = indices('negativeLogLikelihood', labels, logits.shape[1]!);
  return neg(mean(gather(logp, expandDims(index, 1), { axis: 1 })));
}

/** Labels as int32, as `crossEntropy` takes them: `tensor([0, 1])` is float32, which is fine here. */
function indices(name: string, labels: Tensor, classes: number): Tensor {
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

function requireRows(name: string, logits: Tensor, labels: Tensor): void {
  const fits = logits.rank === 2 && labels.rank === 1 && logits.shape[0] === labels.shape[0];
  if (!fits || labels.size === 0) {
    throw new ShapeError(
      `${name}: needs logits [n, k] and labels [n] with n >= 1, got ${showShape(logits.shape)} and ${showShape(labels.shape)}.`,
    );
  }
}
