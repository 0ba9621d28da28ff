import { permuteView } from './movement.ts';
import { copyAs, eachRow, emptyView, sizeOf, type View } from './view.ts';

/** `out[i..][j][k..] = x[i..][index[i..][j][k..]][k..]` along `axis`; `onBad` throws for an index out of range. */
export function gatherKernel(
  x: View,
  index: View,
  axis: number,
  onBad: (value: number) => never,
): View {
  const out = emptyView(index.shape, x.dtype);
  const size = x.shape[axis]!;
  const step = x.stride[axis]!;
  // The source moves with every axis but `axis`, where the index decides.
  const source = { stride: x.stride.map((s, k) => (k === axis ? 0 : s)), offset: x.offset };
  eachRow(index.shape, [out, index, source], ([o, oi, ox], [, si, sx], n) => {
    for (let i = 0; i < n; i++) {
      const at = index.data[oi! + i * si!]!;
      if (!(at >= 0 && at < size)) onBad(at);
      out.data[o! + i] = x.data[ox! + i * sx! + at * step]!;
    }
  });
  return out;
}

/**
 * A copy of `base` with `source` added at `index` along `axis`; repeated indices add up. float32 sums are
 * accumulated in float64 and rounded once.
 */
export function scatterAddKernel(
  base: View,
  index: View,
  source: View,
  axis: number,
  onBad: (value: number) => never,
): View {
  if (base.dtype !== 'float32') {
    return addAt(copyAs(base, base.dtype), index, source, axis, onBad);
  }
  // Widening the whole base costs a pass over it and back; for a few rows of a large table that would
  // be most of the work.
  return sizeOf(source.shape) < sizeOf(base.shape)
    ? addLines(copyAs(base, 'float32'), index, source, axis, onBad)
    : copyAs(addAt(copyAs(base, 'float64'), index, source, axis, onBad), 'float32');
}

/** Adds to `out`, which is fresh. */
function addAt(
  out: View,
  index: View,
  source: View,
  axis: number,
  onBad: (value: number) => never,
): View {
  const size = out.shape[axis]!;
  const step = out.stride[axis]!;
  const target = { stride: out.stride.map((s, k) => (k === axis ? 0 : s)), offset: 0 };
  eachRow(index.shape, [target, index, source], ([o, oi, ox], [so, si, sx], n) => {
    for (let i = 0; i < n; i++) {
      const at = index.data[oi! + i * si!]!;
      if (!(at >= 0 && at < size)) onBad(at);
      out.data[o! + i * so! + at * step]! += source.data[ox! + i * sx!]!;
    }
  });
  return out;
}

/** As `addAt`, line by line, with a float64 for each place that a line touches. */
function addLines(
  out: View,
  index: View,
  source: View,
  axis: number,
  onBad: (value: number) => never,
): View {
  const size = out.shape[axis]!;
  const picks = index.shape[axis]!;
  const [step, si, sx] = [out.stride[axis]!, index.stride[axis]!, source.stride[axis]!];
  const [target, places, added] = [out.data, index.data, source.data];
  const sums = new Float64Array(size);
  const rest = out.shape.map((_, k) => k).filter((k) => k !== axis);
  const lines = [out, index, source].map((view) => permuteView(view, rest));
  eachRow(lines[0]!.shape, lines, ([o0, i0, x0], [to, ti, tx], n) => {
    for (let line = 0; line < n; line++) {
      const o = o0! + line * to!;
      const oi = i0! + line * ti!;
      const ox = x0! + line * tx!;
      for (let k = 0; k < picks; k++) {
        const at = places[oi + k * si]!;
        if (!(at >= 0 && at < size)) onBad(at);
        sums[at] = target[o + at * step]!;
      }
      for (let k = 0; k < picks; k++) sums[places[oi + k * si]!]! += added[ox + k * sx]!;
      for (let k = 0; k < picks; k++) {
        const at = places[oi + k * si]!;
        target[o + at * step] = sums[at]!;
      }
    }
  });
  return out;
}
