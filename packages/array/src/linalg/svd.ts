import { copyAs, type View } from '../view.ts';
import { turn } from './eigh.ts';
import { needsFlip } from './gauge.ts';
import { allFinite, countOf, lengthOf, rounded, scaleOf } from './matrices.ts';
import { qrKernel } from './qr.ts';

/** More than any matrix needs: convergence is quadratic, after 5 to 15 sweeps. */
const maxSweeps = 60;

/**
 * Below this share of the largest singular value, squares underflow: the left vector of such a value is taken
 * orthogonal to the others, as that of 0 is.
 */
const negligible = 2 ** -500;

/**
 * Reduced singular value decomposition of a stack `[...batch, m, n]`, `k = min(m, n)`: `u` `[...batch, m, k]`,
 * values `[...batch, k]`, descending, `vh` `[...batch, k, n]`. Both have orthonormal vectors whatever the
 * rank. NaN throughout where an element is not finite.
 *
 * One-sided Jacobi rotations (Hestenes 1958) of the triangular factor, which find small values to high
 * relative accuracy.
 */
export function svdKernel(view: View): readonly [View, View, View] {
  const [m, n] = view.shape.slice(-2) as [number, number];
  const wide = n > m;
  const [tall, k] = wide ? [n, m] : [m, n];
  const batch = view.shape.slice(0, -2);
  const count = countOf(view.shape);
  const a = scaledCopy(view, wide);
  const factors = tall > k ? qrKernel({ ...a.view, data: a.view.data.slice() }) : null;
  const q = factors?.[0].data ?? null;
  const square = (factors?.[1].data ?? a.view.data) as Float64Array;
  const u = new Float64Array(count * m * k);
  const s = new Float64Array(count * k);
  const vh = new Float64Array(count * k * n);
  const w = new Float64Array(k * k);
  const v = new Float64Array(k * k);
  for (let b = 0; b < count; b++) {
    const scale = a.scales[b]!;
    if (Number.isNaN(scale)) {
      u.fill(NaN, b * m * k, (b + 1) * m * k);
      s.fill(NaN, b * k, (b + 1) * k);
      vh.fill(NaN, b * k * n, (b + 1) * k * n);
      continue;
    }
    // Columns are stored as rows, so that rotations touch contiguous memory.
    v.fill(0);
    for (let j = 0; j < k; j++) {
      v[j * (k + 1)] = 1;
      for (let i = 0; i < k; i++) w[j * k + i] = square[b * k * k + i * k + j]!;
    }
    orthogonalize(w, v, k);
    const { order, lengths } = sorted(w, k);
    normalize(w, k, order, lengths);
    for (let j = 0; j < k; j++) {
      const from = order[j]!;
      s[b * k + j] = lengths[from]! * scale;
      // The long vectors belong to the side of the longer axis.
      const [long, longAt, longStep] = wide ? [vh, (b * k + j) * n, 1] : [u, b * m * k + j, k];
      const [short, shortAt, shortStep] = wide ? [u, b * m * k + j, k] : [vh, (b * k + j) * n, 1];
      for (let i = 0; i < k; i++) short[shortAt + i * shortStep] = v[from * k + i]!;
      for (let i = 0; i < tall; i++) {
        let sum = 0;
        if (q === null) sum = w[from * k + i]!;
        else for (let l = 0; l < k; l++) sum += q[(b * tall + i) * k + l]! * w[from * k + l]!;
        long[longAt + i * longStep] = sum;
      }
      if (needsFlip(u, b * m * k + j, k, m)) {
        for (let i = 0; i < m; i++) u[b * m * k + i * k + j]! *= -1;
        for (let i = 0; i < n; i++) vh[(b * k + j) * n + i]! *= -1;
      }
    }
  }
  return [
    rounded(u, [...batch, m, k], view.dtype),
    rounded(s, [...batch, k], view.dtype),
    rounded(vh, [...batch, k, n], view.dtype),
  ];
}

