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
  const rows: Rows = [new Float64Array(m), new Float64Array(m)];
  const batches = sizeOf(batch);
  const counter = new Array<number>(batch.length).fill(0);
  let oa = a.offset;
  let ob = right.offset;
  for (let at = 0; at < batches; at++) {
    multiply(a, oa, right, ob, out, at * n * m, rows);
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

/** Two rows of sums; both kernels work on two rows of `a` at a time, so `b` is read half as often. */
type Rows = readonly [Float64Array, Float64Array];

function multiply(
  a: View,
  oa: number,
  b: View,
  ob: number,
  out: View,
  oo: number,
  rows: Rows,
): void {
  const rank = a.shape.length;
  const n = a.shape[rank - 2]!;
  const aRow = a.stride[rank - 2]!;
  const columnsContiguous = b.stride[rank - 1] !== 1;
  for (let i = 0; i < n; i += 2) {
    const first = oa + i * aRow;
    // The last row of an odd number is its own partner.
    const second = i + 1 < n ? first + aRow : first;
    if (columnsContiguous) dotColumns(a, first, second, b, ob, rows);
    else addRows(a, first, second, b, ob, rows);
    const m = rows[0].length;
    out.data.set(rows[0], oo + i * m);
    if (i + 1 < n) out.data.set(rows[1], oo + (i + 1) * m);
  }
}

/** Rows of `b` are contiguous: adds multiples of them, four at a time. */
function addRows(a: View, s: number, t: number, b: View, ob: number, [row, next]: Rows): void {
  const inner = a.shape.at(-1)!;
  const aCol = a.stride.at(-1)!;
  const bRow = b.stride.at(-2)!;
  const m = row.length;
  const x = a.data;
  const y = b.data;
  row.fill(0);
  next.fill(0);
  let k = 0;
  for (; k + 3 < inner; k += 4) {
    const c0 = k * aCol;
    const c1 = c0 + aCol;
    const c2 = c1 + aCol;
    const c3 = c2 + aCol;
    const s0 = x[s + c0]!;
    const s1 = x[s + c1]!;
    const s2 = x[s + c2]!;
    const s3 = x[s + c3]!;
    const t0 = x[t + c0]!;
    const t1 = x[t + c1]!;
    const t2 = x[t + c2]!;
    const t3 = x[t + c3]!;
    const y0 = ob + k * bRow;
    const y1 = y0 + bRow;
    const y2 = y1 + bRow;
    const y3 = y2 + bRow;
    for (let j = 0; j < m; j++) {
      const b0 = y[y0 + j]!;
      const b1 = y[y1 + j]!;
      const b2 = y[y2 + j]!;
      const b3 = y[y3 + j]!;
      // One product after another, as in dotColumns: a view and its copy, which may take different
      // paths, give the same bits.
      row[j] = row[j]! + s0 * b0 + s1 * b1 + s2 * b2 + s3 * b3;
      next[j] = next[j]! + t0 * b0 + t1 * b1 + t2 * b2 + t3 * b3;
    }
  }
  for (; k < inner; k++) {
    const s0 = x[s + k * aCol]!;
    const t0 = x[t + k * aCol]!;
    const y0 = ob + k * bRow;
    for (let j = 0; j < m; j++) {
      row[j]! += s0 * y[y0 + j]!;
      next[j]! += t0 * y[y0 + j]!;
    }
  }
}

/** Columns of `b` are contiguous (a transposed operand): dot products, four columns at a time. */
function dotColumns(a: View, s: number, t: number, b: View, ob: number, [row, next]: Rows): void {
  const inner = a.shape.at(-1)!;
  const aCol = a.stride.at(-1)!;
  const bRow = b.stride.at(-2)!;
  const bCol = b.stride.at(-1)!;
  const m = row.length;
  const x = a.data;
  const y = b.data;
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
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    let t3 = 0;
    for (let k = 0; k < inner; k++) {
      const xs = x[s + k * aCol]!;
      const xt = x[t + k * aCol]!;
      const at = k * bRow;
      const b0 = y[y0 + at]!;
      const b1 = y[y1 + at]!;
      const b2 = y[y2 + at]!;
      const b3 = y[y3 + at]!;
      s0 += xs * b0;
      s1 += xs * b1;
      s2 += xs * b2;
      s3 += xs * b3;
      t0 += xt * b0;
      t1 += xt * b1;
      t2 += xt * b2;
      t3 += xt * b3;
    }
    row[j] = s0;
    row[j + 1] = s1;
    row[j + 2] = s2;
    row[j + 3] = s3;
    next[j] = t0;
    next[j + 1] = t1;
    next[j + 2] = t2;
    next[j + 3] = t3;
  }
  for (; j < m; j++) {
    const y0 = ob + j * bCol;
    let s0 = 0;
    let t0 = 0;
    for (let k = 0; k < inner; k++) {
      s0 += x[s + k * aCol]! * y[y0 + k * bRow]!;
      t0 += x[t + k * aCol]! * y[y0 + k * bRow]!;
    }
    row[j] = s0;
    next[j] = t0;
  }
}
