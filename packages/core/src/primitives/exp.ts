import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';

/** Elementwise `e^x`. */
export const expP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'exp',
  infer: floatingUnary('exp'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => mul(g, ans)],
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
});
const kernel = /* @__PURE__ */ mapKernel(Math.exp);

/**
 * Elementwise `e^x`. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * exp(tensor([0, 1])).toArray(); // => [1, Math.E]
 * ```
 */
export const exp = (x: TensorLike): Tensor => bind(expP, [asTensor(x)], null);
