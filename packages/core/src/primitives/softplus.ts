import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { sigmoid } from './sigmoid.ts';

/** Elementwise `log(1 + e^x)` as `max(x, 0) + log1p(e^-|x|)`. */
export const softplusP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'softplus',
  infer: floatingUnary('softplus'),
  forward: ([x]) => kernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, sigmoid(x)),
  ],
});

export const softplusChecks: Checks<typeof softplusP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) {
    const at = x[ox + i * sx]!;
    out[o + i] = Math.max(at, 0) + Math.log1p(Math.exp(-Math.abs(at)));
  }
});

/**
 * Elementwise `log(1 + e^x)`, without overflow. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * softplus(tensor([0, 1000])).toArray(); // => [Math.LN2, 1000]
 * ```
 */
export const softplus = (x: TensorLike): Tensor => bind(softplusP, [asTensor(x, 'softplus')], null);
