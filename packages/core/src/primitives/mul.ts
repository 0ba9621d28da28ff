import { binaryKernel, zipKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { numericBinary, requireNumeric } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise `x * y` on equal shapes. */
export const mulP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'mul',
  infer: numericBinary('mul'),
  // Integer products can pass 2^53: multiply modulo 2^32 instead of in doubles.
  forward: ([x, y]) =>
    x.dtype === 'int32' || x.dtype === 'uint32' ? timesInteger(x, y) : times(x, y),
  vjp: [
    (_ans, [, y]) =>
      (g) =>
        mul(g, y),
    (_ans, [x]) =>
      (g) =>
        mul(g, x),
  ],
});

export const mulChecks: Checks<typeof mulP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape), draw.tensor(shape)], attrs: null };
  },
};

const times = /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
  if (sy === 0) {
    const scalar = y[oy]!;
    for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! * scalar;
    return;
  }
  for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! * y[oy + i * sy]!;
});
const timesInteger = /* @__PURE__ */ zipKernel(Math.imul);

/**
 * Elementwise `x * y` with broadcasting. Integers wrap.
 *
 * @example
 * ```ts
 * mul(tensor([[1], [2]]), tensor([3, 4])).toArray(); // => [[3, 4], [6, 8]]
 * ```
 */
export const mul = (x: TensorLike, y: TensorLike): Tensor =>
  bind(mulP, coercePair('mul', x, y), null);

/**
 * Elementwise `x * x`.
 *
 * @example
 * ```ts
 * square(tensor([-3])).toArray(); // => [9]
 * ```
 */
export function square(x: TensorLike): Tensor {
  const source = asTensor(x, 'square');
  requireNumeric('square', source.dtype);
  return mul(source, source);
}
