import { type DType, isFloating, type TypedArray } from './dtype.ts';
import { eachRow, emptyView, type View } from './view.ts';

// V8 compiles an access for the classes of typed array that it has met there, four at most; at the fifth
// each element becomes a call, thirty times as slow. So a loop belongs to one operation, and loops that
// could meet all five keep `bool` apart.

/** Writes `f(x)` for one row: `out[o + i] = f(x[ox + i * sx])`, `i < n`. */
export type UnaryLoop = (
  out: TypedArray,
  o: number,
  x: TypedArray,
  ox: number,
  sx: number,
  n: number,
) => void;

/** Writes `f(x, y)` for one row: `out[o + i] = f(x[ox + i * sx], y[oy + i * sy])`, `i < n`. */
export type BinaryLoop = (
  out: TypedArray,
  o: number,
  x: TypedArray,
  ox: number,
  sx: number,
  y: TypedArray,
  oy: number,
  sy: number,
  n: number,
) => void;

/** The one stride of a view in row-major order: 1 if contiguous, 0 if one element repeats, else -1. */
function flatStride(view: View): number {
  const { shape, stride } = view;
  let step = 1;
  let dense = true;
  let repeated = true;
  for (let k = shape.length - 1; k >= 0; k--) {
    const n = shape[k]!;
    if (n === 1) continue;
    if (stride[k] !== step) dense = false;
    if (stride[k] !== 0) repeated = false;
    step *= n;
  }
  return dense ? 1 : repeated ? 0 : -1;
}

/** A unary elementwise kernel from a loop over one row; the result has the input's dtype or `dtype`. */
export const unaryKernel =
  (loop: UnaryLoop, dtype?: DType) =>
  (x: View): View => {
    const out = emptyView(x.shape, dtype ?? x.dtype);
    const sx = flatStride(x);
    if (sx >= 0) {
      loop(out.data, 0, x.data, x.offset, sx, out.data.length);
      return out;
    }
    eachRow(x.shape, [out, x], (at, stride, n) => {
      loop(out.data, at[0]!, x.data, at[1]!, stride[1]!, n);
    });
    return out;
  };

/** A unary elementwise kernel from a scalar function: shorter than a loop of its own, and slower. */
export function mapKernel(f: (x: number) => number, dtype?: DType): (x: View) => View {
  const floats = unaryKernel((out, o, x, ox, sx, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!);
  }, dtype);
  const others = unaryKernel((out, o, x, ox, sx, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!);
  }, dtype);
  return (x) => (isFloating(x.dtype) ? floats(x) : others(x));
}

/** A binary elementwise kernel on equal shapes, from a loop over one row. */
export const binaryKernel =
  (loop: BinaryLoop, dtype?: DType) =>
  (x: View, y: View): View => {
    const out = emptyView(x.shape, dtype ?? x.dtype);
    const sx = flatStride(x);
    const sy = flatStride(y);
    if (sx >= 0 && sy >= 0) {
      loop(out.data, 0, x.data, x.offset, sx, y.data, y.offset, sy, out.data.length);
      return out;
    }
    eachRow(x.shape, [out, x, y], (at, stride, n) => {
      loop(out.data, at[0]!, x.data, at[1]!, stride[1]!, y.data, at[2]!, stride[2]!, n);
    });
    return out;
  };

/** A binary elementwise kernel on equal shapes, from a scalar function; see `mapKernel`. */
export function zipKernel(
  f: (x: number, y: number) => number,
  dtype?: DType,
): (x: View, y: View) => View {
  const floats = binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!, y[oy + i * sy]!);
  }, dtype);
  const others = binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!, y[oy + i * sy]!);
  }, dtype);
  return (x, y) => (isFloating(x.dtype) ? floats(x, y) : others(x, y));
}

/** `condition ? x : y`, elementwise on equal shapes. */
export function selectKernel(condition: View, x: View, y: View): View {
  const out = emptyView(x.shape, x.dtype);
  const [sc, sx, sy] = [flatStride(condition), flatStride(x), flatStride(y)];
  const select = x.dtype === 'bool' ? selectBools : selectNumbers;
  const [c, a, b, target] = [condition.data, x.data, y.data, out.data];
  if (sc >= 0 && sx >= 0 && sy >= 0) {
    const n = target.length;
    select(target, 0, c, condition.offset, sc, a, x.offset, sx, b, y.offset, sy, n);
    return out;
  }
  eachRow(x.shape, [out, condition, x, y], ([o, oc, ox, oy], [, tc, tx, ty], n) => {
    select(target, o!, c, oc!, tc!, a, ox!, tx!, b, oy!, ty!, n);
  });
  return out;
}

type SelectLoop = (
  out: TypedArray,
  o: number,
  c: TypedArray,
  oc: number,
  sc: number,
  x: TypedArray,
  ox: number,
  sx: number,
  y: TypedArray,
  oy: number,
  sy: number,
  n: number,
) => void;

// By a table of two, without a branch: on a random condition that is twice as fast.
const selectNumbers: SelectLoop = (out, o, c, oc, sc, x, ox, sx, y, oy, sy, n) => {
  const pair = new Float64Array(2);
  for (let i = 0; i < n; i++) {
    pair[0] = y[oy + i * sy]!;
    pair[1] = x[ox + i * sx]!;
    out[o + i] = pair[Number(c[oc + i * sc] !== 0)]!;
  }
};

const selectBools: SelectLoop = (out, o, c, oc, sc, x, ox, sx, y, oy, sy, n) => {
  for (let i = 0; i < n; i++) {
    out[o + i] = c[oc + i * sc] !== 0 ? x[ox + i * sx]! : y[oy + i * sy]!;
  }
};
