import * as core from '@tikhonov/core';
import { type DType, isFloating, type Shape } from '@tikhonov/core';
import type { ValueRange } from '@tikhonov/core/engine';
import type { Author, Known } from './author.ts';
import { callWith } from './calls.ts';
import { drawTensor, intervalOf } from './values.ts';

/** What an operand must be. */
export interface Demand {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Values are moved into it; without one they stay as they are most of the time. */
  readonly range?: ValueRange | undefined;
  /** Known to the bit: for functions that jump. */
  readonly exact?: boolean;
  /** Without NaN and infinities. */
  readonly finite?: boolean;
}

const kindOf = (dtype: DType): 'float' | 'bool' | 'integer' =>
  isFloating(dtype) ? 'float' : dtype === 'bool' ? 'bool' : 'integer';

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, k) => n === b[k]);

/** An operand that meets the demand: an earlier value made to fit, or a new one from outside. */
export function operandFor(author: Author, demand: Demand): Known {
  const { dice } = author;
  const candidates = author.known.filter(
    ({ value, exact, finite }) =>
      kindOf(value.dtype) === kindOf(demand.dtype) &&
      value.size > 0 &&
      (exact || demand.exact !== true) &&
      (finite || demand.finite !== true),
  );
  // Functions are about what they are given.
  const often = author.kind !== 'program' ? 12 : candidates.length < 4 ? 3 : author.odd ? 4 : 7;
  if (candidates.length === 0 || dice.once(often)) return fresh(author, demand);
  const chosen = choose(author, candidates, demand);
  const shaped = reshaped(author, chosen, demand.shape);
  const ranged = inRange(author, shaped, demand);
  return cast(author, ranged, demand.dtype);
}

/** The value in another dtype; a cast is undone by taking what was cast. */
export function cast(author: Author, x: Known, dtype: DType): Known {
  if (x.value.dtype === dtype) return x;
  // Of float32 cast to float64, the original has the same values; the other way round it is more exact.
  if (x.castOf?.value.dtype === dtype && dtype === 'float32') return x.castOf;
  return author.one(callWith('astype', core.astype, 1, dtype), x);
}

/** A value from outside. */
function fresh(author: Author, { shape, dtype, range, finite }: Demand): Known {
  const { dice } = author;
  const [min, max] =
    dtype === 'bool'
      ? [0, 1]
      : isFloating(dtype)
        ? intervalOf(dice, range ?? {})
        : boundsOf(range, dtype);
  const odd =
    author.odd && isFloating(dtype) && finite !== true && range === undefined && !dice.once(3);
  const value = drawTensor(dice, shape, dtype, [min, max], odd);
  return author.source(value, dice.once(5) ? 'constant' : 'argument');
}

const boundsOf = (range: ValueRange | undefined, dtype: DType): [number, number] =>
  dtype === 'uint32'
    ? [range?.min ?? 0, range?.max ?? 2 ** 32 - 1]
    : [range?.min ?? -9, range?.max ?? 9];

/** Recent values and those that fit already are preferred. */
function choose(author: Author, candidates: readonly Known[], { shape, dtype }: Demand): Known {
  const { dice } = author;
  const odd = author.odd && dice.once(2) ? candidates.filter(({ finite }) => !finite) : [];
  const eligible = odd.length > 0 ? odd : candidates;
  const fitting = eligible.filter(({ value }) => sameShape(value.shape, shape));
  const same = fitting.filter(({ value }) => value.dtype === dtype);
  const pool = same.length > 0 && !dice.once(3) ? same : fitting.length > 0 ? fitting : eligible;
  const recent = pool.slice(-6);
  return dice.pick(dice.once(2) ? recent : pool);
}

