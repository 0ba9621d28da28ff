import { Tensor } from '@tikhonov/core';

/** What slacks are measured on: numbers, tensors, typed and nested arrays of them. */
export type Comparable = number | Tensor | ArrayLike<number> | readonly Comparable[];

/** An absolute tolerance, or `atol + rtol * |want|` per element. */
export type Tolerance = number | { readonly atol?: number; readonly rtol?: number };

/** `atol + rtol * |want|`. */
export const toleranceAt = (tolerance: Tolerance, want: number): number =>
  typeof tolerance === 'number'
    ? tolerance
    : (tolerance.atol ?? 0) + (tolerance.rtol ?? 0) * Math.abs(want);

/**
 * By how much an equality holds: `1 - error / tolerance`, the worst over all elements. 1 is exact, 0
 * the limit, negative a violation; NaN if the shapes differ, or one side alone is NaN. Equal
 * infinities, and NaN at the same place on both sides, are exact. A tolerance of 0 asks for equality.
 *
 * @example
 * ```ts
 * equalitySlack(1.25, 1, 0.5); // => 0.5
 * ```
 */
export function equalitySlack(got: Comparable, want: Comparable, tolerance: Tolerance): number {
  if (typeof got === 'number' && typeof want === 'number') return scalarSlack(got, want, tolerance);
  if (typeof got === 'number' || typeof want === 'number') return NaN;
  if (got instanceof Tensor || want instanceof Tensor) {
    if (!(got instanceof Tensor && want instanceof Tensor)) {
      return equalitySlack(plain(got), plain(want), tolerance);
    }
    const same = got.rank === want.rank && got.shape.every((n, k) => n === want.shape[k]);
    return same ? equalitySlack(got.data(), want.data(), tolerance) : NaN;
  }
  if (got.length !== want.length) return NaN;
  let worst = 1;
  for (let i = 0; i < got.length; i++) {
    const slack = equalitySlack(got[i]!, want[i]!, tolerance);
    if (Number.isNaN(slack)) return NaN;
    worst = Math.min(worst, slack);
  }
  return worst;
}

const plain = (x: Comparable): Comparable =>
  x instanceof Tensor ? (x.toArray() as Comparable) : x;

function scalarSlack(got: number, want: number, tolerance: Tolerance): number {
  if (got === want || (Number.isNaN(got) && Number.isNaN(want))) return 1;
  const error = Math.abs(got - want);
  const limit = toleranceAt(tolerance, want);
  // A finite tolerance never excuses an infinity; rtol * Infinity would.
  if (error === Infinity) return -Infinity;
  return limit === 0 ? -Infinity : 1 - error / limit;
}
