import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
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
});

export const logChecks: Checks<typeof logP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.3 })], attrs: null }),
};

const kernel = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = Math.log(x[ox + i * sx]!);
});

/**
 * Elementwise natural logarithm; -Infinity at 0, NaN below. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * log(tensor([1, Math.E])).toArray(); // => [0, 1]
 * ```
 */
export const log = (x: TensorLike): Tensor => bind(logP, [asTensor(x, 'log')], null);
