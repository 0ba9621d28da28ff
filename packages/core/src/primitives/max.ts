import { argmaxKernel, maxKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis, type ReduceOptions, reducedAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import { ShapeError, showShape } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { astype } from './astype.ts';
import { equal } from './compare.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { sub } from './sub.ts';
import { broadcastTo, dropAxes, sum } from './sum-broadcast.ts';

function inferReduced(name: string, x: Aval, axes: readonly number[]): readonly number[] {
  requireNumeric(name, x.dtype);
  if (axes.some((k) => x.shape[k] === 0)) {
    throw new ShapeError(
      `${name}: nothing to choose from along axes [${axes.join(', ')}] of ${showShape(x.shape)}.`,
    );
  }
  return x.shape.map((n, k) => (axes.includes(k) ? 1 : n));
}

/** Largest value over axes, which stay with size 1. Ties share the cotangent equally. */
export const maxP: Primitive<1, { readonly axes: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'max',
    infer: ([x], { axes }) => ({ shape: inferReduced('max', x, axes), dtype: x.dtype }),
    forward: ([x], { axes }) => maxKernel(x, axes),
    vjp: [
      (ans, [x], { axes }) => {
        const winners = astype(equal(x, broadcastTo(ans, x.shape)), x.dtype);
        const share = div(winners, sum(winners, { axis: axes, keepdims: true }));
        return (g) => mul(broadcastTo(g, share.shape), share);
      },
    ],
    cases: (draw) => {
      const shape = draw.shape({ minSize: 1 });
      const axes = draw.axes(shape.length);
      return { inputs: [draw.tensor(shape, { distinct: true })], attrs: { axes } };
    },
  });

/** Position of the first maximum along one axis, which stays with size 1. */
export const argmaxP: Primitive<1, { readonly axis: number }> = /* @__PURE__ */ definePrimitive({
  name: 'argmax',
  infer: ([x], { axis }) => ({ shape: inferReduced('argmax', x, [axis]), dtype: 'int32' }),
  forward: ([x], { axis }) => argmaxKernel(x, axis),
  vjp: [null],
  discrete: 'the result is an index',
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    return { inputs: [draw.tensor(shape)], attrs: { axis: draw.integer(0, shape.length - 1) } };
  },
});

/**
 * Largest value over `axis`; NaN wins. Ties share the gradient equally.
 *
 * @throws ShapeError for an empty axis
 * @example
 * ```ts
 * max(tensor([[1, 5], [7, 2]]), { axis: 1 }).toArray(); // => [5, 7]
 * ```
 */
export function max(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x);
  const axes = reducedAxes('max', options, source.shape);
  const kept = bind(maxP, [source], { axes });
  return options.keepdims === true ? kept : dropAxes(kept, axes);
}

/**
 * Smallest value over `axis`; NaN wins. Ties share the gradient equally.
 *
 * @example
 * ```ts
 * min(tensor([3, 1, 2])).item(); // => 1
 * ```
 */
export function min(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x);
  return reversed(max(reversed(source), options));
}

/**
 * The values in opposite order: `-x`, or `-1 - x` for integers, whose range is not symmetric (negation
 * maps the smallest int32, and 0 in uint32, to themselves).
 */
const reversed = (x: Tensor): Tensor =>
  x.dtype === 'int32' ? sub(-1, x) : x.dtype === 'uint32' ? sub(2 ** 32 - 1, x) : neg(x);

/**
 * Position of the largest value along one axis, the first among equals, as int32. No gradient.
 *
 * @example
 * ```ts
 * argmax(tensor([[1, 5], [7, 2]]), { axis: 1 }).toArray(); // => [1, 0]
 * ```
 */
export function argmax(
  x: TensorLike,
  options: { readonly axis: number; readonly keepdims?: boolean },
): Tensor {
  const source = asTensor(x);
  const axis = normalizeAxis('argmax', options.axis, source.shape);
  const kept = bind(argmaxP, [source], { axis });
  return options.keepdims === true ? kept : dropAxes(kept, [axis]);
}

/**
 * Position of the smallest value along one axis, the first among equals, as int32. No gradient.
 *
 * @example
 * ```ts
 * argmin(tensor([3, 1, 2]), { axis: 0 }).item(); // => 1
 * ```
 */
export const argmin = (
  x: TensorLike,
  options: { readonly axis: number; readonly keepdims?: boolean },
): Tensor => argmax(reversed(asTensor(x)), options);
