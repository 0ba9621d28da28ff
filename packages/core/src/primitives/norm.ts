import { normKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { type ReduceOptions, reducedAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { equal } from './compare.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { dropAxes } from './sum-broadcast.ts';
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
    cases: (draw) => {
      const shape = draw.shape();
      return {
        inputs: [draw.tensor(shape, { avoid: [0] })],
        attrs: { axes: draw.axes(shape.length) },
      };
    },
  });

/**
 * Euclidean norm `sqrt(sum x^2)` over `axis` (the Frobenius norm of a whole tensor), without
 * overflow. At the zero vector the gradient is 0, one of its subgradients, at every order.
 *
 * @example
 * ```ts
 * norm(tensor([3, 4])).item(); // => 5
 * ```
 */
export function norm(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const source = asTensor(x);
  const axes = reducedAxes('norm', options, source.shape);
  const kept = bind(normP, [source], { axes });
  return options.keepdims === true ? kept : dropAxes(kept, axes);
}
