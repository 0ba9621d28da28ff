import { broadcastShapes, broadcastView, type Shape, sameShape, sumKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { checkShape } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { astype } from './astype.ts';
import { reshape } from './reshape.ts';

// Sum and broadcast are each other's adjoint, so they share a file.

/** Shape with the reduced axes set to 1. */
const keepShape = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((n, k) => (axes.includes(k) ? 1 : n));

/** Sum over axes, which stay with size 1. The cotangent is broadcast back. */
export const sumP: Primitive<1, { readonly axes: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'sum',
    infer: ([x], { axes }) => {
      requireNumeric('sum', x.dtype);
      return { shape: keepShape(x.shape, axes), dtype: x.dtype };
    },
    forward: ([x], { axes }) => sumKernel(x, axes),
    vjp: [
      (_ans, [x]) => {
        const shape = x.shape;
        return (g) => broadcastTo(g, shape);
      },
    ],
  });

export const sumChecks: Checks<typeof sumP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape)], attrs: { axes: draw.axes(shape.length) } };
  },
};

/** Repetition over new or size-1 axes (no copy). The cotangent is summed over what was repeated. */
export const broadcastToP: Primitive<1, { readonly shape: Shape }> =
  /* @__PURE__ */ definePrimitive({
    name: 'broadcastTo',
    infer: ([x], { shape }) => {
      const joint = broadcastShapes(x.shape, shape);
      if (joint === undefined || !sameShape(joint, shape)) {
        throw new ShapeError(
          `broadcastTo: shape ${showShape(x.shape)} does not broadcast to ${showShape(shape)}.\n` +
            '  Aligned at the last axis, each size must be equal to the target or 1.',
        );
      }
      return { shape, dtype: x.dtype };
    },
    forward: ([x], { shape }) => broadcastView(x, shape),
    vjp: [
      (_ans, [x]) => {
        const shape = x.shape;
        return (g) => sumTo(g, shape);
      },
    ],
  });

export const broadcastToChecks: Checks<typeof broadcastToP> = {
  cases: (draw) => {
    const shape = draw.shape();
    const lead = draw.shape({ maxRank: 1 });
    const source = shape.map((n) => draw.pick([1, n]));
    return { inputs: [draw.tensor(source)], attrs: { shape: [...lead, ...shape] } };
  },
};

/**
 * The tensor repeated to `shape` by NumPy's broadcasting rule; nothing is copied. `[...s] -> shape`.
 *
 * @throws ShapeError if it does not broadcast to `shape`
 * @example
 * ```ts
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray(); // => [[1, 2], [1, 2]]
 * ```
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const source = asTensor(x, 'broadcastTo');
  checkShape('broadcastTo', shape);
  if (sameShape(source.shape, shape)) return source;
  return bind(broadcastToP, [source], { shape: [...shape] });
}

/** Sums a broadcast tensor back to the shape it came from. */
function sumTo(g: Tensor, shape: Shape): Tensor {
  const added = g.shape.length - shape.length;
  const axes = g.shape
    .map((_, k) => k)
    .filter((k) => k < added || (shape[k - added] === 1 && g.shape[k] !== 1));
  return reshape(axes.length === 0 ? g : bind(sumP, [g], { axes }), shape);
}

/**
 * Sum of the elements over `axis`; 0 for none. Floating sums are accumulated in float64 and rounded
 * once. Of bool, the number of elements that are true, as int32.
 *
 * @param x  `[...s]`
 * @example
 * ```ts
 * sum(tensor([[1, 2], [3, 4]]), { axis: 0 }).toArray(); // => [4, 6]
 * ```
 */
export function sum(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const given = asTensor(x, 'sum');
  const source = given.dtype === 'bool' ? astype(given, 'int32') : given;
  const axes = reducedAxes('sum', options, source.shape);
  const kept = bind(sumP, [source], { axes });
  return options.keepdims === true ? kept : dropAxes(kept, axes);
}

/** Removes axes of size 1. */
export const dropAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0
    ? x
    : reshape(
        x,
        x.shape.filter((_, k) => !axes.includes(k)),
      );
