import {
  all,
  div,
  expandDims,
  greater,
  greaterEqual,
  indexSelect,
  less,
  logicalAnd,
  mul,
  reshape,
  ShapeError,
  select,
  sum,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@tikhonov/core';
import { check, showShape } from '@tikhonov/core/engine';
import { requireFloating } from './keep-mask.ts';

/** How likely weighted sampling takes what; `[c]`. */
export interface SamplingProbabilities {
  /** Of being among the sample: they add up to its size. */
  readonly inclusion: Tensor;
  /** Of being taken first: the share of the weight. */
  readonly first: Tensor;
}

/** Above this, sums over subsets take too long. */
const most = 12;

/**
 * Exact probabilities of sampling without replacement, where each draw takes one of those that are left with a
 * probability in proportion to its weight: what the keys `u^(1 / weight)` of weighted channel dropout do. Those of
 * weight 0 come last, in their order. By sums over all subsets.
 *
 * @param weights  `[c]` with `1 <= c <= 12`, floating, finite and >= 0
 * @param size  of the sample, an integer in [0, c]
 * @returns of the dtype of the weights
 * @throws ShapeError for another number of weights; DTypeError for integers; RangeError for other values
 * @see Efraimidis & Spirakis, "Weighted random sampling with a reservoir", Information Processing Letters 97 (2006)
 * @example
 * ```ts
 * const { inclusion, first } = reg.weightedSamplingProbabilities(tensor([1, 1, 2]), 2);
 * first.toArray(); // => [0.25, 0.25, 0.5]
 * inclusion.toArray(); // => [7 / 12, 7 / 12, 5 / 6]
 * ```
 */
export function weightedSamplingProbabilities(
  weights: TensorLike,
  size: number,
): SamplingProbabilities {
  const given = requireWeights(weights, size);
  const count = given.size;
  const { dtype } = given;
  const subsets = Array.from({ length: 2 ** count }, (_, subset) => subset);
  const has = (subset: number, i: number): boolean => ((subset >> i) & 1) === 1;
  const table = (entry: (subset: number, i: number) => number): Tensor =>
    tensor(
      subsets.map((subset) => Array.from({ length: count }, (_, i) => entry(subset, i))),
      { dtype },
    );
  // [subsets, c]: the probability of each of being next when a subset is gone.
  const left = mul(
    table((subset, i) => (has(subset, i) ? 0 : 1)),
    given,
  );
  const total = sum(left, { axis: 1, keepdims: true });
  const lowest = table((subset, i) => (((subset + 1) & ~subset) === 1 << i ? 1 : 0));
  const chances = where(greater(total, 0), div(left, where(greater(total, 0), total, 1)), lowest);
  const before = tensor(
    Int32Array.from(
      subsets.flatMap((subset) =>
        Array.from(
          { length: count },
          (_, i) => (has(subset, i) ? subset ^ (1 << i) : subset) * count + i,
        ),
      ),
    ),
  );
  const members = table((subset, i) => (has(subset, i) ? 1 : 0));
  // [subsets]: the probability that those taken so far are a subset's.
  let taken = tensor(
    subsets.map((subset) => (subset === 0 ? 1 : 0)),
    { dtype },
  );
  for (let drawn = 0; drawn < size; drawn++) {
    const ways = reshape(mul(chances, expandDims(taken, 1)), [-1]);
    taken = sum(where(greater(members, 0), reshape(indexSelect(ways, before), members.shape), 0), {
      axis: 1,
    });
  }
  return {
    inclusion: sum(mul(members, expandDims(taken, 1)), { axis: 0 }),
    first: select(chances, 0),
  };
}

function requireWeights(weights: TensorLike, size: number): Tensor {
  const name = 'weightedSamplingProbabilities';
  const given = requireFloating(name, weights, 'weights');
  if (given.rank !== 1 || given.size < 1 || given.size > most) {
    throw new ShapeError(
      `${name}: weights must be [c] with 1 <= c <= ${most}, got shape ${showShape(given.shape)}.\n  For more, count samples.`,
    );
  }
  if (!Number.isInteger(size) || size < 0 || size > given.size) {
    throw new RangeError(
      `${name}: size must be an integer in [0, ${given.size}], got ${size}.\n  Draws are without replacement, at most all of the weights.`,
    );
  }
  check(
    all(logicalAnd(greaterEqual(given, 0), less(given, Infinity))),
    () =>
      new RangeError(
        `${name}: weights must be finite and >= 0, got ${String(given)}.\n  They need not sum to 1.`,
      ),
  );
  return given;
}
