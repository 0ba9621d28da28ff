import {
  add,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  mul,
  neg,
  ShapeError,
  softplus,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { lossPair } from './pair.ts';
import { type RowLossOptions, reduceRows, rowLossNames } from './row-weights.ts';
import { requireWeights, type Weights, weighted, weightTensor } from './weights.ts';

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions extends RowLossOptions {
  /**
   * Factors >= 0 that broadcast to the losses; unlike `sampleWeight`, the mean does not divide by them.
   * @defaultValue 1
   */
  readonly weight?: Weights | number;
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Factors >= 0 of the terms of positives, broadcasting to the losses. @defaultValue 1 */
  readonly posWeight?: Weights | number;
}

const known: OptionNames<BinaryCrossEntropyOptions> = { ...rowLossNames, weight: true };
const knownWithLogits: OptionNames<BinaryCrossEntropyWithLogitsOptions> = {
  ...known,
  posWeight: true,
};

/**
 * Binary cross-entropy from logits, `-(p t log sigmoid(z) + (1 - t) log(1 - sigmoid(z)))` with
 * `p = posWeight`, without overflow or cancellation. A term whose factor is 0 contributes exactly 0,
 * even at an infinite logit.
 *
 * @param logits  `[...s]`
 * @param target  `[...s]`, in [0, 1]; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if shapes do not fit; DTypeError unless both are of one floating dtype; RangeError
 * for a target outside [0, 1], a negative weight, or row weights that sum to 0
 * @example
 * ```ts
 * nn.binaryCrossEntropyWithLogits(tensor([0, 1000]), tensor([1, 0])).item(); // => (Math.LN2 + 1000) / 2
 * ```
 */
export function binaryCrossEntropyWithLogits(
  logits: TensorLike,
  target: TensorLike,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const name = 'binaryCrossEntropyWithLogits';
  requireOptions(name, options, knownWithLogits);
  const [z, t] = lossPair(name, logits, target);
  requireUnit(name, 'target', t, 'Map labels of -1 and 1 to 0 and 1.');
  const posWeight = factor(name, 'posWeight', options.posWeight, z);
  const weight = factor(name, 'weight', options.weight, z);
  const losses = (logit: Tensor, label: Tensor): Tensor => {
    const positives = posWeight === null ? label : mul(label, posWeight);
    // Both terms are >= 0: nothing cancels.
    const sum = add(
      weighted(positives, softplus(neg(logit))),
      weighted(sub(1, label), softplus(logit)),
    );
    return weight === null ? sum : weighted(weight, sum);
  };
  return reduceRows(name, [z, t], losses, options);
}

/**
 * Binary cross-entropy of probabilities, `-(t log p + (1 - t) log(1 - p))`. The logarithms are at least
 * -100, as in PyTorch, so that `p` of 0 and 1 give finite losses; there the derivative is 0 (PyTorch
 * divides by 1e-12 instead). From logits, `binaryCrossEntropyWithLogits` is exact.
 *
 * @param probability  `[...s]`, in [0, 1]
 * @param target  `[...s]`, in [0, 1]; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if shapes do not fit; DTypeError unless both are of one floating dtype; RangeError
 * for a probability or target outside [0, 1], a negative weight, or row weights that sum to 0
 * @example
 * ```ts
 * nn.binaryCrossEntropy(tensor([0.5, 0]), tensor([1, 1])).item(); // => (Math.LN2 + 100) / 2
 * ```
 */
export function binaryCrossEntropy(
  probability: TensorLike,
  target: TensorLike,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  const name = 'binaryCrossEntropy';
  requireOptions(name, options, known);
  const [p, t] = lossPair(name, probability, target);
  requireUnit(name, 'probability', p, 'From logits, use binaryCrossEntropyWithLogits.');
  requireUnit(name, 'target', t, 'Map labels of -1 and 1 to 0 and 1.');
  const weight = factor(name, 'weight', options.weight, p);
  const losses = (chance: Tensor, label: Tensor): Tensor => {
    const [none, sure] = [less(chance, least), less(sub(1, chance), least)];
    const logP = where(none, -100, log(where(none, 1, chance)));
    const logQ = where(sure, -100, log1p(neg(where(sure, 0, chance))));
    const sum = neg(add(mul(label, logP), mul(sub(1, label), logQ)));
    return weight === null ? sum : weighted(weight, sum);
  };
  return reduceRows(name, [p, t], losses, options);
}

/** `e^-100`, below which a logarithm is less than -100. */
const least = 3.720075976020836e-44;

function requireUnit(name: string, what: string, x: Tensor, hint: string): void {
  check(
    logicalAnd(greaterEqual(x, 0), lessEqual(x, 1)),
    () => new RangeError(`${name}: ${what} must be in [0, 1], got ${String(x)}.\n  ${hint}`),
  );
}

/** An optional factor, checked; it must broadcast to the losses and not the other way round. */
function factor(
  name: string,
  what: string,
  value: Weights | number | undefined,
  like: Tensor,
): Tensor | null {
  if (value === undefined) return null;
  const given = weightTensor(name, value, like);
  const lead = like.rank - given.rank;
  if (lead < 0 || given.shape.some((n, k) => n !== 1 && n !== like.shape[lead + k])) {
    throw new ShapeError(
      `${name}: ${what} ${showShape(given.shape)} does not broadcast to the losses ${showShape(like.shape)}.`,
    );
  }
  requireWeights(name, what, given);
  return given;
}