/** Elements taken, repeated or put into another order until the shape is right. */
function reshaped(author: Author, x: Known, shape: Shape): Known {
  const { dice } = author;
  const from = x.value.shape;
  if (sameShape(from, shape)) return x;
  const [have, need] = [x.value.size, sizeOf(shape)];
  const to = (y: Known): Known =>
    sameShape(y.value.shape, shape)
      ? y
      : author.one(callWith('reshape', core.reshape, 1, shape), y);
  if (have === need) return to(x);
  const lead = shape.length - from.length;
  const broadcasts = lead >= 0 && from.every((n, k) => n === 1 || n === shape[k + lead]);
  if (broadcasts) return author.one(callWith('broadcastTo', core.broadcastTo, 1, shape), x);
  const flat = from.length === 1 ? x : author.one(callWith('flatten', core.flatten, 1), x);
  if (have > need) {
    const step = Math.max(
      1,
      need === 0 ? 1 : dice.integer(1, Math.floor((have - 1) / Math.max(1, need - 1)) || 1),
    );
    const spare = have - 1 - (need - 1) * step;
    const start = need === 0 ? 0 : dice.integer(0, Math.max(0, Math.min(spare, have - 1)));
    const end = start + (need - 1) * step;
    const backwards = need > 1 && dice.once(3);
    const range = backwards
      ? { start: end, stop: start === 0 ? null : start - 1, step: -step }
      : { start, stop: need === 0 ? 0 : end + 1, step };
    return to(author.one(callWith('slice', core.slice, 1, [range]), flat));
  }
  if (dice.once(2) && need - have < 40) {
    const before = dice.integer(0, need - have);
    const modes = [
      'constant',
      ...(need - have < have ? (['reflect', 'wrap', 'edge'] as const) : []),
    ];
    const options = { mode: dice.pick(modes) };
    return to(
      author.one(callWith('pad', core.pad, 1, [[before, need - have - before]], options), flat),
    );
  }
  const tiled = author.one(callWith('tile', core.tile, 1, Math.ceil(need / have)), flat);
  const cut =
    tiled.value.size === need
      ? tiled
      : author.one(callWith('slice', core.slice, 1, [{ stop: need }]), tiled);
  return to(cut);
}

/** Values moved into the range, where one is asked for and they are not in it. */
function inRange(author: Author, x: Known, { range, dtype, exact, finite }: Demand): Known {
  const { dice } = author;
  if (dtype === 'bool') return x;
  if (!isFloating(dtype)) return integersInRange(author, x, range, dtype);
  // Without bounds, most values may be what they are: any of them is tame.
  if (range?.min === undefined && range?.max === undefined && range?.avoid === undefined) {
    if (!dice.once(4)) return x;
  }
  const [min, max] = intervalOf(dice, range ?? {});
  // Where values outside would be an error, they must be inside for other arguments too.
  const inside = x.value.data().every((v) => Number.isNaN(v) || (v >= min && v <= max));
  if (inside && (x.given || finite !== true)) return x;
  if (finite === true) {
    // Clamped, NaN stays what it is, and a search may not end.
    const condition = author.one(callWith('isNaN', core.isNaN, 1), x);
    const numbers = callWith('maskedFill', core.maskedFill, 2, (min + max) / 2);
    return author.one(
      callWith('clamp', core.clamp, 1, { min, max }),
      author.one(numbers, x, condition),
    );
  }
  if (exact === true || !dice.once(3))
    return author.one(callWith('clamp', core.clamp, 1, { min, max }), x);
  const unit = author.one(callWith('sigmoid', core.sigmoid, 1), x);
  const scaled = author.one(callWith('mul', core.mul, 1, max - min), unit);
  return author.one(callWith('add', core.add, 1, min), scaled);
}

function integersInRange(
  author: Author,
  x: Known,
  range: ValueRange | undefined,
  dtype: DType,
): Known {
  const y = x.value.dtype === dtype ? x : author.one(callWith('astype', core.astype, 1, dtype), x);
  if (range === undefined) return y;
  const [min, max] = boundsOf(range, dtype);
  if (y.given && y.value.data().every((v) => v >= min && v <= max)) return y;
  return author.one(callWith('clamp', core.clamp, 1, { min, max }), y);
}