/** Each matrix (transposed if wide) divided by a power of two near its largest element; NaN if not finite. */
function scaledCopy(view: View, wide: boolean): { view: View; scales: Float64Array } {
  const rank = view.shape.length;
  const order = view.shape.map((_, axis) => axis);
  if (wide) order.splice(rank - 2, 2, rank - 1, rank - 2);
  const turned = copyAs(
    {
      ...view,
      shape: order.map((axis) => view.shape[axis]!),
      stride: order.map((axis) => view.stride[axis]!),
    },
    'float64',
  );
  const data = turned.data as Float64Array;
  const size = turned.shape.at(-1)! * turned.shape.at(-2)!;
  const scales = new Float64Array(countOf(view.shape));
  for (let b = 0; b < scales.length; b++) {
    const [start, stop] = [b * size, (b + 1) * size];
    const scale = scaleOf(data, start, stop);
    scales[b] = allFinite(data, start, stop) ? scale : NaN;
    for (let i = start; i < stop; i++) data[i]! /= scale;
  }
  return { view: turned, scales };
}

/**
 * Rotates the rows of `w` into orthogonal ones, and the rows of `v` with them. Returns the number of sweeps.
 * Orthogonal is what rounding in the inner product of `k` terms cannot tell from it.
 */
export function orthogonalize(w: Float64Array, v: Float64Array, k: number): number {
  const tolerance = 2 ** -53 * Math.max(4, k);
  for (let sweep = 1; sweep <= maxSweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < k - 1; p++) {
      for (let q = p + 1; q < k; q++) {
        let alpha = 0;
        let beta = 0;
        let gamma = 0;
        for (let i = 0; i < k; i++) {
          const x = w[p * k + i]!;
          const y = w[q * k + i]!;
          alpha += x * x;
          beta += y * y;
          gamma += x * y;
        }
        if (alpha === 0 || beta === 0) continue;
        if (Math.abs(gamma) <= tolerance * Math.sqrt(alpha) * Math.sqrt(beta)) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        turn(w, p * k, q * k, k, cosine, cosine * t);
        turn(v, p * k, q * k, k, cosine, cosine * t);
      }
    }
    if (!rotated) return sweep;
  }
  return maxSweeps;
}

/** Lengths of the rows, and the rows from the longest to the shortest. */
function sorted(w: Float64Array, k: number): { order: number[]; lengths: Float64Array } {
  const lengths = new Float64Array(k);
  for (let j = 0; j < k; j++) lengths[j] = lengthOf(w, j * k, 1, k);
  const order = Array.from(lengths, (_, j) => j);
  return { order: order.sort((p, q) => lengths[q]! - lengths[p]! || p - q), lengths };
}

/** Rows of length 1; those that are nothing but rounding become orthogonal to the rest. */
function normalize(
  w: Float64Array,
  k: number,
  order: readonly number[],
  lengths: Float64Array,
): void {
  for (const [done, j] of order.entries()) {
    const length = lengths[j]!;
    if (length > negligible * lengths[order[0]!]!) {
      for (let i = 0; i < k; i++) w[j * k + i]! /= length;
    } else complete(w, k, order.slice(0, done), j);
  }
}

/** Makes row `j` a unit vector orthogonal to the rows `others`: what is left of the axis nearest to it. */
function complete(w: Float64Array, k: number, others: readonly number[], j: number): void {
  let [axis, least] = [0, Infinity];
  for (let i = 0; i < k; i++) {
    let used = 0;
    for (const other of others) used += w[other * k + i]! ** 2;
    if (used < least) [axis, least] = [i, used];
  }
  w.fill(0, j * k, (j + 1) * k);
  w[j * k + axis] = 1;
  // Twice is enough (Kahan; Parlett).
  for (let pass = 0; pass < 2; pass++) {
    for (const other of others) {
      let dot = 0;
      for (let i = 0; i < k; i++) dot += w[j * k + i]! * w[other * k + i]!;
      for (let i = 0; i < k; i++) w[j * k + i]! -= dot * w[other * k + i]!;
    }
  }
  const length = lengthOf(w, j * k, 1, k);
  for (let i = 0; i < k; i++) w[j * k + i]! /= length;
}
