import { Tensor } from '@tikhonov/core';

/** A number, several, or a tensor's elements. */
export type Values = number | ArrayLike<number> | Tensor;

/** The elements as an array of numbers. */
export function valuesOf(x: Values): ArrayLike<number> {
  if (typeof x === 'number') return [x];
  return x instanceof Tensor ? x.data() : x;
}

/** The smallest slack over pairs of elements; NaN anywhere, or other lengths, falsifies. */
function worst(got: Values, want: Values, slack: (a: number, b: number) => number): number {
  const [a, b] = [valuesOf(got), valuesOf(want)];
  if (a.length !== b.length) return -Infinity;
  let least = 1;
  for (let i = 0; i < a.length; i++) {
    const s = slack(a[i]!, b[i]!);
    if (!(s >= least)) least = s;
    if (Number.isNaN(s)) return Number.NaN;
  }
  return least;
}

/** All equal within `tolerance * (1 + |want|)`: 1 is exact, 0 the limit. */
export const near = (got: Values, want: Values, tolerance: number): number =>
  worst(got, want, (a, b) => (a === b ? 1 : 1 - Math.abs(a - b) / (tolerance * (1 + Math.abs(b)))));

/** All equal within `count` units in the last place of float64 numbers of size `scale`. */
export const withinUlps = (got: Values, want: Values, count: number, scale?: number): number =>
  worst(got, want, (a, b) => {
    if (a === b) return 1;
    const size = Math.max(Math.abs(scale ?? b), Number.MIN_VALUE * 2 ** 53);
    return 1 - Math.abs(a - b) / (count * 2 ** (Math.floor(Math.log2(size)) - 52));
  });

/** All exactly equal, but for underflow; zeros of both signs are. */
export const exactly = (got: Values, want: Values): number =>
  worst(got, want, (a, b) => (a === b || Math.abs(a - b) <= 2 ** -1072 ? 1 : -Math.abs(a - b)));

/** `small <= large` but for rounding, `tolerance` relative to their size. */
export const atMost = (small: Values, large: Values, tolerance = 1e-12): number =>
  worst(small, large, (a, b) => (b - a) / Math.max(Math.abs(a), Math.abs(b), 1e-300) + tolerance);

/** 1 if it is so, -1 if not. */
export const holds = (condition: boolean): number => (condition ? 1 : -1);
