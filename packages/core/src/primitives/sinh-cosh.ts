import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';

// The hyperbolic sine and cosine are each other's derivative, so they share a file. From exponentials
// the sine would lose its digits near 0.

/** Elementwise hyperbolic sine. */
export const sinhP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'sinh',
  infer: floatingUnary('sinh'),
  forward: ([x]) => sine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, cosh(x)),
  ],
});

export const sinhChecks: Checks<typeof sinhP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const sine = /* @__PURE__ */ mapKernel(Math.sinh);

/**
 * Elementwise hyperbolic sine. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * sinh(tensor([0, Math.LN2])).toArray(); // => [0, 0.75]
 * ```
 */
export const sinh = (x: TensorLike): Tensor => bind(sinhP, [asTensor(x, 'sinh')], null);

/** Elementwise hyperbolic cosine. */
export const coshP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'cosh',
  infer: floatingUnary('cosh'),
  forward: ([x]) => cosine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, sinh(x)),
  ],
});

export const coshChecks: Checks<typeof coshP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const cosine = /* @__PURE__ */ mapKernel(Math.cosh);

/**
 * Elementwise hyperbolic cosine. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * cosh(tensor([0, Math.LN2])).toArray(); // => [1, 1.25]
 * ```
 */
export const cosh = (x: TensorLike): Tensor => bind(coshP, [asTensor(x, 'cosh')], null);
