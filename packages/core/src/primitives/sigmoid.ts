import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
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
});

export const sigmoidChecks: Checks<typeof sigmoidP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

// Below -709 e^-x overflows, while e^x, which the value has long been equal to, has not vanished.
const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) {
    const at = x[ox + i * sx]!;
    out[o + i] = at < -700 ? Math.exp(at) : 1 / (1 + Math.exp(-at));
  }
});

/**
 * Elementwise `1 / (1 + e^-x)`; 0 and 1 at the infinities. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * sigmoid(tensor([0, Infinity])).toArray(); // => [0.5, 1]
 * ```
 */
export const sigmoid = (x: TensorLike): Tensor => bind(sigmoidP, [asTensor(x, 'sigmoid')], null);
