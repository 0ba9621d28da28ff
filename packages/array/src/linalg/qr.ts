import type { View } from '../view.ts';
import { allFinite, countOf, lengthOf, ownDoubles, rounded, scaleOf } from './matrices.ts';

/**
 * Reduced QR of a stack `[...batch, m, n]`, `m >= n`, by Householder reflections: `Q` `[...batch, m, n]` with
 * orthonormal columns (whatever the rank) and upper triangular `R` `[...batch, n, n]`, diagonal >= 0. NaN
 * throughout where an element is not finite.
 */
export function qrKernel(view: View): readonly [View, View] {
  const [m, n] = view.shape.slice(-2) as [number, number];
  const batch = view.shape.slice(0, -2);
  const a = ownDoubles(view);
  const count = countOf(view.shape);
  const q = new Float64Array(count * m * n);
  const r = new Float64Array(count * n * n);
  const scales = new Float64Array(n);
  const sizes = new Float64Array(n);
  for (let k = 0; k < count; k++) {
    const at = k * m * n;
    if (!allFinite(a, at, at + m * n)) {
      q.fill(NaN, at, at + m * n);
      r.fill(NaN, k * n * n, (k + 1) * n * n);
      continue;
    }
    // Columns near 1, by powers of two: Q is that of the matrix itself, and nothing under- or overflows.
    for (let j = 0; j < n; j++) {
      sizes[j] = scaleOf(a, at + j, at + m * n, n);
      for (let i = 0; i < m; i++) a[at + i * n + j]! /= sizes[j]!;
    }
    reflect(a, at, m, n, scales);
    unfold(a, at, m, n, scales, q, at);
    for (let i = 0; i < n; i++) {
      const flip = a[at + i * n + i]! < 0;
      for (let j = i; j < n; j++) {
        const value = a[at + i * n + j]! * sizes[j]!;
        r[k * n * n + i * n + j] = flip ? -value : value;
      }
      if (flip) for (let row = 0; row < m; row++) q[at + row * n + i]! *= -1;
    }
  }
  return [rounded(q, [...batch, m, n], view.dtype), rounded(r, [...batch, n, n], view.dtype)];
}

/**
 * Leaves R's diagonal and what is above in place, and below the diagonal the vectors `v` (whose first element
 * is 1) of the reflections `I - scale v v^T`.
 */
function reflect(a: Float64Array, at: number, m: number, n: number, scales: Float64Array): void {
  for (let j = 0; j < n; j++) {
    const diagonal = at + j * n + j;
    const below = m - j - 1;
    const rest = lengthOf(a, diagonal + n, n, below);
    if (rest === 0) {
      scales[j] = 0;
      continue;
    }
    const x = a[diagonal]!;
    const length = Math.hypot(x, rest);
    // The sign that adds magnitudes, so nothing cancels.
    const r = x > 0 ? -length : length;
    scales[j] = (r - x) / r;
    const first = x - r;
    for (let i = 1; i <= below; i++) a[diagonal + i * n]! /= first;
    a[diagonal] = r;
    for (let k = j + 1; k < n; k++) apply(a, diagonal, below, n, scales[j]!, a, at + j * n + k);
  }
}

/** Applies the reflection stored at `diagonal` to the column of `x` that starts at `top`, in its row. */
function apply(
  a: Float64Array,
  diagonal: number,
  below: number,
  n: number,
  scale: number,
  x: Float64Array,
  top: number,
): void {
  let dot = x[top]!;
  for (let i = 1; i <= below; i++) dot += a[diagonal + i * n]! * x[top + i * n]!;
  dot *= scale;
  x[top]! -= dot;
  for (let i = 1; i <= below; i++) x[top + i * n]! -= dot * a[diagonal + i * n]!;
}

/** The first `n` columns of the product of the reflections. */
function unfold(
  a: Float64Array,
  at: number,
  m: number,
  n: number,
  scales: Float64Array,
  q: Float64Array,
  to: number,
): void {
  for (let j = n - 1; j >= 0; j--) {
    q[to + j * n + j] = 1;
    if (scales[j] === 0) continue;
    for (let k = j; k < n; k++) {
      apply(a, at + j * n + j, m - j - 1, n, scales[j]!, q, to + j * n + k);
    }
  }
}
