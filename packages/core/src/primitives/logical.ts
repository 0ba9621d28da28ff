import { mapKernel, zipKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { DTypeError } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { notEqual } from './compare.ts';

const boolean =
  (name: string) =>
  ([x]: readonly Aval[]): Aval => {
    if (x?.dtype !== 'bool') {
      throw new DTypeError(
        `${name}: needs bool, got ${x?.dtype}. Compare first, as in notEqual(x, 0).`,
      );
    }
    return { shape: x.shape, dtype: 'bool' };
  };

/** Elementwise negation of `bool`. */
export const logicalNotP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'logicalNot',
  infer: boolean('logicalNot'),
  forward: ([x]) => not(x),
  vjp: [null],
});

export const logicalNotChecks: Checks<typeof logicalNotP> = {
  discrete: 'the result is bool',
  cases: (draw) => ({ inputs: [draw.booleans(draw.shape())], attrs: null }),
};

const not = /* @__PURE__ */ mapKernel((x) => 1 - x);

/** Elementwise conjunction of `bool`. */
export const logicalAndP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'logicalAnd',
  infer: boolean('logicalAnd'),
  forward: ([x, y]) => and(x, y),
  vjp: [null, null],
});

export const logicalAndChecks: Checks<typeof logicalAndP> = {
  discrete: 'the result is bool',
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.booleans(shape), draw.booleans(shape)], attrs: null };
  },
};

const and = /* @__PURE__ */ zipKernel((x, y) => x * y);

/**
 * Elementwise negation of a `bool` tensor.
 *
 * @example
 * ```ts
 * logicalNot(tensor([true, false])).toArray(); // => [false, true]
 * ```
 */
export const logicalNot = (x: TensorLike): Tensor =>
  bind(logicalNotP, [asTensor(x, 'logicalNot')], null);

/**
 * Elementwise conjunction of two `bool` tensors, with broadcasting.
 *
 * @example
 * ```ts
 * logicalAnd(tensor([true, true]), tensor([true, false])).toArray(); // => [true, false]
 * ```
 */
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor =>
  bind(logicalAndP, coercePair('logicalAnd', x, y), null);

/**
 * Elementwise disjunction of two `bool` tensors, with broadcasting.
 *
 * @example
 * ```ts
 * logicalOr(tensor([true, false]), tensor([false, false])).toArray(); // => [true, false]
 * ```
 */
export function logicalOr(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('logicalOr', x, y);
  boolean('logicalOr')([a]);
  return logicalNot(bind(logicalAndP, [logicalNot(a), logicalNot(b)], null));
}

/**
 * Elementwise exclusive disjunction of two `bool` tensors, with broadcasting: whether they differ.
 *
 * @example
 * ```ts
 * logicalXor(tensor([true, true]), tensor([true, false])).toArray(); // => [false, true]
 * ```
 */
export function logicalXor(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair('logicalXor', x, y);
  boolean('logicalXor')([a]);
  return notEqual(a, b);
}
