import { emptyView, rowMajorStrides, type Shape, sizeOf, type View } from './view.ts';

/** Where windows lie along each windowed axis. */
export interface WindowSteps {
  /** From one window to the next. */
  readonly stride: readonly number[];
  /** From one element of a window to the next. */
  readonly dilation: readonly number[];
}

/**
 * Windows over the last axes, without a copy: `[...b, ...n] -> [...b, ...count, ...size]`, where element
 * `(i, k)` is `x[i * stride + k * dilation]`. The caller has checked that they lie inside.
 */
export function windowsView(
  x: View,
  count: Shape,
  size: Shape,
  { stride, dilation }: WindowSteps,
): View {
  const lead = x.shape.length - count.length;
  const last = x.stride.slice(lead);
  return {
    ...x,
    shape: [...x.shape.slice(0, lead), ...count, ...size],
    stride: [
      ...x.stride.slice(0, lead),
      ...last.map((s, k) => s * stride[k]!),
      ...last.map((s, k) => s * dilation[k]!),
    ],
  };
}

/**
 * The adjoint of `windowsView`: adds overlapping windows into an array of the given extent,
 * `[...b, ...count, ...size] -> [...b, ...extent]`. Sums are float64 and rounded once; their order
 * depends on the shape alone, so a view and its copy give the same bits.
 */
export function sumWindowsKernel(y: View, extent: Shape, { stride, dilation }: WindowSteps): View {
  const axes = extent.length;
  const lead = y.shape.length - 2 * axes;
  const batch = y.shape.slice(0, lead);
  const out = emptyView([...batch, ...extent], y.dtype);
  if (sizeOf(y.shape) === 0) return out;
  const plane = rowMajorStrides(extent);
  const windows = extent.map((_, k) => k);
  const elements = windows.map((k) => axes + k);
  const [count, size] = [y.shape.slice(lead, lead + axes), y.shape.slice(lead + axes)];
  // The longer loops inside.
  const order =
    sizeOf(count) >= sizeOf(size) ? [...elements, ...windows] : [...windows, ...elements];
  const loop: AddLoop = { n: [], to: [], from: [] };
  for (const axis of order) {
    const k = axis % axes;
    if (y.shape[lead + axis] === 1) continue;
    loop.n.push(y.shape[lead + axis]!);
    loop.to.push(plane[k]! * (axis < axes ? stride[k]! : dilation[k]!));
    loop.from.push(y.stride[lead + axis]!);
  }
  while (loop.n.length < 2) {
    loop.n.unshift(1);
    loop.to.unshift(0);
    loop.from.unshift(0);
  }
  const length = sizeOf(extent);
  const rounds = y.dtype === 'float32';
  const sums = rounds ? new Float64Array(length) : out.data;
  const counter = new Array<number>(lead).fill(0);
  let from = y.offset;
  for (let at = 0; at < out.data.length; at += length) {
    if (rounds) {
      sums.fill(0);
      addWindows(sums, 0, y.data, from, loop);
      out.data.set(sums, at);
    } else {
      addWindows(sums, at, y.data, from, loop);
    }
    for (let k = lead - 1; k >= 0; k--) {
      counter[k]!++;
      from += y.stride[k]!;
      if (counter[k]! < batch[k]!) break;
      from -= y.stride[k]! * batch[k]!;
      counter[k] = 0;
    }
  }
  return out;
}

/** A loop nest, outermost first: sizes, and the strides of sums and source. */
interface AddLoop {
  readonly n: number[];
  readonly to: number[];
  readonly from: number[];
}

/** `sums[at + i . to] += x[start + i . from]` over the nest; its last two loops are plain. */
function addWindows(
  sums: View['data'],
  at: number,
  x: View['data'],
  start: number,
  loop: AddLoop,
): void {
  const { n, to, from } = loop;
  const outer = n.length - 2;
  const counter = new Array<number>(outer).fill(0);
  const [rows, columns] = [n[outer]!, n[outer + 1]!];
  const [rowTo, to1] = [to[outer]!, to[outer + 1]!];
  const [rowFrom, from1] = [from[outer]!, from[outer + 1]!];
  let [o, s] = [at, start];
  for (;;) {
    for (let i = 0; i < rows; i++) {
      let p = o + i * rowTo;
      let q = s + i * rowFrom;
      for (let j = 0; j < columns; j++) {
        sums[p]! += x[q]!;
        p += to1;
        q += from1;
      }
    }
    let k = outer - 1;
    for (; k >= 0; k--) {
      counter[k]!++;
      o += to[k]!;
      s += from[k]!;
      if (counter[k]! < n[k]!) break;
      o -= to[k]! * n[k]!;
      s -= from[k]! * n[k]!;
      counter[k] = 0;
    }
    if (k < 0) return;
  }
}
