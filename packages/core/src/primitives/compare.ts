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
export const equalP: Primitive<2, null> = comparison(
  'equal',
  zipKernel((x, y) => Number(x === y), 'bool'),
);
/** Elementwise `x != y`. */
export const notEqualP: Primitive<2, null> = comparison(
  'notEqual',
  zipKernel((x, y) => Number(x !== y), 'bool'),
);
/** Elementwise `x < y`. */
export const lessP: Primitive<2, null> = comparison(
  'less',
  zipKernel((x, y) => Number(x < y), 'bool'),
);
/** Elementwise `x <= y`. */
export const lessEqualP: Primitive<2, null> = comparison(
  'lessEqual',
  zipKernel((x, y) => Number(x <= y), 'bool'),
);

/** Elementwise `x == y` as `bool`, with broadcasting; NaN equals nothing. */
export const equal = (x: TensorLike, y: TensorLike): Tensor =>
  bind(equalP, coercePair('equal', x, y), null);

/** Elementwise `x != y` as `bool`, with broadcasting. */
export const notEqual = (x: TensorLike, y: TensorLike): Tensor =>
  bind(notEqualP, coercePair('notEqual', x, y), null);

/** Elementwise `x < y` as `bool`, with broadcasting. */
export const less = (x: TensorLike, y: TensorLike): Tensor =>
  bind(lessP, coercePair('less', x, y), null);

/** Elementwise `x <= y` as `bool`, with broadcasting. */
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor =>
  bind(lessEqualP, coercePair('lessEqual', x, y), null);

/** Elementwise `x > y` as `bool`, with broadcasting. */
export function greater(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('greater', x, y);
  return bind(lessP, [b, a], null);
}

/** Elementwise `x >= y` as `bool`, with broadcasting. */
export function greaterEqual(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('greaterEqual', x, y);
  return bind(lessEqualP, [b, a], null);
}
