import type { View } from '../view.ts';
import { countOf, doubles, rounded } from './matrices.ts';

/**
 * Lower factors `L L^T = (A + A^T) / 2` of a stack `[...batch, n, n]`. NaN throughout where a matrix is not
 * positive definite, so that one element tells.
 */
export function choleskyKernel(view: View): View {
  const n = view.shape.at(-1)!;
  const a = doubles(view);
  const l = new Float64Array(a.length);
  const count = countOf(view.shape);
  for (let k = 0; k < count; k++) {
    const at = k * n * n;
    if (!factor(a, l, at, n)) l.fill(NaN, at, at + n * n);
  }
  return rounded(l, view.shape, view.dtype);
}

/** Row by row: every inner product runs over two contiguous rows. */
function factor(a: Float64Array, l: Float64Array, at: number, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = at + i * n;
    for (let j = 0; j <= i; j++) {
      const other = at + j * n;
      let sum = a[row + j]! / 2 + a[other + i]! / 2;
      for (let k = 0; k < j; k++) sum -= l[row + k]! * l[other + k]!;
      if (i === j) {
        if (!(sum > 0 && sum < Infinity)) return false;
        l[row + i] = Math.sqrt(sum);
      } else {
        l[row + j] = sum / l[other + j]!;
      }
    }
  }
  return true;
}
