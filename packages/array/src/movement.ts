import { contiguous, isContiguous, rowMajorStrides, type Shape, type View } from './view.ts';

/** The view with its axes reordered: axis `k` of the result is axis `permutation[k]` of the input. */
export function permuteView(view: View, permutation: readonly number[]): View {
  return {
    ...view,
    shape: permutation.map((axis) => view.shape[axis]!),
    stride: permutation.map((axis) => view.stride[axis]!),
  };
}

/** The elements in row-major order under a new shape of the same size; copies only when it must. */
export function reshapeView(view: View, shape: Shape): View {
  const source = isContiguous(view) ? view : contiguous(view);
  return { ...source, shape, stride: rowMajorStrides(shape) };
}

/** Repeats the view over `shape` with strides of 0; the caller has checked that it broadcasts. */
export function broadcastView(view: View, shape: Shape): View {
  const added = shape.length - view.shape.length;
  const stride = shape.map((n, k) => {
    if (k < added) return 0;
    return view.shape[k - added] === 1 && n !== 1 ? 0 : view.stride[k - added]!;
  });
  return { ...view, shape, stride };
}

/** Elements `starts[k], starts[k] + steps[k], ...` below `stops[k]` along each axis; steps > 0. */
export function sliceView(
  view: View,
  starts: readonly number[],
  stops: readonly number[],
  steps: readonly number[],
): View {
  let offset = view.offset;
  const shape = view.shape.map((_, k) =>
    Math.max(0, Math.ceil((stops[k]! - starts[k]!) / steps[k]!)),
  );
  for (let k = 0; k < shape.length; k++) if (shape[k]! > 0) offset += starts[k]! * view.stride[k]!;
  return { ...view, shape, stride: view.stride.map((s, k) => s * steps[k]!), offset };
}

/** The view read backwards along `axes`. */
export function flipView(view: View, axes: readonly number[]): View {
  let offset = view.offset;
  const stride = [...view.stride];
  for (const axis of axes) {
    if (view.shape[axis]! > 0) offset += (view.shape[axis]! - 1) * stride[axis]!;
    stride[axis] = -stride[axis]!;
  }
  return { ...view, stride, offset };
}
