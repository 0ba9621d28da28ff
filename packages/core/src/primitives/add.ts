import { binaryKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { numericBinary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise `x + y` on equal shapes. */
export const addP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'add',
  infer: numericBinary('add'),
  forward: ([x, y]) => plus(x, y),
  vjp: [() => (g) => g, () => (g) => g],
});

export const addChecks: Checks<typeof addP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape), draw.tensor(shape)], attrs: null };
  },
};

const plus = /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
  if (sy === 0) {
    const scalar = y[oy]!;
    for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! + scalar;
    return;
  }
  for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! + y[oy + i * sy]!;
});

/**
 * Elementwise `x + y` with broadcasting. Integers wrap.
 *
 * @throws ShapeError if the shapes do not broadcast; DTypeError if two tensors' dtypes differ
 * @example
 * ```ts
 * add(tensor([1, 2]), 0.5).toArray(); // => [1.5, 2.5]
 * ```
 */
export const add = (x: TensorLike, y: TensorLike): Tensor =>
  bind(addP, coercePair('add', x, y), null);
