import { type View, zipKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

// Four primitives of one form: `bool` results, NaN compares as in IEEE 754, no derivative.

const comparison = (name: string, kernel: (x: View, y: View) => View): Primitive<2, null> =>
  definePrimitive({
    name,
    infer: ([x]) => ({ shape: x.shape, dtype: 'bool' }),
    forward: ([x, y]) => kernel(x, y),
    vjp: [null, null],
    discrete: 'the result is bool',
    cases: (draw) => {
      const shape = draw.shape();
      return { inputs: [draw.integers(shape, -1, 1), draw.integers(shape, -1, 1)], attrs: null };
    },
  });

/** Elementwise `x == y`; NaN equals nothing. */
export const equalP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'equal',
  /* @__PURE__ */ zipKernel((x, y) => Number(x === y), 'bool'),
);
/** Elementwise `x != y`. */
export const notEqualP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'notEqual',
  /* @__PURE__ */ zipKernel((x, y) => Number(x !== y), 'bool'),
);
/** Elementwise `x < y`. */
export const lessP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'less',
  /* @__PURE__ */ zipKernel((x, y) => Number(x < y), 'bool'),
);
/** Elementwise `x <= y`. */
export const lessEqualP: Primitive<2, null> = /* @__PURE__ */ comparison(
  'lessEqual',
  /* @__PURE__ */ zipKernel((x, y) => Number(x <= y), 'bool'),
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
