import { broadcastShapes, selectKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { zerosLike } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastTo } from './sum-broadcast.ts';

/** Elementwise `condition ? x : y` on equal shapes. The branch not taken gets a cotangent of 0. */
export const whereP: Primitive<3, null> = /* @__PURE__ */ definePrimitive({
  name: 'where',
  infer: ([condition, x]) => {
    if (condition.dtype !== 'bool') {
      throw new DTypeError(
        `where: the condition must be bool, got ${condition.dtype}. Compare first, as in greater(x, 0).`,
      );
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  forward: ([condition, x, y]) => selectKernel(condition, x, y),
  vjp: [
    null,
    (_ans, [condition]) =>
      (g) =>
        bind(whereP, [condition, g, zerosLike(g)], null),
    (_ans, [condition]) =>
      (g) =>
        bind(whereP, [condition, zerosLike(g), g], null),
  ],
});

export const whereChecks: Checks<typeof whereP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return {
      inputs: [draw.booleans(shape), draw.tensor(shape), draw.tensor(shape)],
      attrs: null,
    };
  },
};

/**
 * Elementwise `condition ? x : y` with broadcasting of all three. A NaN or infinity in the branch
 * that is not taken does not leak into the value, and that branch gets a cotangent of exactly 0. Where
 * its slope is infinite or NaN (`log` at 0), 0 times that is still NaN: keep its argument away, as in
 * `where(c, log(where(c, x, 1)), 0)`.
 *
 * @param condition  `bool`
 * @throws DTypeError if the condition is not `bool` or the branches' dtypes differ
 * @example
 * ```ts
 * const x = tensor([-1, 4]);
 * where(greater(x, 0), x, 0).toArray(); // => [0, 4]
 * ```
 */
export function where(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor {
  const c = asTensor(condition, 'where');
  const [a, b] = coercePair('where', x, y);
  const shape = broadcastShapes(c.shape, a.shape);
  if (shape === undefined) {
    throw new ShapeError(
      `where: condition ${showShape(c.shape)} does not broadcast with ${showShape(a.shape)}.`,
    );
  }
  return bind(whereP, [broadcastTo(c, shape), broadcastTo(a, shape), broadcastTo(b, shape)], null);
}
