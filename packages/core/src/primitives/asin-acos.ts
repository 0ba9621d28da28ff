import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { sqrt } from './sqrt.ts';
import { sub } from './sub.ts';

// Two functions of opposite slopes, so they share a file.

/** `sqrt(1 - x^2)`, with its digits near 1 and -1. */
const leg = (x: Tensor): Tensor => sqrt(mul(sub(1, x), add(x, 1)));

/** Elementwise inverse sine. */
export const asinP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'asin',
  infer: floatingUnary('asin'),
  forward: ([x]) => arcsine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(g, leg(x)),
  ],
});

export const asinChecks: Checks<typeof asinP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: -0.9, max: 0.9 })], attrs: null }),
};

const arcsine = /* @__PURE__ */ mapKernel(Math.asin);

/**
 * Elementwise inverse sine in radians, in `[-pi/2, pi/2]`; NaN outside `[-1, 1]`, where the slope at the
 * ends is Infinity. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * asin(tensor([0, 1])).toArray(); // => [0, Math.PI / 2]
 * ```
 */
export const asin = (x: TensorLike): Tensor => bind(asinP, [asTensor(x, 'asin')], null);

/** Elementwise inverse cosine. */
export const acosP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'acos',
  infer: floatingUnary('acos'),
  forward: ([x]) => arccosine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        neg(div(g, leg(x))),
  ],
});

export const acosChecks: Checks<typeof acosP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: -0.9, max: 0.9 })], attrs: null }),
};

const arccosine = /* @__PURE__ */ mapKernel(Math.acos);

/**
 * Elementwise inverse cosine in radians, in `[0, pi]`; NaN outside `[-1, 1]`, where the slope at the ends
 * is -Infinity. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * acos(tensor([1, -1])).toArray(); // => [0, Math.PI]
 * ```
 */
export const acos = (x: TensorLike): Tensor => bind(acosP, [asTensor(x, 'acos')], null);
