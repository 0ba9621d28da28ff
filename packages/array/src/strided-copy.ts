import type { TypedArray } from './dtype.ts';

/** One axis of a copy: its size, and the strides of target and source along it. */
interface CopyAxis {
  readonly n: number;
  readonly to: number;
  readonly from: number;
}

/** Axes of size 1 dropped, and neighbours that both sides walk in one stride merged. */
function mergedAxes(
  shape: readonly number[],
  toStride: readonly number[],
  fromStride: readonly number[],
): CopyAxis[] {
  const axes: CopyAxis[] = [];
  for (let k = 0; k < shape.length; k++) {
    const [n, to, from] = [shape[k]!, toStride[k]!, fromStride[k]!];
    if (n === 1) continue;
    const last = axes.at(-1);
    if (last !== undefined && last.to === to * n && last.from === from * n) {
      axes[axes.length - 1] = { n: last.n * n, to, from };
    } else {
      axes.push({ n, to, from });
    }
  }
  return axes;
}

/** Below this many elements an inner loop costs more to enter than to run. */
const shortRow = 8;
/** Side of the squares in which two axes are walked when each is contiguous on one side only. */
const tile = 32;

/**
 * Copies a strided array into another of the same shape: `to[toOffset + i . toStride] = from[...]`. A
 * copy may visit elements in any order, so the axes are put in the order that runs fastest: the three
 * that move least through memory innermost, and a long one of them last.
 */
export function copyStrided(
  shape: readonly number[],
  to: TypedArray,
  toOffset: number,
  toStride: readonly number[],
  from: TypedArray,
  fromOffset: number,
  fromStride: readonly number[],
): void {
  if (shape.includes(0)) return;
  const axes = mergedAxes(shape, toStride, fromStride);
  const reach = (axis: CopyAxis): number => Math.abs(axis.to) + Math.abs(axis.from);
  axes.sort((a, b) => reach(b) - reach(a));
  const inner = axes.splice(Math.max(0, axes.length - 3));
  // Short rows, as those of a small kernel's windows, make way for the longest axis.
  if (inner.length > 1 && inner.at(-1)!.n < shortRow) {
    let longest = 0;
    for (let k = 1; k < inner.length; k++) if (inner[k]!.n > inner[longest]!.n) longest = k;
    inner.push(...inner.splice(longest, 1));
  }
  while (inner.length < 3) inner.unshift({ n: 1, to: 0, from: 0 });
  const [slow, mid, fast] = inner as [CopyAxis, CopyAxis, CopyAxis];
  const crossed = Math.abs(mid.to) < Math.abs(fast.to) !== Math.abs(mid.from) < Math.abs(fast.from);
  const block = crossed && mid.n > tile && fast.n > tile ? copyTiles : copyBlock;
  const counter = new Array<number>(axes.length).fill(0);
  let [o, x] = [toOffset, fromOffset];
  for (;;) {
    block(to, o, from, x, slow, mid, fast);
    let k = axes.length - 1;
    for (; k >= 0; k--) {
      const axis = axes[k]!;
      counter[k]!++;
      o += axis.to;
      x += axis.from;
      if (counter[k]! < axis.n) break;
      o -= axis.to * axis.n;
      x -= axis.from * axis.n;
      counter[k] = 0;
    }
    if (k < 0) return;
  }
}

function copyBlock(
  to: TypedArray,
  o: number,
  from: TypedArray,
  x: number,
  slow: CopyAxis,
  mid: CopyAxis,
  fast: CopyAxis,
): void {
  const [n, so, sx] = [fast.n, fast.to, fast.from];
  for (let i = 0; i < slow.n; i++) {
    for (let j = 0; j < mid.n; j++) {
      let p = o + i * slow.to + j * mid.to;
      let q = x + i * slow.from + j * mid.from;
      for (let k = 0; k < n; k++) {
        to[p] = from[q]!;
        p += so;
        q += sx;
      }
    }
  }
}

/** As `copyBlock`, in squares, so that a large transposition does not miss the cache at every element. */
function copyTiles(
  to: TypedArray,
  o: number,
  from: TypedArray,
  x: number,
  slow: CopyAxis,
  mid: CopyAxis,
  fast: CopyAxis,
): void {
  for (let j = 0; j < mid.n; j += tile) {
    const rows = { ...mid, n: Math.min(tile, mid.n - j) };
    for (let k = 0; k < fast.n; k += tile) {
      const columns = { ...fast, n: Math.min(tile, fast.n - k) };
      const p = o + j * mid.to + k * fast.to;
      const q = x + j * mid.from + k * fast.from;
      copyBlock(to, p, from, q, slow, rows, columns);
    }
  }
}
