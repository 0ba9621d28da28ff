import { reshapeView, type Shape, sameShape, sizeOf } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, normalizeAxes, normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { ShapeError, showShape } from '../errors.ts';
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
  cases: (draw) => {
    const shape = draw.shape();
    const flat = sizeOf(shape);
    return {
      inputs: [draw.tensor(shape)],
      attrs: { shape: draw.pick<Shape>([[flat], [1, flat], [...shape].reverse()]) },
    };
  },
});

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
  const source = asTensor(x);
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
 * @example
 * ```ts
 * expandDims(tensor([1, 2]), -1).shape; // => [2, 1]
 * ```
 */
export function expandDims(x: TensorLike, axis: number): Tensor {
  const source = asTensor(x);
  const shape = [...source.shape];
  shape.splice(normalizeAxis('expandDims', axis, [...shape, 1]), 0, 1);
  return reshape(source, shape);
}

/**
 * Removes axes of size 1: the named ones, or all of them.
 *
 * @example
 * ```ts
 * squeeze(zeros([1, 3, 1])).shape; // => [3]
 * ```
 */
export function squeeze(x: TensorLike, axis?: AxisLike): Tensor {
  const source = asTensor(x);
  const axes =
    axis === undefined
      ? source.shape.map((_, k) => k).filter((k) => source.shape[k] === 1)
      : normalizeAxes('squeeze', axis, source.shape);
  const wrong = axes.find((k) => source.shape[k] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(`squeeze: axis ${wrong} of ${showShape(source.shape)} is not of size 1.`);
  }
  return reshape(
    source,
    source.shape.filter((_, k) => !axes.includes(k)),
  );
}

/**
 * All elements in one axis. `[...s] -> [size]`.
 *
 * @example
 * ```ts
 * flatten(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 2, 3, 4]
 * ```
 */
export const flatten = (x: TensorLike): Tensor => reshape(x, [-1]);
