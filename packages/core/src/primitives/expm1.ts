import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { exp } from './exp.ts';
import { mul } from './mul.ts';

/** Elementwise `e^x - 1`, accurate near 0. */
export const expm1P: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'expm1',
  infer: floatingUnary('expm1'),
  forward: ([x]) => kernel(x),
  // Not ans + 1, which has lost the digits of e^x below -1.
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, exp(x)),
  ],
});

export const expm1Checks: Checks<typeof expm1P> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const kernel = /* @__PURE__ */ mapKernel(Math.expm1);

/**
 * Elementwise `e^x - 1`, accurate near 0. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * expm1(tensor([0])).toArray(); // => [0]
 * ```
 */
export const expm1 = (x: TensorLike): Tensor => bind(expm1P, [asTensor(x, 'expm1')], null);
