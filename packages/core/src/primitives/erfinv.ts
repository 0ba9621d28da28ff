import { erfinvKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { exp } from './exp.ts';
import { mul } from './mul.ts';

/** Elementwise inverse error function. */
export const erfinvP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'erfinv',
  infer: floatingUnary('erfinv'),
  forward: ([x]) => erfinvKernel(x),
  // The reciprocal of the slope of erf at the result.
  vjp: [(ans) => (g) => mul(g, mul(exp(mul(ans, ans)), Math.sqrt(Math.PI) / 2))],
});

export const erfinvChecks: Checks<typeof erfinvP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: -0.9, max: 0.9 })], attrs: null }),
};

/**
 * Elementwise inverse of `erf`, within 4 units in the last place in float64; infinite at -1 and 1, where
 * the slope is Infinity, and NaN beyond. `[...s] -> [...s]`.
 *
 * @throws DTypeError for integers and bool
 * @see Winitzki, "A handy approximation for the error function and its inverse" (2008), for where it starts
 * @example
 * ```ts
 * erfinv(tensor([0, 0.5, 1])).toArray(); // => [0, 0.47693628, Infinity]
 * ```
 */
export const erfinv = (x: TensorLike): Tensor => bind(erfinvP, [asTensor(x, 'erfinv')], null);
