import {
  add,
  astype,
  DTypeError,
  equal,
  greater,
  logicalOr,
  mul,
  random,
  ShapeError,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import { requireFloating, requireNoise, requireRng, unitStrength } from './keep-mask.ts';

/** Options of `zoneout`. */
export interface ZoneoutOptions {
  /** Probability of keeping the previous value, in [0, 1]. @defaultValue 0.05, the paper's for hidden states */
  readonly p?: Strength;
  /** @defaultValue false */
  readonly training?: boolean;
  /** The random key of the decisions. */
  readonly rng?: Tensor;
  /** Decisions instead of a key, of the shape of the states: 1 or true keeps the previous value. */
  readonly zoned?: Tensor;
}

const known: OptionNames<ZoneoutOptions> = {
  p: true,
  training: 'boolean',
  rng: true,
  zoned: true,
};

/**
 * Zoneout of a recurrent state: in training each unit keeps its previous value iff its uniform draw `u < p`, and
 * takes the next one otherwise; in evaluation `p previous + (1 - p) next`, the mean over the draws. Nothing is
 * rescaled. Values are selected, so what is not taken may be NaN. Decisions are constants: gradients flow to the
 * values that were taken.
 *
 * @param previous  `[...s]`, floating
 * @param next  `[...s]`, what the cell computed
 * @returns `[...s]`
 * @throws RangeError if `p` is outside [0, 1]; TypeError in training without `rng` and `zoned`; ShapeError or
 *   DTypeError if the states differ in shape or dtype, or are integers
 * @see Krueger, Maharaj, Kramar, Pezeshki, Ballas, Ke, Goyal, Bengio, Courville & Pal, "Zoneout: Regularizing
 *   RNNs by Randomly Preserving Hidden Activations", ICLR 2017, arXiv 1606.01305
 * @example
 * ```ts
 * const [previous, next] = [tensor([1, 2]), tensor([5, 6])];
 * const zoned = tensor([1, 0]);
 * reg.zoneout(previous, next, { p: 0.5, training: true, zoned }).toArray(); // => [1, 6]
 * reg.zoneout(previous, next, { p: 0.5 }).toArray(); // => [3, 4]
 * ```
 */
export function zoneout(
  previous: TensorLike,
  next: TensorLike,
  options: ZoneoutOptions = {},
): Tensor {
  const name = 'zoneout';
  requireOptions(name, options, known);
  const before = requireFloating(name, previous, 'the previous state');
  const after = requireFloating(name, next, 'the next state');
  if (showShape(before.shape) !== showShape(after.shape)) {
    throw new ShapeError(
      `${name}: the previous state is ${showShape(before.shape)}, the next one ${showShape(after.shape)}.\n  They must have the same shape.`,
    );
  }
  if (before.dtype !== after.dtype) {
    throw new DTypeError(
      `${name}: the previous state is ${before.dtype}, the next one ${after.dtype}.\n  Cast with astype.`,
    );
  }
  const { p: rate = 0.05 } = options;
  const p = unitStrength(name, 'p', rate, { closed: true });
  if (options.training !== true) return expected(before, after, p);
  return where(decisions(name, after, p, options), before, after);
}

/** Where the previous values stay. */
function decisions(
  name: string,
  { shape }: Tensor,
  p: number | Tensor,
  { rng, zoned }: ZoneoutOptions,
): Tensor {
  if (zoned === undefined) return random.bernoulli(requireRng(name, rng, 'zoned'), shape, p);
  const given = requireNoise(name, 'zoned', zoned, shape);
  if (given.dtype === 'bool') return given;
  check(
    logicalOr(equal(given, 0), equal(given, 1)),
    () =>
      new RangeError(
        `${name}: zoned must hold 0 (take the next) and 1 (keep the previous), got ${String(given)}.\n  Give decisions, not probabilities, or leave it out and pass rng.`,
      ),
  );
  return greater(given, 0);
}

/** The mean over the draws; at 0 and 1 one of the two, whatever the other is. */
function expected(before: Tensor, after: Tensor, p: number | Tensor): Tensor {
  if (p === 0) return after;
  if (p === 1) return before;
  if (typeof p === 'number') return add(mul(before, p), mul(after, 1 - p));
  const [kept, taken] = [astype(p, after.dtype), astype(sub(1, p), after.dtype)];
  const mixed = add(mul(before, kept), mul(after, taken));
  return where(equal(p, 0), after, where(equal(p, 1), before, mixed));
}
