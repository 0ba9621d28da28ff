import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { sub } from './sub.ts';

/** Elementwise logistic function; saturates without overflow. */
export const sigmoidP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'sigmoid',
  infer: floatingUnary('sigmoid'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => mul(g, mul(ans, sub(1, ans)))],
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
});
const kernel = /* @__PURE__ */ mapKernel((x) => 1 / (1 + Math.exp(-x)));

/**
 * Elementwise `1 / (1 + e^-x)`; 0 and 1 at the infinities. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * sigmoid(tensor([0, Infinity])).toArray(); // => [0.5, 1]
 * ```
 */
export const sigmoid = (x: TensorLike): Tensor => bind(sigmoidP, [asTensor(x)], null);
