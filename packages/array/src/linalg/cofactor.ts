import type { View } from '../view.ts';
import { countOf, hasNaN, numberOf, one, ownDoubles, rounded, times } from './matrices.ts';

/**
 * Cofactors of a stack `[...batch, n, n]`: `det(A) A^-T`, finite and accurate at singular matrices of any
 * rank too. With complete pivoting `P A Q = L U`, the adjugate of `U` needs no division by the last pivot,
 * the only one that may vanish alone (Stewart, "On the adjugate matrix", 1998).
 */
export function cofactorKernel(view: View): View {
  const n = view.shape.at(-1)!;
  const a = ownDoubles(view);
  const out = new Float64Array(a.length);
  const rows = new Int32Array(n);
  const columns = new Int32Array(n);
  const m = new Float64Array(n * n);
  const count = countOf(view.shape);
  for (let k = 0; k < count; k++) cofactors(a, k * n * n, n, out, rows, columns, m);
  return rounded(out, view.shape, view.dtype);
}

function cofactors(
  a: Float64Array,
  at: number,
  n: number,
  out: Float64Array,
  rows: Int32Array,
  columns: Int32Array,
  m: Float64Array,
): void {
  if (n === 0) return;
  if (hasNaN(a, at, at + n * n)) {
    out.fill(NaN, at, at + n * n);
    return;
  }
  const sign = eliminate(a, at, n, rows, columns);
  // Two or more pivots are 0: every minor is.
  if (sign === 0) return;
  // m = L^-1, row after row.
  m.fill(0);
  for (let i = 0; i < n; i++) {
    m[i * n + i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = a[at + i * n + k]!;
      for (let j = 0; j <= k; j++) m[i * n + j]! -= factor * m[k * n + j]!;
    }
  }
  // With U = [[U1, w], [0, d]]: adj(U) = det(U1) [[d U1^-1, -U1^-1 w], [0, 1]].
  const last = n - 1;
  const d = a[at + n * n - 1]!;
  let determinant = times(one, sign);
  for (let i = last - 1; i >= 0; i--) {
    const row = at + i * n;
    const pivot = a[row + i]!;
    const w = a[row + last]!;
    determinant = times(determinant, pivot);
    for (let j = 0; j < n; j++) m[i * n + j] = d * m[i * n + j]! - w * m[last * n + j]!;
    for (let k = i + 1; k < last; k++) {
      const factor = a[row + k]!;
      for (let j = 0; j < n; j++) m[i * n + j]! -= factor * m[k * n + j]!;
    }
    for (let j = 0; j < n; j++) m[i * n + j]! /= pivot;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      out[at + rows[j]! * n + columns[i]!] = numberOf(determinant, m[i * n + j]!);
    }
  }
}

/**
 * `P A Q = L U` in place with complete pivoting, up to the last pivot. Returns `det(P) det(Q)`, or 0 if a
 * pivot before the last is 0.
 */
function eliminate(
  a: Float64Array,
  at: number,
  n: number,
  rows: Int32Array,
  columns: Int32Array,
): number {
  let sign = 1;
  for (let i = 0; i < n; i++) rows[i] = columns[i] = i;
  for (let k = 0; k < n - 1; k++) {
    let [row, column, largest] = [k, k, Math.abs(a[at + k * n + k]!)];
    for (let i = k; i < n; i++) {
      for (let j = k; j < n; j++) {
        const value = Math.abs(a[at + i * n + j]!);
        if (value > largest) [row, column, largest] = [i, j, value];
      }
    }
    if (largest === 0) return 0;
    if (row !== k) {
      for (let j = 0; j < n; j++) swap(a, at + k * n + j, at + row * n + j);
      swap(rows, k, row);
      sign = -sign;
    }
    if (column !== k) {
      for (let i = 0; i < n; i++) swap(a, at + i * n + k, at + i * n + column);
      swap(columns, k, column);
      sign = -sign;
    }
    const pivot = a[at + k * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const factor = a[at + i * n + k]! / pivot;
      a[at + i * n + k] = factor;
      for (let j = k + 1; j < n; j++) a[at + i * n + j]! -= factor * a[at + k * n + j]!;
    }
  }
  return sign;
}

function swap(x: Float64Array | Int32Array, i: number, j: number): void {
  const value = x[i]!;
  x[i] = x[j]!;
  x[j] = value;
}
