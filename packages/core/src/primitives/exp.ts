import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';

/** Elementwise `e^x`. */
export const expP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'exp',
  infer: floatingUnary('exp'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => mul(g, ans)],
});

export const expChecks: Checks<typeof expP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.exp(x[ox + i * sx]!);
});

/**
 * Elementwise `e^x`. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * exp(tensor([0, 1])).toArray(); // => [1, Math.E]
 * ```
 */
export const exp = (x: TensorLike): Tensor => bind(expP, [asTensor(x, 'exp')], null);
