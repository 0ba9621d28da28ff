import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { div } from './div.ts';

/** Elementwise `log(1 + x)`, accurate near 0. */
export const log1pP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'log1p',
  infer: floatingUnary('log1p'),
  forward: ([x]) => kernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(g, add(x, 1)),
  ],
});

export const log1pChecks: Checks<typeof log1pP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: -0.7 })], attrs: null }),
};

const kernel = /* @__PURE__ */ mapKernel(Math.log1p);

/**
 * Elementwise `log(1 + x)`, accurate near 0. NaN for x < -1. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * log1p(tensor([0, Math.E - 1])).toArray(); // => [0, 1]
 * ```
 */
export const log1p = (x: TensorLike): Tensor => bind(log1pP, [asTensor(x, 'log1p')], null);
