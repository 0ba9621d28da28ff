import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';

/** Elementwise square root. */
export const sqrtP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'sqrt',
  infer: floatingUnary('sqrt'),
  forward: ([x]) => kernel(x),
  vjp: [(ans) => (g) => div(g, mul(ans, 2))],
});

export const sqrtChecks: Checks<typeof sqrtP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.3 })], attrs: null }),
};

// Written out, because every optimizer step runs it over all parameters: a shared loop calls f.
const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.sqrt(x[ox + i * sx]!);
});

/**
 * Elementwise square root; NaN below 0. The derivative at 0 is Infinity: where a vector may vanish,
 * `norm` has the finite convention. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * sqrt(tensor([4, 9])).toArray(); // => [2, 3]
 * ```
 */
export const sqrt = (x: TensorLike): Tensor => bind(sqrtP, [asTensor(x, 'sqrt')], null);
