import { contiguous, emptyView, sizeOf, type View } from './view.ts';

/**
 * Batched matrix product `[...b, n, k] @ [...b, k, m] -> [...b, n, m]` with equal batch axes.
 * Products are summed in float64 and rounded once. Transposed operands are read in place.
 */
export function matmulKernel(a: View, b: View): View {
  const rank = a.shape.length;
  const n = a.shape[rank - 2]!;
  const inner = a.shape[rank - 1]!;
  const m = b.shape[rank - 1]!;
  const right =
    b.stride[rank - 1] === 1 || b.stride[rank - 2] === 1 || m === 1 || inner === 1
      ? b
      : contiguous(b);
  const batch = a.shape.slice(0, -2);
  const out = emptyView([...batch, n, m], a.dtype);
  const row = new Float64Array(m);
  const batches = sizeOf(batch);
  const counter = new Array<number>(batch.length).fill(0);
  let oa = a.offset;
  let ob = right.offset;
  for (let at = 0; at < batches; at++) {
    multiply(a, oa, right, ob, out, at * n * m, row);
    for (let k = batch.length - 1; k >= 0; k--) {
      counter[k]!++;
      oa += a.stride[k]!;
      ob += right.stride[k]!;
      if (counter[k]! < batch[k]!) break;
      oa -= a.stride[k]! * batch[k]!;
      ob -= right.stride[k]! * batch[k]!;
      counter[k] = 0;
    }
  }
  return out;
}

function multiply(
  a: View,
  oa: number,
  b: View,
  ob: number,
  out: View,
  oo: number,
  row: Float64Array,
): void {
  const rank = a.shape.length;
  const n = a.shape[rank - 2]!;
  const inner = a.shape[rank - 1]!;
  const m = b.shape[rank - 1]!;
  const [aRow, aCol] = [a.stride[rank - 2]!, a.stride[rank - 1]!];
  const [bRow, bCol] = [b.stride[rank - 2]!, b.stride[rank - 1]!];
  const x = a.data;
  const y = b.data;
  const target = out.data;
  if (bCol === 1) {
    // Rows of b are contiguous: add multiples of them, four at a time, to a float64 row.
    for (let i = 0; i < n; i++) {
      row.fill(0);
      const start = oa + i * aRow;
      let k = 0;
      for (; k + 3 < inner; k += 4) {
        const x0 = x[start + k * aCol]!;
        const x1 = x[start + (k + 1) * aCol]!;
        const x2 = x[start + (k + 2) * aCol]!;
        const x3 = x[start + (k + 3) * aCol]!;
        const y0 = ob + k * bRow;
        const y1 = y0 + bRow;
        const y2 = y1 + bRow;
        const y3 = y2 + bRow;
        for (let j = 0; j < m; j++) {
          // One product after another, as in the dot products below: a view and its copy, which may
          // take different paths, give the same bits.
          row[j] = row[j]! + x0 * y[y0 + j]! + x1 * y[y1 + j]! + x2 * y[y2 + j]! + x3 * y[y3 + j]!;
        }
      }
      for (; k < inner; k++) {
        const x0 = x[start + k * aCol]!;
        const y0 = ob + k * bRow;
        for (let j = 0; j < m; j++) row[j]! += x0 * y[y0 + j]!;
      }
      target.set(row, oo + i * m);
    }
    return;
  }
  // Columns of b are contiguous (a transposed operand): dot products, four columns at a time.
  for (let i = 0; i < n; i++) {
    const start = oa + i * aRow;
    let j = 0;
    for (; j + 3 < m; j += 4) {
      const y0 = ob + j * bCol;
      const y1 = y0 + bCol;
      const y2 = y1 + bCol;
      const y3 = y2 + bCol;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let k = 0; k < inner; k++) {
        const value = x[start + k * aCol]!;
        const at = k * bRow;
        s0 += value * y[y0 + at]!;
        s1 += value * y[y1 + at]!;
        s2 += value * y[y2 + at]!;
        s3 += value * y[y3 + at]!;
      }
      const to = oo + i * m + j;
      target[to] = s0;
      target[to + 1] = s1;
      target[to + 2] = s2;
      target[to + 3] = s3;
    }
    for (; j < m; j++) {
      const y0 = ob + j * bCol;
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[start + k * aCol]! * y[y0 + k * bRow]!;
      target[oo + i * m + j] = sum;
    }
  }
}
