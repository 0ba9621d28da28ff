import type { View } from '../view.ts';
import { countOf, doubles, hasNaN, ownDoubles, rounded } from './matrices.ts';

/** Which triangle of the matrix is read, and how. */
export interface TriangularSystem {
  readonly upper: boolean;
  /** Solve with the transpose of the triangle. */
  readonly transpose: boolean;
  /** Take the diagonal as ones, unread. */
  readonly unitDiagonal: boolean;
}

/**
 * `op(A) X = B` by substitution for stacks `[...batch, n, n]` and `[...batch, n, m]`. Where the diagonal has a
 * 0, or the solution a NaN, all of the solution is NaN.
 */
export function triangularSolveKernel(a: View, b: View, system: TriangularSystem): View {
  const n = a.shape.at(-1)!;
  const m = b.shape.at(-1)!;
  const t = doubles(a);
  const x = ownDoubles(b);
  const count = countOf(a.shape);
  const forward = system.upper === system.transpose;
  const [rowStep, columnStep] = system.transpose ? [1, n] : [n, 1];
  for (let batch = 0; batch < count; batch++) {
    const at = batch * n * n;
    const to = batch * n * m;
    let singular = false;
    for (let step = 0; step < n; step++) {
      const i = forward ? step : n - 1 - step;
      const row = to + i * m;
      for (let done = 0; done < step; done++) {
        const k = forward ? done : n - 1 - done;
        const factor = t[at + i * rowStep + k * columnStep]!;
        if (factor === 0) continue;
        for (let j = 0; j < m; j++) x[row + j]! -= factor * x[to + k * m + j]!;
      }
      if (system.unitDiagonal) continue;
      const pivot = t[at + i * (n + 1)]!;
      singular ||= pivot === 0;
      for (let j = 0; j < m; j++) x[row + j]! /= pivot;
    }
    if (singular || hasNaN(x, to, to + n * m)) x.fill(NaN, to, to + n * m);
  }
  return rounded(x, b.shape, b.dtype);
}
