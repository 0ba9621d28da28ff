import { type Shape, sumWindowsKernel, type WindowSteps, windowsView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { bind } from '../bind.ts';
import type { CaseDraw } from '../case-draw.ts';
import type { Checks } from '../checks.ts';
import { ShapeError, showShape, showValue } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

// Sliding windows and overlap-add are each other's adjoint, so they share a file.

/** Per windowed axis; these are the last axes of the plain array. */
export interface WindowsAttrs extends WindowSteps {
  readonly count: Shape;
  readonly size: Shape;
}

/** As `WindowsAttrs` less what the input's shape tells; `extent` is the shape that windows lie in. */
export interface SumWindowsAttrs extends WindowSteps {
  readonly extent: Shape;
}

/** Throws unless the last element of the last window lies inside `extent`. */
function requireInside(
  name: string,
  extent: Shape,
  { count, size, stride, dilation }: WindowsAttrs,
): void {
  const used = count.map((n, k) =>
    n === 0 || size[k] === 0 ? 0 : (n - 1) * stride[k]! + (size[k]! - 1) * dilation[k]! + 1,
  );
  if (used.some((n, k) => n > extent[k]!)) {
    throw new ShapeError(
      `${name}: ${showShape(count)} windows of ${showShape(size)} reach over ${showShape(used)}, but the axes have ${showShape(extent)}.\n` +
        '  Take fewer or smaller windows, or pad first.',
    );
  }
}

/** Windows over the last axes, without a copy: `[...b, ...n] -> [...b, ...count, ...size]`. */
export const windowsP: Primitive<1, WindowsAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'windows',
  infer: ([x], attrs) => {
    const lead = x.shape.length - attrs.count.length;
    requireInside('windows', x.shape.slice(lead), attrs);
    return { shape: [...x.shape.slice(0, lead), ...attrs.count, ...attrs.size], dtype: x.dtype };
  },
  forward: ([x], attrs) => windowsView(x, attrs.count, attrs.size, attrs),
  vjp: [
    (_ans, [x], { count, stride, dilation }) => {
      const extent = x.shape.slice(x.shape.length - count.length);
      return (g) => bind(sumWindowsP, [g], { extent, stride, dilation });
    },
  ],
});

export const windowsChecks: Checks<typeof windowsP> = {
  cases: (draw) => {
    const { lead, extent, attrs } = drawWindows(draw);
    return { inputs: [draw.tensor([...lead, ...extent])], attrs };
  },
};

/** Overlapping windows added up in place: `[...b, ...count, ...size] -> [...b, ...extent]`. */
export const sumWindowsP: Primitive<1, SumWindowsAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'sumWindows',
  infer: ([y], { extent, stride, dilation }) => {
    requireNumeric('sumWindows', y.dtype);
    const { lead, count, size } = splitWindows(y.shape, extent.length);
    requireInside('sumWindows', extent, { count, size, stride, dilation });
    return { shape: [...lead, ...extent], dtype: y.dtype };
  },
  forward: ([y], attrs) => sumWindowsKernel(y, attrs.extent, attrs),
  vjp: [
    (_ans, [y], { extent, stride, dilation }) => {
      const { count, size } = splitWindows(y.shape, extent.length);
      return (g) => bind(windowsP, [g], { count, size, stride, dilation });
    },
  ],
});

export const sumWindowsChecks: Checks<typeof sumWindowsP> = {
  cases: (draw) => {
    const { lead, extent, attrs } = drawWindows(draw);
    const { count, size, stride, dilation } = attrs;
    return {
      inputs: [draw.tensor([...lead, ...count, ...size])],
      attrs: { extent, stride, dilation },
    };
  },
};

const splitWindows = (shape: Shape, axes: number): { lead: Shape; count: Shape; size: Shape } => ({
  lead: shape.slice(0, shape.length - 2 * axes),
  count: shape.slice(shape.length - 2 * axes, shape.length - axes),
  size: shape.slice(shape.length - axes),
});

/** Windows over up to two axes, and an extent with at most one element to spare. */
function drawWindows(draw: CaseDraw): { lead: Shape; extent: Shape; attrs: WindowsAttrs } {
  const lead = draw.shape({ maxRank: 1, maxSize: 2 });
  const axes = draw.pick([1, 2, 0].map((n) => Array.from({ length: n }, (_, k) => k)));
  const amount = (min: number): number[] => axes.map(() => draw.integer(min, 3));
  const [count, size, stride, dilation] = [amount(0), amount(0), amount(1), amount(0)];
  const extent = axes.map((k) => {
    const empty = count[k] === 0 || size[k] === 0;
    const used = empty ? 0 : (count[k]! - 1) * stride[k]! + (size[k]! - 1) * dilation[k]! + 1;
    return used + draw.integer(0, 1);
  });
  return { lead, extent, attrs: { count, size, stride, dilation } };
}

/** Options of `windows`: one entry per windowed axis. */
export interface WindowsOptions {
  /** Sizes of a window; their number says how many of the last axes are windowed. */
  readonly size: Shape;
  /** From one window to the next. @defaultValue 1 on every axis */
  readonly stride?: readonly number[];
  /** From one element of a window to the next. @defaultValue 1 on every axis */
  readonly dilation?: readonly number[];
}

/**
 * Every window of a size over the last axes, without a copy: `[...b, ...n] -> [...b, ...count, ...size]`
 * with `count = floor((n - (size - 1) * dilation - 1) / stride) + 1`. Convolution and pooling are made
 * of it.
 *
 * @throws ShapeError if a window is larger than its axis; RangeError for sizes, strides or dilations
 * that are not integers >= 1, or not one per windowed axis
 * @example
 * ```ts
 * windows(tensor([1, 2, 3, 4]), { size: [2] }).toArray(); // => [[1, 2], [2, 3], [3, 4]]
 * ```
 */
export function windows(x: TensorLike, options: WindowsOptions): Tensor {
  const source = asTensor(x, 'windows');
  requireOptions('windows', options, { size: true, stride: true, dilation: true });
  const { size } = options;
  const axes = Array.isArray(size) ? size.length : 0;
  const ones = new Array<number>(axes).fill(1);
  const { stride = ones, dilation = ones } = options;
  for (const [what, list] of Object.entries({ size, stride, dilation })) {
    const valid = Array.isArray(list) && list.every((n) => Number.isInteger(n) && n >= 1);
    if (!valid || list.length !== axes) {
      throw new RangeError(
        `windows: ${what} must be a list of integers >= 1, one per windowed axis, got ${showValue(list)}.`,
      );
    }
  }
  const extent = source.shape.slice(source.rank - size.length);
  const span = size.map((n, k) => (n - 1) * dilation[k]! + 1);
  if (size.length > source.rank || span.some((n, k) => n > extent[k]!)) {
    throw new ShapeError(
      `windows: windows over ${showShape(span)} do not fit into shape ${showShape(source.shape)}.\n` +
        '  Take smaller windows, or pad first.',
    );
  }
  const count = extent.map((n, k) => Math.floor((n - span[k]!) / stride[k]!) + 1);
  return bind(windowsP, [source], { count, size: [...size], stride, dilation });
}
