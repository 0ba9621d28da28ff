import type { Shape } from '@tikhonov/core';

/**
 * Where the elements of a value lie in the storage of another: element `index` at
 * `offset + sum(index[k] * strides[k])`, in elements. A stride of 0 repeats, a negative one walks
 * backwards.
 */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The number of elements of a shape. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
};

/** Row-major, from the start. */
export function dense(shape: Shape): Layout {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    strides[k] = step;
    step *= shape[k]!;
  }
  return { shape, strides, offset: 0 };
}

/** Whether it is what `dense` gives for its shape, but for the offset; axes of size 1 do not count. */
export function isDense({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): boolean {
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] !== 1 && strides[k] !== step) return false;
    step *= shape[k]!;
  }
  return true;
}

/**
 * The same elements under another shape, or `null` if no strides can say that: then they must be
 * copied. Axes are matched in runs of equal size, each of which must lie in one stride.
 */
export function reshaped(layout: Layout, shape: Shape): Layout | null {
  if (shape.includes(0)) return { ...dense(shape), offset: layout.offset };
  const axes = layout.shape.flatMap((n, k) => (n === 1 ? [] : [{ n, stride: layout.strides[k]! }]));
  const strides = new Array<number>(shape.length).fill(0);
  let from = 0;
  let to = 0;
  while (to < shape.length) {
    if (shape[to] === 1) {
      to += 1;
      continue;
    }
    let [given, wanted] = [axes[from]!.n, shape[to]!];
    let [lastFrom, lastTo] = [from, to];
    while (given !== wanted) {
      if (given < wanted) given *= axes[++lastFrom]!.n;
      else wanted *= shape[++lastTo]!;
    }
    for (let k = from; k < lastFrom; k++) {
      if (axes[k]!.stride !== axes[k + 1]!.stride * axes[k + 1]!.n) return null;
    }
    let step = axes[lastFrom]!.stride;
    for (let k = lastTo; k >= to; k--) {
      strides[k] = step;
      step *= shape[k]!;
    }
    [from, to] = [lastFrom + 1, lastTo + 1];
  }
  return { shape, strides, offset: layout.offset };
}
