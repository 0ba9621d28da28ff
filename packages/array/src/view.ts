import { allocate, type DType, type TypedArray } from './dtype.ts';
import { copyStrided } from './strided-copy.ts';

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/**
 * A strided window on a typed array, with ndarray's own layout: element `index` lies at
 * `data[offset + sum(index[k] * stride[k])]`. A stride of 0 repeats (broadcasting), a negative one
 * walks backwards. Nothing in this package writes through a view it was given.
 */
export interface View {
  readonly dtype: DType;
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides of a shape. */
export function rowMajorStrides(shape: Shape): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    stride[k] = step;
    step *= shape[k]!;
  }
  return stride;
}

/** A contiguous row-major view on `data`, which is not copied. */
export function viewOf(data: TypedArray, shape: Shape, dtype: DType): View {
  return { dtype, data, shape, stride: rowMajorStrides(shape), offset: 0 };
}

/** A fresh zeroed row-major view. */
export const emptyView = (shape: Shape, dtype: DType): View =>
  viewOf(allocate(dtype, sizeOf(shape)), shape, dtype);

/** Whether the elements lie in row-major order without gaps (the offset may be anything). */
export function isContiguous(view: View): boolean {
  let step = 1;
  for (let k = view.shape.length - 1; k >= 0; k--) {
    const n = view.shape[k]!;
    if (n !== 1 && view.stride[k] !== step) return false;
    step *= n;
  }
  return true;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/**
 * Calls `row(offsets, n)` for every innermost row of a loop nest over `shape`, where `offsets[i]` is
 * where operand `i`'s row starts. Adjacent axes that every operand walks in one stride are merged
 * first, so contiguous operands get a single call. Returns the row strides that `row` must use.
 */
export function eachRow(
  shape: Shape,
  operands: readonly { readonly stride: readonly number[]; readonly offset: number }[],
  row: (offsets: readonly number[], strides: readonly number[], n: number) => void,
): void {
  const count = operands.length;
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let k = 0; k < shape.length; k++) {
    const n = shape[k]!;
    if (n === 0) return;
    if (n === 1) continue;
    const last = sizes.length - 1;
    let merges = last >= 0;
    for (let i = 0; merges && i < count; i++) {
      merges = strides[i]![last] === operands[i]!.stride[k]! * n;
    }
    if (merges) sizes[last]! *= n;
    else sizes.push(n);
    const at = sizes.length - 1;
    for (let i = 0; i < count; i++) strides[i]![at] = operands[i]!.stride[k]!;
  }
  const offsets = operands.map((operand) => operand.offset);
  if (sizes.length === 0) {
    row(offsets, new Array<number>(count).fill(0), 1);
    return;
  }
  const inner = sizes.length - 1;
  const rowStrides = strides.map((s) => s[inner]!);
  const n = sizes[inner]!;
  const counter = new Array<number>(inner).fill(0);
  for (;;) {
    row(offsets, rowStrides, n);
    let k = inner - 1;
    for (; k >= 0; k--) {
      counter[k]!++;
      for (let i = 0; i < count; i++) offsets[i]! += strides[i]![k]!;
      if (counter[k]! < sizes[k]!) break;
      for (let i = 0; i < count; i++) offsets[i]! -= strides[i]![k]! * sizes[k]!;
      counter[k] = 0;
    }
    if (k < 0) return;
  }
}

/** The same elements in fresh row-major storage, or the view itself if it is exactly that already. */
export function contiguous(view: View): View {
  if (view.offset === 0 && isContiguous(view) && view.data.length === sizeOf(view.shape)) {
    return view;
  }
  return copyAs(view, view.dtype);
}

/**
 * A fresh row-major copy in another dtype. Floating to integer truncates toward zero and wraps as
 * JavaScript's typed arrays do; anything to `bool` is `value !== 0`.
 */
export function copyAs(view: View, dtype: DType): View {
  const out = emptyView(view.shape, dtype);
  const target = out.data;
  const source = view.data;
  if (dtype !== 'bool' && view.data.length > 0 && isContiguous(view)) {
    target.set(source.subarray(view.offset, view.offset + target.length));
    return out;
  }
  if (dtype !== 'bool') {
    const { shape, offset, stride } = view;
    copyStrided(shape, target, 0, out.stride, source, offset, stride);
    return out;
  }
  eachRow(view.shape, [out, view], ([o, x], [, sx], n) => {
    for (let i = 0; i < n; i++) target[o! + i] = source[x! + i * sx!] !== 0 ? 1 : 0;
  });
  return out;
}
