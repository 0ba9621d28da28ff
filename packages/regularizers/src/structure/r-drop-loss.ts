import {
  add,
  astype,
  DTypeError,
  div,
  equal,
  expandDims,
  greater,
  greaterEqual,
  isFloating,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  reshape,
  ShapeError,
  stopGradient,
  sum,
  Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { requirePair, rowsOf, symmetricKl } from './symmetric-kl.ts';

/** What `rDropLoss` and `rDrop` have in common. */
export interface RDropSettings {
  /** Strength of the divergence, >= 0. @defaultValue 1 (ours; the paper tunes it from 0.5 to 5) */
  readonly alpha?: Strength;
  /** Over the positions; classes are always summed. @defaultValue 'mean' */
  readonly reduction?: 'mean' | 'sum' | 'none';
  /**
   * What is made of the two likelihood terms: their sum, or their mean, which doubles the effective `alpha`.
   * @defaultValue 'sum', as in the paper
   */
  readonly nll?: 'sum' | 'mean';
  /** Shaped as the labels: true or 1 leaves a position out of both terms and of the mean. @defaultValue none */
  readonly padMask?: Tensor;
  /** Weights >= 0 shaped as the labels; the mean is `sum(w l) / sum(w)`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

/** Options of both. */
export const rDropNames: OptionNames<RDropSettings> = {
  alpha: true,
  reduction: true,
  nll: true,
  padMask: true,
  sampleWeight: true,
};

/**
 * The loss of two passes with independent dropout: both likelihood terms and the divergence of the two predictions,
 * `red(nll1 + nll2) + alpha red((KL(P1 || P2) + KL(P2 || P1)) / 2)`. Gradients flow into both predictions through
 * all terms.
 *
 * @param logits1  of the first pass, `[...s, classes]`
 * @param logits2  of the second pass, likewise
 * @param labels  integers `[...s]` in `[0, classes)`; where `padMask` is set, anything
 * @returns scalar, or `[...s]` with reduction `'none'`. For `alpha` 0 exactly the likelihood terms
 * @throws RangeError for a negative `alpha`, labels out of range, negative weights, and a mean over nothing;
 * ShapeError if shapes do not fit; DTypeError for labels that are no integers; TypeError for other words
 * @see Liang, Wu, Li, Wang, Meng, Qin, Chen, Zhang & Liu, "R-Drop: regularized dropout for neural networks",
 * NeurIPS 2021, arXiv 2106.14448
 * @example
 * ```ts
 * const labels = tensor([1], { dtype: 'int32' });
 * const [a, b] = [tensor([[0, Math.log(3)]]), tensor([[0, 0]])];
 * const nll = Math.log(4 / 3) + Math.log(2);
 * reg.rDropLoss(a, b, labels, { alpha: 2 }).item(); // => nll + 2 * 0.125 * Math.log(3)
 * ```
 */
export function rDropLoss(
  logits1: TensorLike,
  logits2: TensorLike,
  labels: TensorLike,
  options: RDropSettings = {},
): Tensor {
  return lossOfPasses('rDropLoss', logits1, logits2, labels, options);
}

/** `rDropLoss` of a caller, for messages. */
export function lossOfPasses(
  name: string,
  logits1: TensorLike,
  logits2: TensorLike,
  labels: TensorLike,
  options: RDropSettings,
): Tensor {
  requireOptions(name, options, rDropNames);
  const { alpha: strength = 1, reduction = 'mean', nll = 'sum' } = options;
  const { padMask, sampleWeight } = options;
  requireWord(name, 'reduction', reduction, ['mean', 'sum', 'none']);
  requireWord(name, 'nll', nll, ['sum', 'mean']);
  const alpha = requireStrength(`${name}: alpha`, strength);
  const [z1, z2] = requirePair(name, logits1, logits2);
  const given = asTensor(labels, name);
  if (isFloating(given.dtype) || given.dtype === 'bool') {
    throw new DTypeError(
      `${name}: labels must be integers, got ${given.dtype}.\n  Cast with astype('int32').`,
    );
  }
  const batch = z1.shape.slice(0, -1);
  const fitting = (what: string, x: Tensor): Tensor => {
    if (!(x instanceof Tensor)) {
      throw new TypeError(
        `${name}: ${what} must be a Tensor, got ${kindOf(x)}.\n  Make one with tensor(...).`,
      );
    }
    if (showShape(x.shape) === showShape(batch)) return reshape(x, [-1]);
    throw new ShapeError(
      `${name}: ${what} must be ${showShape(batch)} for logits ${showShape(z1.shape)}, got ${showShape(x.shape)}.\n  It has one entry for each position, without the axis of classes.`,
    );
  };
  const flat = fitting('labels', given);
  const pad = padMask === undefined ? null : flags(name, fitting('padMask', padMask));
  const weight =
    sampleWeight === undefined
      ? null
      : requireWeights(name, fitting('sampleWeight', sampleWeight), z1);
  // Nothing that is left out is looked at: it may be NaN, and its label may be none.
  const counts = countsOf(pad, weight);
  const seen = (z: Tensor): Tensor =>
    counts === null ? rowsOf(z) : where(expandDims(counts, 1), rowsOf(z), 0);
  const target = counts === null ? flat : where(counts, flat, astype(0, flat.dtype));
  const [y1, y2] = [seen(z1), seen(z2)];
  const classes = z1.shape.at(-1)!;
  check(
    logicalAnd(greaterEqual(target, 0), less(target, classes)),
    (i) =>
      new RangeError(
        `${name}: labels must be in [0, ${classes}), got ${String(flat)}, see position ${i}.\n  Set padMask where there is no label.`,
      ),
  );
  const likelihood = add(
    crossEntropy(y1, target, { reduction: 'none' }),
    crossEntropy(y2, target, { reduction: 'none' }),
  );
  const divergence = symmetricKl(gated(alpha, y1), gated(alpha, y2));
  const each = add(nll === 'sum' ? likelihood : mul(likelihood, 0.5), scaled(alpha, divergence));
  const counted = counts === null ? each : where(counts, each, 0);
  const weighed = weight === null ? counted : mul(counted, weight);
  if (reduction === 'none') return reshape(weighed, [...batch]);
  const total = sum(weighed);
  return reduction === 'sum' ? total : div(total, mass(name, each, pad, weight));
}

/** What the mean divides by. */
function mass(
  name: string,
  { size, dtype }: Tensor,
  pad: Tensor | null,
  weight: Tensor | null,
): number | Tensor {
  const refuse = (): RangeError =>
    new RangeError(
      `${name}: there is no position to take the mean over: all are left out by padMask or weights of 0, or there are none.\n  Pass reduction: 'sum', or leave such batches out.`,
    );
  if (pad === null && weight === null) {
    if (size === 0) throw refuse();
    return size;
  }
  const shares = weight ?? astype(logicalNot(pad!), dtype);
  const total = sum(pad === null ? shares : where(pad, 0, shares));
  check(greater(total, 0), refuse);
  return total;
}

function countsOf(pad: Tensor | null, weight: Tensor | null): Tensor | null {
  const [there, heavy] = [pad === null ? null : logicalNot(pad), weight && greater(weight, 0)];
  return there !== null && heavy !== null ? logicalAnd(there, heavy) : (there ?? heavy);
}

function flags(name: string, mask: Tensor): Tensor {
  if (mask.dtype === 'bool') return mask;
  check(
    logicalOr(equal(mask, 0), equal(mask, 1)),
    () =>
      new RangeError(
        `${name}: padMask must hold 1 (left out) and 0, got ${String(mask)}.\n  Shares of positions are sampleWeight.`,
      ),
  );
  return greater(mask, 0);
}

function requireWeights(name: string, weight: Tensor, { dtype }: Tensor): Tensor {
  check(
    logicalAnd(greaterEqual(weight, 0), less(weight, Infinity)),
    () =>
      new RangeError(
        `${name}: sampleWeight must be finite and >= 0, got ${String(weight)}.\n  A weight of 0 leaves a position out.`,
      ),
  );
  return astype(stopGradient(weight), dtype);
}

function requireWord(name: string, what: string, word: string, allowed: readonly string[]): void {
  if (allowed.includes(word)) return;
  const list = allowed.map((one) => `'${one}'`).join(' or ');
  throw new TypeError(`${name}: ${what} must be ${list}, got "${String(word)}".`);
}
