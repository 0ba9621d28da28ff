import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { numericUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise sign; NaN stays. Its derivative is 0 everywhere. */
export const signP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'sign',
  infer: numericUnary('sign'),
  forward: ([x]) => kernel(x),
  vjp: [null],
});

export const signChecks: Checks<typeof signP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { avoid: [0] })], attrs: null }),
};

const kernel = /* @__PURE__ */ mapKernel(Math.sign);

/**
 * Elementwise sign, -1, 0 or 1, with derivative 0 everywhere; zeros and NaN stay. `[...s] -> [...s]`. Also for
 * integers.
 *
 * @throws DTypeError for bool
 * @example
 * ```ts
 * sign(tensor([-3, 0, 2])).toArray(); // => [-1, 0, 1]
 * ```
 */
export const sign = (x: TensorLike): Tensor => bind(signP, [asTensor(x, 'sign')], null);
