import { argmaxKernel, maxKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis, type ReduceOptions, reducedAxes, reduceNames } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { zerosLike } from '../create.ts';
import { hasAval, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { astype } from './astype.ts';
import { equal } from './compare.ts';
import { div } from './div.ts';
import { neg } from './neg.ts';
import { reshape } from './reshape.ts';
import { sub } from './sub.ts';
import { broadcastTo, dropAxes, sum } from './sum-broadcast.ts';
import { where } from './where.ts';

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
        const winners = equal(x, broadcastTo(ans, x.shape));
        const count = sum(astype(winners, x.dtype), { axis: axes, keepdims: true });
        const { shape } = x;
        // Where the maximum is NaN nothing equals it: then there are losers only, with gradient NaN.
        const nothing = broadcastTo(where(equal(ans, ans), zerosLike(ans), NaN), shape);
        // Chosen, not multiplied by 0: the cotangent may be infinite.
        return (g) => where(winners, broadcastTo(div(g, count), shape), nothing);
      },
    ],
  });

export const maxChecks: Checks<typeof maxP> = {
  cases: (draw) => {
    const drawn = draw.shape();
    const axes = draw.axes(drawn.length);
    const shape = drawn.map((n, k) => (axes.includes(k) ? Math.max(1, n) : n));
    return { inputs: [draw.tensor(shape, { distinct: true })], attrs: { axes } };
  },
};

/** Position of the first maximum along one axis, which stays with size 1. */
export const argmaxP: Primitive<1, { readonly axis: number }> = /* @__PURE__ */ definePrimitive({
  name: 'argmax',
  infer: ([x], { axis }) => ({ shape: inferReduced('argmax', x, [axis]), dtype: 'int32' }),
  forward: ([x], { axis }) => argmaxKernel(x, axis),
  vjp: [null],
});

export const argmaxChecks: Checks<typeof argmaxP> = {
  discrete: 'the result is an index',
  cases: (draw) => {
    const drawn = draw.shape({ minRank: 1 });
    const axis = draw.integer(0, drawn.length - 1);
    const shape = drawn.map((n, k) => (k === axis ? Math.max(1, n) : n));
    return { inputs: [draw.tensor(shape)], attrs: { axis } };
  },
};

function axesOver(name: 'max' | 'min', options: ReduceOptions, x: Tensor): number[] {
  if (hasAval(options)) {
    throw new TypeError(`${name}: reduces one tensor, got two. Did you mean ${name}imum(x, y)?`);
  }
  return reducedAxes(name, options, x.shape);
}

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
  const source = asTensor(x, 'max');
  const axes = axesOver('max', options, source);
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
  const source = asTensor(x, 'min');
  const axes = axesOver('min', options, source);
  inferReduced('min', source, axes);
  return reversed(max(reversed(source), options));
}

/**
 * The values in opposite order: `-x`, or `-1 - x` for integers, whose range is not symmetric (negation
 * maps the smallest int32, and 0 in uint32, to themselves).
 */
const reversed = (x: Tensor): Tensor =>
  x.dtype === 'int32' ? sub(-1, x) : x.dtype === 'uint32' ? sub(2 ** 32 - 1, x) : neg(x);

/** Options of `argmax` and `argmin`. */
export interface ArgOptions {
  /** The one axis to search. @defaultValue none: the position is that in the flattened tensor */
  readonly axis?: number;
  /** Keep reduced axes with size 1. @defaultValue false */
  readonly keepdims?: boolean;
}

function position(name: string, x: Tensor, options: ArgOptions): Tensor {
  requireOptions(name, options, reduceNames);
  const whole = options.axis === undefined;
  const source = whole ? reshape(x, [-1]) : x;
  const axis = normalizeAxis(name, options.axis ?? 0, source.shape);
  if (source.shape[axis] === 0) inferReduced(name, source, [axis]);
  const kept = bind(argmaxP, [source], { axis });
  const shape = x.shape.map((n, k) => (whole || k === axis ? 1 : n));
  return reshape(
    kept,
    options.keepdims === true ? shape : shape.filter((_, k) => !whole && k !== axis),
  );
}

/**
 * Position of the largest value along one axis, or in the flattened tensor, as int32: the first among
 * equals; NaN counts as the largest. No gradient.
 *
 * @throws ShapeError for an empty axis or one out of range; DTypeError for bool
 * @example
 * ```ts
 * argmax(tensor([[1, 5], [7, 2]]), { axis: 1 }).toArray(); // => [1, 0]
 * argmax(tensor([[1, 5], [7, 2]])).item(); // => 2
 * ```
 */
export const argmax = (x: TensorLike, options: ArgOptions = {}): Tensor =>
  position('argmax', asTensor(x, 'argmax'), options);

/**
 * Position of the smallest value along one axis, or in the flattened tensor, as int32: the first among
 * equals; NaN counts as the smallest. No gradient.
 *
 * @throws ShapeError for an empty axis or one out of range; DTypeError for bool
 * @example
 * ```ts
 * argmin(tensor([3, 1, 2])).item(); // => 1
 * ```
 */
export function argmin(x: TensorLike, options: ArgOptions = {}): Tensor {
  const source = asTensor(x, 'argmin');
  requireNumeric('argmin', source.dtype);
  return position('argmin', reversed(source), options);
}
