import { reshapeView, type Shape, sameShape, sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import {
  type AxisLike,
  type AxisOrOption,
  axisGiven,
  normalizeAxes,
  normalizeAxis,
} from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** The same elements in row-major order under another shape. */
export const reshapeP: Primitive<1, { readonly shape: Shape }> = /* @__PURE__ */ definePrimitive({
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new ShapeError(
        `reshape: ${showShape(x.shape)} has ${sizeOf(x.shape)} elements, ${showShape(shape)} has ${sizeOf(shape)}.`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  forward: ([x], { shape }) => reshapeView(x, shape),
  vjp: [
    (_ans, [x]) => {
      const shape = x.shape;
      return (g) => reshape(g, shape);
    },
  ],
});

export const reshapeChecks: Checks<typeof reshapeP> = {
  cases: (draw) => {
    const shape = draw.shape();
    const flat = sizeOf(shape);
    return {
      inputs: [draw.tensor(shape)],
      attrs: { shape: draw.pick<Shape>([[flat], [1, flat], [...shape].reverse()]) },
    };
  },
};

/**
 * The elements in row-major order under a new shape. One size may be -1: it is computed.
 *
 * @throws ShapeError if the numbers of elements differ
 * @example
 * ```ts
 * reshape(tensor([1, 2, 3, 4]), [2, -1]).toArray(); // => [[1, 2], [3, 4]]
 * ```
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const source = asTensor(x, 'reshape');
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `reshape: the shape must be an array such as [2, -1], got ${String(shape)}.`,
    );
  }
  if (sameShape(source.shape, shape)) return source;
  return bind(reshapeP, [source], { shape: resolveShape(source.shape, shape) });
}

function resolveShape(from: Shape, shape: Shape): Shape {
  const free = shape.filter((n) => n === -1).length;
  if (free > 1 || !shape.every((n) => Number.isInteger(n) && n >= -1)) {
    throw new ShapeError(
      `reshape: ${showShape(shape)} is not a shape.\n  Sizes are integers >= 0; at most one may be -1.`,
    );
  }
  if (free === 0) return [...shape];
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const missing = sizeOf(from) / known;
  if (!Number.isInteger(missing)) {
    throw new ShapeError(
      `reshape: ${showShape(from)} has ${sizeOf(from)} elements, which ${showShape(shape)} cannot hold.`,
    );
  }
  return shape.map((n) => (n === -1 ? missing : n));
}

/**
 * Inserts an axis of size 1 at `axis` (of the result). `[...s] -> [..., 1, ...]`.
 *
 * @param axis  an integer, plainly or as `{ axis }`
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * expandDims(tensor([1, 2]), -1).shape; // => [2, 1]
 * ```
 */
export function expandDims(x: TensorLike, axis: AxisOrOption<number>): Tensor {
  const source = asTensor(x, 'expandDims');
  const shape = [...source.shape];
  const at = axisGiven('expandDims', axis) as number;
  shape.splice(normalizeAxis('expandDims', at, [...shape, 1]), 0, 1);
  return reshape(source, shape);
}

/**
 * Removes axes of size 1: the named ones, or all of them.
 *
 * @param axis  one or several, plainly or as `{ axis }`
 * @throws ShapeError for an axis out of range or of another size
 * @example
 * ```ts
 * squeeze(zeros([1, 3, 1])).shape; // => [3]
 * ```
 */
export function squeeze(x: TensorLike, axis?: AxisOrOption<AxisLike>): Tensor {
  const source = asTensor(x, 'squeeze');
  const given = axisGiven('squeeze', axis);
  const axes =
    given === undefined
      ? source.shape.map((_, k) => k).filter((k) => source.shape[k] === 1)
      : normalizeAxes('squeeze', given, source.shape);
  const wrong = axes.find((k) => source.shape[k] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(`squeeze: axis ${wrong} of ${showShape(source.shape)} is not of size 1.`);
  }
  return reshape(
    source,
    source.shape.filter((_, k) => !axes.includes(k)),
  );
}

/** Options of `flatten`. */
export interface FlattenOptions {
  /** The first axis to merge. @defaultValue 0 */
  readonly startAxis?: number;
  /** The last axis to merge. @defaultValue -1 */
  readonly endAxis?: number;
}

/**
 * Several axes merged into one, all of them unless the options say otherwise; a scalar becomes `[1]`.
 *
 * @throws ShapeError for an axis out of range, or a start behind the end
 * @example
 * ```ts
 * flatten(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 2, 3, 4]
 * flatten(zeros([2, 3, 4]), { startAxis: 1 }).shape; // => [2, 12]
 * ```
 */
export function flatten(x: TensorLike, options: FlattenOptions = {}): Tensor {
  const source = asTensor(x, 'flatten');
  requireOptions('flatten', options, { startAxis: true, endAxis: true });
  const axes = source.rank === 0 ? [1] : source.shape;
  const start = normalizeAxis('flatten', options.startAxis ?? 0, axes);
  const end = normalizeAxis('flatten', options.endAxis ?? -1, axes);
  if (start > end) {
    throw new ShapeError(
      `flatten: startAxis ${start} lies behind endAxis ${end} of ${showShape(axes)}.`,
    );
  }
  const merged = sizeOf(axes.slice(start, end + 1));
  return reshape(source, [...axes.slice(0, start), merged, ...axes.slice(end + 1)]);
}
