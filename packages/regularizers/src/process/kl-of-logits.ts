import {
  abs,
  add,
  arange,
  argmax,
  equal,
  exp,
  expm1,
  lessEqual,
  log1p,
  logicalAnd,
  mul,
  notEqual,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { sumPerSample } from '../objective/per-sample.ts';

/**
 * `KL(softmax(target) || softmax(output))` of each sample, classes along the last axis: at least 0, exactly 0
 * for equal logits, and unchanged if a constant is added to them. A class of probability 0 in the target
 * contributes nothing of its own, even at logits of -Infinity in both; where the output alone has it, the
 * divergence is Infinity.
 *
 * It is a sum of terms that are each at least 0, so values and derivatives keep their digits for predictions
 * that are nearly certain or nearly equal, in float32 too.
 *
 * @param target  logits `[n, ..., classes]`
 * @param output  logits of the same shape
 * @returns `[n]`
 * @example
 * ```ts
 * const [p, q] = [tensor([[0, Math.log(3)]]), tensor([[0, 0]])];
 * reg.klOfLogits(p, q).toArray(); // => [0.25 * Math.log(0.5) + 0.75 * Math.log(1.5)]
 * ```
 */
export function klOfLogits(target: Tensor, output: Tensor): Tensor {
  const [logP, logQ] = [logProbabilities(target), logProbabilities(output)];
  const [p, q] = [exp(logP), exp(logQ)];
  // Both sum to 1, so that sum p (log p - log q) = sum (q - p - p d) with d = log q - log p.
  const live = notEqual(p, 0);
  const d = sub(where(live, logQ, 0), where(live, logP, 0));
  const small = logicalAnd(live, lessEqual(abs(d), 1));
  const terms = where(
    small,
    mul(p, expm1Less(where(small, d, 0))),
    sub(q, where(live, mul(p, add(d, 1)), 0)),
  );
  return sumPerSample(terms);
}

/**
 * `log softmax`, with the logits relative to the largest one and `log1p` of the sum of the others: what a
 * nearly certain prediction lacks of 1 is a sum of small numbers then, and no difference of large ones.
 */
function logProbabilities(logits: Tensor): Tensor {
  const classes = arange(logits.shape.at(-1)!, { dtype: 'int32' });
  const top = equal(argmax(logits, { axis: -1, keepdims: true }), classes);
  const largest = sum(where(top, logits, 0), { axis: -1, keepdims: true });
  const others = sub(logits, largest);
  const rest = sum(where(top, 0, exp(others)), { axis: -1, keepdims: true });
  return sub(others, log1p(rest));
}

/** Of the coefficients `2 / (k + 2)!` and their predecessors, the last first. */
const ratios = [6, 5, 4, 3].map((k) => 1 / k);

/** `e^d - 1 - d`, at least 0: by its series where the difference is of the order of its roundings. */
function expm1Less(d: Tensor): Tensor {
  const close = lessEqual(abs(d), 1 / 256);
  const tiny = where(close, d, 0);
  const series = ratios.reduce<Tensor | number>(
    (tail, ratio) => add(mul(mul(tiny, ratio), tail), 1),
    1,
  );
  return where(close, mul(mul(square(tiny), 0.5), series), sub(expm1(d), d));
}
