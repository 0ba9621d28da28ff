import { emptyView, type View } from '../view.ts';
import { countOf, doubles, hasNaN, numberOf, one, ownDoubles, rounded, times } from './matrices.ts';

/**
 * Factorizes the matrix at `a[at...]` in place, `P A = L U` by Gaussian elimination with partial pivoting;
 * `order[i]` is the row of `A` that became row `i`. Returns the determinant of the permutation, or 0 if a
 * pivot is exactly 0 (elimination goes on with the next column).
 */
export function factorize(a: Float64Array, at: number, n: number, order: Int32Array): number {
  let sign = 1;
  let singular = false;
  for (let i = 0; i < n; i++) order[i] = i;
  for (let k = 0; k < n; k++) {
    let best = k;
    let largest = Math.abs(a[at + k * n + k]!);
    for (let i = k + 1; i < n; i++) {
      const value = Math.abs(a[at + i * n + k]!);
      if (value > largest) {
        largest = value;
        best = i;
      }
    }
    if (largest === 0) {
      singular = true;
      continue;
    }
    if (best !== k) {
      swapRows(a, at + k * n, at + best * n, n);
      const row = order[k]!;
      order[k] = order[best]!;
      order[best] = row;
      sign = -sign;
    }
    const pivot = a[at + k * n + k]!;
    const source = at + k * n;
    for (let i = k + 1; i < n; i++) {
      const target = at + i * n;
      const factor = a[target + k]! / pivot;
      a[target + k] = factor;
      // Not skipped where the factor is 0: 0 times NaN must arrive.
      for (let j = k + 1; j < n; j++) a[target + j]! -= factor * a[source + j]!;
    }
  }
  return singular ? 0 : sign;
}

function swapRows(a: Float64Array, p: number, q: number, n: number): void {
  for (let j = 0; j < n; j++) {
    const value = a[p + j]!;
    a[p + j] = a[q + j]!;
    a[q + j] = value;
  }
}

/** Solves `L U X = X0` in place for the `m` columns at `x[to...]`, already in pivot order. */
export function substitute(
  lu: Float64Array,
  at: number,
  n: number,
  x: Float64Array,
  to: number,
  m: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      subtractRow(x, to + i * m, to + k * m, lu[at + i * n + k]!, m);
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      subtractRow(x, to + i * m, to + k * m, lu[at + i * n + k]!, m);
    }
    const pivot = lu[at + i * n + i]!;
    for (let j = 0; j < m; j++) x[to + i * m + j]! /= pivot;
  }
}

/** `x[target...] -= factor * x[source...]` over `m` elements. */
function subtractRow(
  x: Float64Array,
  target: number,
  source: number,
  factor: number,
  m: number,
): void {
  for (let j = 0; j < m; j++) x[target + j]! -= factor * x[source + j]!;
}

/**
 * `A X = B` for stacks `[...batch, n, n]` and `[...batch, n, m]`. The solution of a singular matrix, and any
 * with a NaN in it, is NaN throughout, so that one element tells.
 */
export function solveKernel(a: View, b: View): View {
  const n = a.shape.at(-1)!;
  const m = b.shape.at(-1)!;
  const lu = ownDoubles(a);
  const right = doubles(b);
  const x = new Float64Array(right.length);
  const order = new Int32Array(n);
  const count = countOf(a.shape);
  for (let k = 0; k < count; k++) {
    const to = k * n * m;
    const sign = factorize(lu, k * n * n, n, order);
    for (let i = 0; i < n; i++) {
      const from = to + order[i]! * m;
      for (let j = 0; j < m; j++) x[to + i * m + j] = right[from + j]!;
    }
    if (sign !== 0) substitute(lu, k * n * n, n, x, to, m);
    if (sign === 0 || hasNaN(x, to, to + n * m)) x.fill(NaN, to, to + n * m);
  }
  return rounded(x, b.shape, b.dtype);
}

/** Inverses of a stack `[...batch, n, n]`; NaN throughout for singular matrices. */
export function inverseKernel(a: View): View {
  const identity = emptyView(a.shape, 'float64');
  const n = a.shape.at(-1)!;
  const count = countOf(a.shape);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < n; i++) identity.data[k * n * n + i * (n + 1)] = 1;
  }
  return rounded(doubles(solveKernel(a, identity)), a.shape, a.dtype);
}

/** Determinants `[...batch]` of a stack of matrices; 1 for 0 x 0. No overflow but that of the result. */
export function detKernel(a: View): View {
  const n = a.shape.at(-1)!;
  const lu = ownDoubles(a);
  const count = countOf(a.shape);
  const out = new Float64Array(count);
  const order = new Int32Array(n);
  for (let k = 0; k < count; k++) {
    const at = k * n * n;
    const sign = factorize(lu, at, n, order);
    let product = one;
    for (let i = 0; i < n && sign !== 0; i++) product = times(product, lu[at + i * (n + 1)]!);
    out[k] = sign === 0 && !hasNaN(lu, at, at + n * n) ? 0 : numberOf(product, sign || NaN);
  }
  return rounded(out, a.shape.slice(0, -2), a.dtype);
}

/** Signs and logarithms of the magnitudes of determinants, both `[...batch]`; 0 and -Infinity if singular. */
export function slogdetKernel(a: View): readonly [View, View] {
  const n = a.shape.at(-1)!;
  const lu = ownDoubles(a);
  const count = countOf(a.shape);
  const signs = new Float64Array(count);
  const logs = new Float64Array(count);
  const order = new Int32Array(n);
  for (let k = 0; k < count; k++) {
    const at = k * n * n;
    let sign = factorize(lu, at, n, order);
    if (sign === 0 && hasNaN(lu, at, at + n * n)) sign = NaN;
    let log = sign === 0 ? -Infinity : Number.isNaN(sign) ? NaN : 0;
    for (let i = 0; i < n && sign !== 0; i++) {
      const pivot = lu[at + i * (n + 1)]!;
      sign *= Math.sign(pivot);
      log += Math.log(Math.abs(pivot));
    }
    signs[k] = sign;
    logs[k] = log;
  }
  const shape = a.shape.slice(0, -2);
  return [rounded(signs, shape, a.dtype), rounded(logs, shape, a.dtype)];
}
