import { sliceView } from './movement.ts';
import { eachRow, emptyView, type Shape, type View } from './view.ts';

/** Copies `source` into the equally shaped window `target` of fresh storage. */
function paste(target: View, source: View): void {
  eachRow(source.shape, [target, source], ([o, x], [so, sx], n) => {
    for (let i = 0; i < n; i++) target.data[o! + i * so!] = source.data[x! + i * sx!]!;
  });
}

/** Joins views of one dtype along `axis`. */
export function concatKernel(views: readonly View[], axis: number, shape: Shape): View {
  const out = emptyView(shape, views[0]!.dtype);
  let start = 0;
  for (const view of views) {
    const starts = shape.map((_, k) => (k === axis ? start : 0));
    start += view.shape[axis]!;
    const stops = shape.map((n, k) => (k === axis ? start : n));
    paste(
      sliceView(
        out,
        starts,
        stops,
        shape.map(() => 1),
      ),
      view,
    );
  }
  return out;
}

/** Puts `low` zeros before, `high` after and `interior` between the elements of each axis. */
export function padKernel(
  view: View,
  low: readonly number[],
  interior: readonly number[],
  shape: Shape,
): View {
  const out = emptyView(shape, view.dtype);
  const stops = view.shape.map((n, k) => low[k]! + Math.max(0, n - 1) * (interior[k]! + 1) + 1);
  if (view.shape.includes(0)) return out;
  paste(
    sliceView(
      out,
      low,
      stops,
      interior.map((n) => n + 1),
    ),
    view,
  );
  return out;
}
