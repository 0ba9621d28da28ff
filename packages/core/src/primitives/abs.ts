import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { numericUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { equal } from './compare.ts';
import { mul } from './mul.ts';
import { sign } from './sign.ts';
import { where } from './where.ts';

/** Elementwise absolute value. At 0 the derivative is 0. */
export const absP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'abs',
  infer: numericUnary('abs'),
  forward: ([x]) => kernel(x),
  vjp: [
    // At 0 the cotangent is dropped, not multiplied by 0: it may be infinite, as that of a root is.
    (_ans, [x]) =>
      (g) =>
        mul(where(equal(x, 0), 0, g), sign(x)),
  ],
});

export const absChecks: Checks<typeof absP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { avoid: [0] })], attrs: null }),
};

// Written out, because every optimizer step runs it over all parameters: a shared loop calls f.
const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.abs(x[ox + i * sx]!);
});

/**
 * Elementwise absolute value; the derivative at 0 is 0. `[...s] -> [...s]`. Also for int32, where the smallest
 * number wraps to itself.
 *
 * @throws DTypeError for bool
 * @example
 * ```ts
 * abs(tensor([-3, 0, 2])).toArray(); // => [3, 0, 2]
 * ```
 */
export const abs = (x: TensorLike): Tensor => bind(absP, [asTensor(x, 'abs')], null);
