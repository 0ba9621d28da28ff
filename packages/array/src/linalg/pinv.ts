import { copyAs, type View } from '../view.ts';
import { countOf, doubles, rounded } from './matrices.ts';
import { svdKernel } from './svd.ts';

/**
 * Moore-Penrose inverses `[...batch, n, m]` of a stack `[...batch, m, n]`; singular values up to `rcond` times
 * the largest count as 0.
 */
export function pinvKernel(view: View, rcond: number): View {
  const [m, n] = view.shape.slice(-2) as [number, number];
  const k = Math.min(m, n);
  // In float64 between the two steps, so that rounding happens once.
  const source = view.dtype === 'float64' ? view : copyAs(view, 'float64');
  const [u, s, vh] = svdKernel(source).map(doubles) as [Float64Array, Float64Array, Float64Array];
  const count = countOf(view.shape);
  const out = new Float64Array(count * n * m);
  for (let b = 0; b < count; b++) {
    const cut = rcond * (s[b * k] ?? 0);
    for (let l = 0; l < k; l++) {
      const value = s[b * k + l]!;
      if (value <= cut) continue;
      for (let i = 0; i < n; i++) {
        const factor = vh[(b * k + l) * n + i]! / value;
        for (let j = 0; j < m; j++) {
          out[(b * n + i) * m + j]! += factor * u[(b * m + j) * k + l]!;
        }
      }
    }
  }
  return rounded(out, [...view.shape.slice(0, -2), n, m], view.dtype);
}
