import { binaryKernel, copyAs, type View } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { PrimitiveChecks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

// Four primitives of one form: `bool` results, NaN compares as in IEEE 754, no derivative. Number(c)
// compiles without a branch, which `c ? 1 : 0` has: on data of random sign that is three times as fast.

const comparison = (name: string, kernel: (x: View, y: View) => View): Primitive<2, null> =>
  definePrimitive({
    name,
    infer: ([x]) => ({ shape: x.shape, dtype: 'bool' }),
    // Bytes would be the fifth class of array in the loop, which V8 then no longer compiles.
    forward: ([x, y]) =>
      x.dtype === 'bool' ? kernel(copyAs(x, 'int32'), copyAs(y, 'int32')) : kernel(x, y),
    vjp: [null, null],
  });

export const comparisonChecks: PrimitiveChecks<2, null> = {
  discrete: 'the result is bool',
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.integers(shape, -1, 1), draw.integers(shape, -1, 1)], attrs: null };
  },
};

/** Elementwise `x == y`; NaN equals nothing. */
export const equalP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'equal',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Number(x[ox + i * sx]! === y[oy + i * sy]!);
  }, 'bool'),
);
/** Elementwise `x != y`. */
export const notEqualP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'notEqual',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Number(x[ox + i * sx]! !== y[oy + i * sy]!);
  }, 'bool'),
);
/** Elementwise `x < y`. */
export const lessP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'less',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Number(x[ox + i * sx]! < y[oy + i * sy]!);
  }, 'bool'),
);
/** Elementwise `x <= y`. */
export const lessEqualP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'lessEqual',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Number(x[ox + i * sx]! <= y[oy + i * sy]!);
  }, 'bool'),
);

/**
 * Elementwise `x == y` as `bool`, with broadcasting; NaN equals nothing.
 *
 * @example
 * ```ts
 * equal(tensor([1, NaN]), tensor([1, NaN])).toArray(); // => [true, false]
 * ```
 */
export const equal = (x: TensorLike, y: TensorLike): Tensor =>
  bind(equalP, coercePair('equal', x, y), null);

/**
 * Elementwise `x != y` as `bool`, with broadcasting.
 *
 * @example
 * ```ts
 * notEqual(tensor([1, 2]), 1).toArray(); // => [false, true]
 * ```
 */
export const notEqual = (x: TensorLike, y: TensorLike): Tensor =>
  bind(notEqualP, coercePair('notEqual', x, y), null);

/**
 * Elementwise `x < y` as `bool`, with broadcasting.
 *
 * @example
 * ```ts
 * less(tensor([1, 2]), 2).toArray(); // => [true, false]
 * ```
 */
export const less = (x: TensorLike, y: TensorLike): Tensor =>
  bind(lessP, coercePair('less', x, y), null);

/**
 * Elementwise `x <= y` as `bool`, with broadcasting.
 *
 * @example
 * ```ts
 * lessEqual(tensor([1, 3]), 2).toArray(); // => [true, false]
 * ```
 */
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor =>
  bind(lessEqualP, coercePair('lessEqual', x, y), null);

/**
 * Elementwise `x > y` as `bool`, with broadcasting.
 *
 * @example
 * ```ts
 * greater(tensor([1, 3]), 2).toArray(); // => [false, true]
 * ```
 */
export function greater(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('greater', x, y);
  return bind(lessP, [b, a], null);
}

/**
 * Elementwise `x >= y` as `bool`, with broadcasting.
 *
 * @example
 * ```ts
 * greaterEqual(tensor([1, 2]), 2).toArray(); // => [false, true]
 * ```
 */
export function greaterEqual(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('greaterEqual', x, y);
  return bind(lessEqualP, [b, a], null);
}
