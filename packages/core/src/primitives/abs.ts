import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { sign } from './sign.ts';

/** Elementwise absolute value. At 0 the derivative is 0. */
export const absP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'abs',
  infer: floatingUnary('abs'),
  forward: ([x]) => kernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, sign(x)),
  ],
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { avoid: [0] })], attrs: null }),
});
// Written out, because every optimizer step runs it over all parameters: a shared loop calls f.
const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.abs(x[ox + i * sx]!);
});

/**
 * Elementwise absolute value; the derivative at 0 is 0. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * abs(tensor([-3, 0, 2])).toArray(); // => [3, 0, 2]
 * ```
 */
export const abs = (x: TensorLike): Tensor => bind(absP, [asTensor(x)], null);
