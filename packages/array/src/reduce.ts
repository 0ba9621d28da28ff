import { type DType, isFloating, type TypedArray } from './dtype.ts';
import { permuteView } from './movement.ts';
import { eachRow, emptyView, type View } from './view.ts';

/** Folds one row into the accumulator: reads `x[o + i * s]` for `i < n`. Always in float64. */
export type FoldLoop = (acc: number, x: TypedArray, o: number, s: number, n: number) => number;

const identity = (value: number): number => value;

/**
 * A reduction kernel over `axes` (kept with size 1): starts at `initial`, folds rows, then `finish`.
 * The accumulator is a float64 whatever the dtype, rounded once at the end.
 */
export function reduceKernel(
  initial: number,
  fold: FoldLoop,
  finish: (acc: number, count: number) => number = identity,
): (x: View, axes: readonly number[], dtype?: DType) => View {
  return (x, axes, dtype = x.dtype) => {
    const reduced = new Set(axes);
    const kept = x.shape.map((_, k) => k).filter((k) => !reduced.has(k));
    const outer = permuteView(x, kept);
    const inner = permuteView(x, [...axes]);
    let count = 1;
    for (const n of inner.shape) count *= n;
    const out = emptyView(
      x.shape.map((n, k) => (reduced.has(k) ? 1 : n)),
      dtype,
    );
    const data = x.data;
    const target = out.data;
    let at = 0;
    const operand = { stride: inner.stride, offset: 0 };
    eachRow(outer.shape, [outer], ([start], [stride], n) => {
      for (let i = 0; i < n; i++) {
        let acc = initial;
        operand.offset = start! + i * stride!;
        if (inner.shape.length <= 1) {
          // Without axes each element is a reduction of its own.
          acc = fold(acc, data, operand.offset, inner.stride[0] ?? 0, inner.shape[0] ?? 1);
        } else {
          eachRow(inner.shape, [operand], ([o], [s], m) => {
            acc = fold(acc, data, o!, s!, m);
          });
        }
        target[at++] = finish(acc, count);
      }
    });
    return out;
  };
}

const floatSum = /* @__PURE__ */ reduceKernel(0, (acc, x, o, s, n) => {
  for (let i = 0; i < n; i++) acc += x[o + i * s]!;
  return acc;
});

/** Wraps at every step, so that it is exact modulo 2^32 however many there are. */
const integerSum = /* @__PURE__ */ reduceKernel(0, (acc, x, o, s, n) => {
  let total = acc | 0;
  for (let i = 0; i < n; i++) total = (total + x[o + i * s]!) | 0;
  return total;
});

/** Sum; 0 for nothing. Integers wrap. */
export const sumKernel = (x: View, axes: readonly number[], dtype?: DType): View =>
  (isFloating(x.dtype) ? floatSum : integerSum)(x, axes, dtype);

/** Maximum; NaN wins. The caller has refused empty reductions. */
export const maxKernel: (x: View, axes: readonly number[], dtype?: DType) => View =
  /* @__PURE__ */ reduceKernel(Number.NEGATIVE_INFINITY, (acc, x, o, s, n) => {
    for (let i = 0; i < n; i++) {
      // Math.max, because NaN wins, and 0 over -0, as for `maximum`.
      acc = Math.max(acc, x[o + i * s]!);
    }
    return acc;
  });

/** Index of the first maximum along one axis (NaN counts as the largest), axis kept with size 1. */
export function argmaxKernel(x: View, axis: number): View {
  const out = emptyView(
    x.shape.map((n, k) => (k === axis ? 1 : n)),
    'int32',
  );
  const rest = x.shape.map((_, k) => k).filter((k) => k !== axis);
  const outer = permuteView(x, rest);
  const length = x.shape[axis]!;
  const step = x.stride[axis]!;
  const [data, target] = [x.data, out.data];
  let at = 0;
  eachRow(outer.shape, [outer], ([start], [stride], n) => {
    for (let i = 0; i < n; i++) {
      let o = start! + i * stride!;
      let best = 0;
      let value = data[o]!;
      for (let k = 1; k < length && !Number.isNaN(value); k++) {
        o += step;
        const next = data[o]!;
        if (next > value || Number.isNaN(next)) {
          value = next;
          best = k;
        }
      }
      target[at++] = best;
    }
  });
  return out;
}

/** Euclidean norm over `axes` (kept with size 1), scaled by max|x| where the plain sum over- or underflows. */
export function normKernel(x: View, axes: readonly number[]): View {
  const squares = reduceKernel(
    0,
    (acc, data, o, s, n) => {
      for (let i = 0; i < n; i++) acc += data[o + i * s]! ** 2;
      return acc;
    },
    Math.sqrt,
  )(x, axes, 'float64');
  const largest = reduceKernel(0, (acc, data, o, s, n) => {
    for (let i = 0; i < n; i++) {
      const value = Math.abs(data[o + i * s]!);
      if (value > acc || Number.isNaN(value)) acc = value;
    }
    return acc;
  })(x, axes, 'float64');
  const extreme = (m: number): boolean => (m > 1e150 || m < 1e-140) && m > 0 && m < Infinity;
  const out = emptyView(squares.shape, x.dtype);
  for (let i = 0; i < out.data.length; i++) out.data[i] = squares.data[i]!;
  if (!largest.data.some(extreme)) return out;
  const scaled = reduceKernelScaled(x, axes, largest);
  for (let i = 0; i < out.data.length; i++) {
    if (extreme(largest.data[i]!)) out.data[i] = largest.data[i]! * scaled[i]!;
  }
  return out;
}

/** `sqrt(sum (x / largest)^2)` for each reduction, in output order. */
function reduceKernelScaled(x: View, axes: readonly number[], largest: View): Float64Array {
  const sums = new Float64Array(largest.data.length);
  const reduced = new Set(axes);
  const outStride = largest.stride.map((s, k) => (reduced.has(k) ? 0 : s));
  eachRow(x.shape, [x, { stride: outStride, offset: 0 }], ([o, w], [s, sw], n) => {
    for (let i = 0; i < n; i++) {
      const to = w! + i * sw!;
      sums[to]! += (x.data[o! + i * s!]! / largest.data[to]!) ** 2;
    }
  });
  return sums.map(Math.sqrt);
}
