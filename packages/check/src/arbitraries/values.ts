import type { DType } from '@tikhonov/core';
import type { ValueRange } from '@tikhonov/core/engine';
import fc from 'fast-check';

/** How far values keep from `avoid`, and distinct ones from each other. */
const margin = 0.05;

/** Bounds of the integers that a dtype stores. */
const integerBounds = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  bool: [0, 1],
} as const;

/** Finite doubles in `[min, max]` outside the margins, that shrink toward round numbers near 0. */
function floats(min: number, max: number, avoid: readonly number[]): fc.Arbitrary<number> {
  if (!(min <= max && Number.isFinite(max - min))) {
    throw new RangeError(`tensors: needs finite min <= max, got ${min} and ${max}.`);
  }
  const any = fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
  // Few-digit values fail in a readable way, wide ones look at every order of magnitude.
  const round = fc
    .integer({ min: Math.ceil(min * 64), max: Math.max(Math.ceil(min * 64), Math.floor(max * 64)) })
    .map((n) => Math.min(max, Math.max(min, n / 64)));
  const even = fc
    .integer({ min: 0, max: 2 ** 30 })
    .map((n) => Math.min(max, min + (n / 2 ** 30) * (max - min)));
  const all = fc.oneof(
    { weight: 3, arbitrary: round },
    { weight: 3, arbitrary: even },
    { weight: 1, arbitrary: any },
  );
  return avoid.length === 0
    ? all
    : all.map((x) => outside(x, avoid, min, max)).filter((x) => !Number.isNaN(x));
}

/** Moves a value off the margins of the points to avoid; NaN if there is no room. */
function outside(x: number, avoid: readonly number[], min: number, max: number): number {
  const near = avoid.find((point) => Math.abs(x - point) < margin);
  if (near === undefined) return x;
  const sides = [near + 1.0625 * margin, near - 1.0625 * margin];
  const ordered = x < near ? sides.reverse() : sides;
  const free = ordered.find(
    (y) => y >= min && y <= max && avoid.every((point) => Math.abs(y - point) >= margin),
  );
  return free ?? NaN;
}

/**
 * Distinct values: points of a grid, shuffled, each moved by less than the grid leaves room for. The
 * range is widened if it cannot hold so many.
 */
function distinctFloats(
  count: number,
  min: number,
  max: number,
  avoid: readonly number[],
): fc.Arbitrary<number[]> {
  const cells: number[] = [];
  // Cells three margins wide: two values moved toward each other by half a margin stay two apart.
  for (let x = min; cells.length < count || x <= max; x += 3 * margin) {
    if (avoid.every((point) => Math.abs(x - point) >= 1.5 * margin)) cells.push(x);
  }
  return fc
    .tuple(
      fc.shuffledSubarray(cells, { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 0, max: 8 }), { minLength: count, maxLength: count, size: 'max' }),
    )
    .map(([xs, moves]) => xs.map((x, i) => x + (moves[i]! / 16) * margin));
}

/** `count` values for a dtype within the range. Integers take whole bounds, `bool` 0 and 1. */
export function values(
  count: number,
  dtype: DType,
  range: ValueRange,
): fc.Arbitrary<readonly number[]> {
  const exactly = { minLength: count, maxLength: count, size: 'max' } as const;
  if (dtype === 'float64' || dtype === 'float32') {
    const { min = -3, avoid = [] } = range;
    const max = range.max ?? Math.max(3, min);
    const drawn =
      range.distinct === true
        ? distinctFloats(count, min, max, avoid)
        : fc.array(floats(min, max, avoid), exactly);
    return dtype === 'float64' ? drawn : drawn.map((xs) => xs.map(Math.fround));
  }
  const [low, high] = integerBounds[dtype];
  const min = range.min ?? (dtype === 'int32' ? -3 : low);
  const max = range.max ?? (dtype === 'int32' ? 3 : high);
  if (
    !(Number.isInteger(min) && Number.isInteger(max) && low <= min && min <= max && max <= high)
  ) {
    throw new RangeError(`tensors: ${min} to ${max} are not integer bounds within ${dtype}.`);
  }
  const { avoid = [] } = range;
  const one = fc.integer({ min, max }).filter((n) => !avoid.includes(n));
  return range.distinct === true ? fc.uniqueArray(one, exactly) : fc.array(one, exactly);
}
