import { normKernel } from '@tikhonov/array';
import { requireFloating } from '../avals.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { equal } from './compare.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { where } from './where.ts';

/** Euclidean norm over axes, which stay with size 1. At the zero vector the derivative is 0. */
export const normP: Primitive<1, { readonly axes: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'norm',
    infer: ([x], { axes }) => {
      requireFloating('norm', x.dtype);
      return { shape: x.shape.map((n, k) => (axes.includes(k) ? 1 : n)), dtype: x.dtype };
    },
    forward: ([x], { axes }) => normKernel(x, axes),
    vjp: [
      (ans, [x]) =>
        (g) => {
          // x / |x|, and 0 for the zero vector: the divisor is replaced too, so no order sees 0 / 0.
          // Not g / |x| first: that overflows for a subnormal norm, and its product with 0 is NaN.
          const zero = equal(ans, 0);
          return mul(where(zero, 0, g), div(x, where(zero, 1, ans)));
        },
    ],
  });

export const normChecks: Checks<typeof normP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return {
      inputs: [draw.tensor(shape, { avoid: [0] })],
      attrs: { axes: draw.axes(shape.length) },
    };
  },
};
