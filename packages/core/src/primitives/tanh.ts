import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { sub } from './sub.ts';

/** Elementwise hyperbolic tangent. */
export const tanhP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'tanh',
  infer: floatingUnary('tanh'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => mul(g, sub(1, mul(ans, ans)))],
});

export const tanhChecks: Checks<typeof tanhP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.tanh(x[ox + i * sx]!);
});

/**
 * Elementwise hyperbolic tangent. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * tanh(tensor([0, 100])).toArray(); // => [0, 1]
 * ```
 */
export const tanh = (x: TensorLike): Tensor => bind(tanhP, [asTensor(x, 'tanh')], null);
