import { erfcKernel, erfKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { abs } from './abs.ts';
import { greater } from './compare.ts';
import { exp } from './exp.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { where } from './where.ts';

// Two functions of opposite slopes, so they share a file. erfc is not 1 - erf: it keeps its digits
// where it is tiny.

/** `2 / sqrt(pi) e^(-x^2)`, the slope of erf. */
function bell(x: Tensor): Tensor {
  // Beyond 40 it is 0 in float64, too. The argument stays there, so that at an infinity no order
  // multiplies that 0 by the infinite slope of x^2.
  const z = where(greater(abs(x), 40), 40, x);
  return mul(exp(neg(mul(z, z))), 2 / Math.sqrt(Math.PI));
}

/** Elementwise error function. */
export const erfP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'erf',
  infer: floatingUnary('erf'),
  forward: ([x]) => erfKernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, bell(x)),
  ],
});

export const erfChecks: Checks<typeof erfP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

/**
 * Elementwise error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x; within 4
 * units in the last place in float64. `[...s] -> [...s]`.
 *
 * @see W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969)
 * @example
 * ```ts
 * erf(tensor([0, 1, Infinity])).toArray(); // => [0, 0.8427008, 1]
 * ```
 */
export const erf = (x: TensorLike): Tensor => bind(erfP, [asTensor(x, 'erf')], null);

/** Elementwise complementary error function. */
export const erfcP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'erfc',
  infer: floatingUnary('erfc'),
  forward: ([x]) => erfcKernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        neg(mul(g, bell(x))),
  ],
});

export const erfcChecks: Checks<typeof erfcP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

/**
 * Elementwise `1 - erf(x)`, within 5 units in the last place in float64 down to the end of its tail,
 * where `1 - erf(x)` itself has lost all digits. `[...s] -> [...s]`.
 *
 * @see W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969)
 * @example
 * ```ts
 * erfc(tensor([-Infinity, 0, 1, 10], { dtype: 'float64' })).toArray(); // => [2, 1, 0.1572992, 2.088487e-45]
 * ```
 */
export const erfc = (x: TensorLike): Tensor => bind(erfcP, [asTensor(x, 'erfc')], null);
