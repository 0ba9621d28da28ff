import type { DType, TypedArray } from './dtype.ts';
import { eachRow, emptyView, type View } from './view.ts';

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

/** A unary elementwise kernel from a loop over one row; the result has the input's dtype or `dtype`. */
export const unaryKernel =
  (loop: UnaryLoop, dtype?: DType) =>
  (x: View): View => {
    const out = emptyView(x.shape, dtype ?? x.dtype);
    eachRow(x.shape, [out, x], (at, stride, n) => {
      loop(out.data, at[0]!, x.data, at[1]!, stride[1]!, n);
    });
    return out;
  };

/** A unary elementwise kernel from a scalar function. */
export const mapKernel = (f: (x: number) => number, dtype?: DType): ((x: View) => View) =>
  unaryKernel((out, o, x, ox, sx, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!);
  }, dtype);

/** A binary elementwise kernel on equal shapes, from a loop over one row. */
export const binaryKernel =
  (loop: BinaryLoop, dtype?: DType) =>
  (x: View, y: View): View => {
    const out = emptyView(x.shape, dtype ?? x.dtype);
    eachRow(x.shape, [out, x, y], (at, stride, n) => {
      loop(out.data, at[0]!, x.data, at[1]!, stride[1]!, y.data, at[2]!, stride[2]!, n);
    });
    return out;
  };

/** A binary elementwise kernel on equal shapes, from a scalar function. */
export const zipKernel = (
  f: (x: number, y: number) => number,
  dtype?: DType,
): ((x: View, y: View) => View) =>
  binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = f(x[ox + i * sx]!, y[oy + i * sy]!);
  }, dtype);

/** `condition ? x : y`, elementwise on equal shapes. */
export function selectKernel(condition: View, x: View, y: View): View {
  const out = emptyView(x.shape, x.dtype);
  const [c, a, b, target] = [condition.data, x.data, y.data, out.data];
  eachRow(x.shape, [out, condition, x, y], ([o, oc, oa, ob], [, sc, sa, sb], n) => {
    for (let i = 0; i < n; i++) {
      target[o! + i] = c[oc! + i * sc!] !== 0 ? a[oa! + i * sa!]! : b[ob! + i * sb!]!;
    }
  });
  return out;
}
