import { copyAs, eachRow, emptyView, type View } from './view.ts';

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

/** A copy of `base` with `source` added at `index` along `axis`; repeated indices add up. */
export function scatterAddKernel(
  base: View,
  index: View,
  source: View,
  axis: number,
  onBad: (value: number) => never,
): View {
  const out = copyAs(base, base.dtype);
  const size = base.shape[axis]!;
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
