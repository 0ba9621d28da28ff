import { unaryKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise `-x`. */
export const negP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'neg',
  infer: ([x]) => {
    requireNumeric('neg', x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  },
  forward: ([x]) => negate(x),
  vjp: [() => (g) => neg(g)],
});

export const negChecks: Checks<typeof negP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const negate = /* @__PURE__ */ unaryKernel((out, o, x, ox, sx, n) => {
  for (let i = 0; i < n; i++) out[o + i] = -x[ox + i * sx]!;
});

/**
 * Elementwise `-x`. `[...s] -> [...s]`. Unsigned integers wrap.
 *
 * @example
 * ```ts
 * neg(tensor([1, -2])).toArray(); // => [-1, 2]
 * ```
 */
export const neg = (x: TensorLike): Tensor => bind(negP, [asTensor(x, 'neg')], null);
