import type { View } from '../view.ts';
import { needsFlip } from './gauge.ts';
import { allFinite, countOf, doubles, rounded, scaleOf } from './matrices.ts';

/** More than any matrix needs: convergence is quadratic, after 5 to 12 sweeps. */
const maxSweeps = 60;

/**
 * Eigenvalues `[...batch, n]`, ascending, and orthonormal eigenvectors, the columns of `[...batch, n, n]`, of
 * `(A + A^T) / 2` by cyclic Jacobi rotations. NaN throughout where an element is not finite.
 */
export function eighKernel(view: View): readonly [View, View] {
  const n = view.shape.at(-1)!;
  const a = doubles(view);
  const count = countOf(view.shape);
  const values = new Float64Array(count * n);
  const vectors = new Float64Array(count * n * n);
  const s = new Float64Array(n * n);
  const v = new Float64Array(n * n);
  for (let k = 0; k < count; k++) {
    const at = k * n * n;
    if (!allFinite(a, at, at + n * n)) {
      values.fill(NaN, k * n, (k + 1) * n);
      vectors.fill(NaN, at, at + n * n);
      continue;
    }
    const scale = scaleOf(a, at, at + n * n);
    v.fill(0);
    for (let i = 0; i < n; i++) {
      v[i * n + i] = 1;
      for (let j = 0; j < n; j++) {
        s[i * n + j] = a[at + i * n + j]! / scale / 2 + a[at + j * n + i]! / scale / 2;
      }
    }
    diagonalize(s, v, n);
    const order = Array.from({ length: n }, (_, i) => i);
    order.sort((p, q) => s[p * n + p]! - s[q * n + q]! || p - q);
    for (let j = 0; j < n; j++) {
      const from = order[j]!;
      values[k * n + j] = s[from * n + from]! * scale;
      const sign = needsFlip(v, from * n, 1, n) ? -1 : 1;
      for (let i = 0; i < n; i++) vectors[at + i * n + j] = sign * v[from * n + i]!;
    }
  }
  const batch = view.shape.slice(0, -2);
  return [rounded(values, [...batch, n], view.dtype), rounded(vectors, view.shape, view.dtype)];
}

/**
 * Rotates the symmetric `s` until it is diagonal; row `p` of `v` becomes the eigenvector of `s[p][p]`. An
 * element counts as 0 when it is below rounding against the diagonal elements that it couples. Returns the
 * number of sweeps.
 */
export function diagonalize(s: Float64Array, v: Float64Array, n: number): number {
  for (let sweep = 1; sweep <= maxSweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = s[p * n + q]!;
        const app = s[p * n + p]!;
        const aqq = s[q * n + q]!;
        if (Math.abs(apq) <= 2 ** -54 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) {
          continue;
        }
        rotated = true;
        const theta = (aqq - app) / (2 * apq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        const sine = t * cosine;
        turn(s, p * n, q * n, n, cosine, sine);
        turn(v, p * n, q * n, n, cosine, sine);
        // The rows are turned; symmetry gives the columns, and the two by two block is known.
        s[p * n + p] = app - t * apq;
        s[q * n + q] = aqq + t * apq;
        s[p * n + q] = s[q * n + p] = 0;
        for (let k = 0; k < n; k++) {
          if (k === p || k === q) continue;
          s[k * n + p] = s[p * n + k]!;
          s[k * n + q] = s[q * n + k]!;
        }
      }
    }
    if (!rotated) return sweep;
  }
  return maxSweeps;
}

/** Rotates two contiguous rows into each other. */
export function turn(
  x: Float64Array,
  p: number,
  q: number,
  count: number,
  cosine: number,
  sine: number,
): void {
  for (let i = 0; i < count; i++) {
    const a = x[p + i]!;
    const b = x[q + i]!;
    x[p + i] = cosine * a - sine * b;
    x[q + i] = sine * a + cosine * b;
  }
}
