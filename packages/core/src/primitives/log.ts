import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { div } from './div.ts';

/** Elementwise natural logarithm. */
export const logP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'log',
  infer: floatingUnary('log'),
  forward: ([x]) => kernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(g, x),
  ],
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.3 })], attrs: null }),
});
const kernel = /* @__PURE__ */ mapKernel(Math.log);

/**
 * Elementwise natural logarithm; -Infinity at 0, NaN below. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * log(tensor([1, Math.E])).toArray(); // => [0, 1]
 * ```
 */
export const log = (x: TensorLike): Tensor => bind(logP, [asTensor(x)], null);
