import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { hypot } from '../ops/hypot.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { sqrt } from './sqrt.ts';
import { sub } from './sub.ts';

// Their textbook formulas in logarithms lose all digits near 0 or 1, so they are primitives.

/** Elementwise inverse hyperbolic sine. */
export const asinhP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'asinh',
  infer: floatingUnary('asinh'),
  forward: ([x]) => arsinh(x),
  vjp: [
    // sqrt(x^2 + 1), without overflow of the square
    (_ans, [x]) =>
      (g) =>
        div(g, hypot(x, 1)),
  ],
});

export const asinhChecks: Checks<typeof asinhP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const arsinh = /* @__PURE__ */ mapKernel(Math.asinh);

/**
 * Elementwise inverse hyperbolic sine, `log(x + sqrt(x^2 + 1))`. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * asinh(tensor([0, 0.75])).toArray(); // => [0, Math.LN2]
 * ```
 */
export const asinh = (x: TensorLike): Tensor => bind(asinhP, [asTensor(x, 'asinh')], null);

/** Elementwise inverse hyperbolic cosine. */
export const acoshP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'acosh',
  infer: floatingUnary('acosh'),
  forward: ([x]) => arcosh(x),
  vjp: [
    // Two roots, not one of the product: that overflows, and is positive for x < -1.
    (_ans, [x]) =>
      (g) =>
        div(g, mul(sqrt(sub(x, 1)), sqrt(add(x, 1)))),
  ],
});

export const acoshChecks: Checks<typeof acoshP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 1.3, max: 4 })], attrs: null }),
};

const arcosh = /* @__PURE__ */ mapKernel(Math.acosh);

/**
 * Elementwise inverse hyperbolic cosine, `log(x + sqrt(x^2 - 1))`; NaN below 1, where the slope at 1 is
 * Infinity. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * acosh(tensor([1, 1.25])).toArray(); // => [0, Math.LN2]
 * ```
 */
export const acosh = (x: TensorLike): Tensor => bind(acoshP, [asTensor(x, 'acosh')], null);

/** Elementwise inverse hyperbolic tangent. */
export const atanhP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'atanh',
  infer: floatingUnary('atanh'),
  forward: ([x]) => artanh(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(g, mul(sub(1, x), add(x, 1))),
  ],
});

export const atanhChecks: Checks<typeof atanhP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: -0.9, max: 0.9 })], attrs: null }),
};

const artanh = /* @__PURE__ */ mapKernel(Math.atanh);

/**
 * Elementwise inverse hyperbolic tangent, `log((1 + x) / (1 - x)) / 2`; infinite at -1 and 1, NaN
 * beyond. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * atanh(tensor([0, 0.6])).toArray(); // => [0, Math.LN2]
 * ```
 */
export const atanh = (x: TensorLike): Tensor => bind(atanhP, [asTensor(x, 'atanh')], null);
