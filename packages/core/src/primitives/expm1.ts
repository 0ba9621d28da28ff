import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { mul } from './mul.ts';

/** Elementwise `e^x - 1`, accurate near 0. */
export const expm1P: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'expm1',
  infer: floatingUnary('expm1'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => mul(g, add(ans, 1))],
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
});
const kernel = /* @__PURE__ */ mapKernel(Math.expm1);

/**
 * Elementwise `e^x - 1`, accurate near 0. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * expm1(tensor([0])).toArray(); // => [0]
 * ```
 */
export const expm1 = (x: TensorLike): Tensor => bind(expm1P, [asTensor(x)], null);
