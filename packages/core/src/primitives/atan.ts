import { mapKernel, zipKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary, requireFloating } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { hypot } from '../ops/hypot.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { abs } from './abs.ts';
import { add } from './add.ts';
import { equal, greater } from './compare.ts';
import { div } from './div.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { where } from './where.ts';

/** Elementwise inverse tangent. */
export const atanP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'atan',
  infer: floatingUnary('atan'),
  forward: ([x]) => arctangent(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, bell(x)),
  ],
});

export const atanChecks: Checks<typeof atanP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

/** `1 / (1 + x^2)`; in `u = 1 / x` for |x| > 1, where the square of x may overflow, or x be infinite. */
function bell(x: Tensor): Tensor {
  const far = greater(abs(x), 1);
  const u = where(far, div(1, where(far, x, 1)), x);
  const s = mul(u, u);
  return div(where(far, s, 1), add(s, 1));
}
const arctangent = /* @__PURE__ */ mapKernel(Math.atan);

/**
 * Elementwise inverse tangent in radians, in `[-pi/2, pi/2]`. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * atan(tensor([1, Infinity])).toArray(); // => [Math.PI / 4, Math.PI / 2]
 * ```
 */
export const atan = (x: TensorLike): Tensor => bind(atanP, [asTensor(x, 'atan')], null);

/** Elementwise angle of the point `(x, y)`, given y first, on equal shapes. */
export const atan2P: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'atan2',
  infer: ([y]) => {
    requireFloating('atan2', y.dtype);
    return { shape: y.shape, dtype: y.dtype };
  },
  forward: ([y, x]) => angle(y, x),
  // (x dy - y dx) / (x^2 + y^2)
  vjp: [
    (_ans, [y, x]) =>
      (g) =>
        turn(g, x, y),
    (_ans, [y, x]) =>
      (g) =>
        neg(turn(g, y, x)),
  ],
});

export const atan2Checks: Checks<typeof atan2P> = {
  cases: (draw) => {
    const shape = draw.shape();
    const x = mul(draw.tensor(shape, { min: 0.3 }), draw.pick([1, -1]));
    return { inputs: [draw.tensor(shape, { avoid: [0] }), x], attrs: null };
  },
};

const angle = /* @__PURE__ */ zipKernel(Math.atan2);

/** `g a / (a^2 + b^2)`, without overflow of the squares; 0 at the origin, at every order. */
function turn(g: Tensor, a: Tensor, b: Tensor): Tensor {
  const radius = hypot(a, b);
  const origin = equal(radius, 0);
  const safe = where(origin, 1, radius);
  return mul(where(origin, 0, g), div(div(a, safe), safe));
}

/**
 * Elementwise angle of the point `(x, y)` from the positive x axis, in radians in `[-pi, pi]`, with
 * broadcasting. The first argument is y, as in `Math.atan2`. At the origin the gradient is 0.
 *
 * @example
 * ```ts
 * atan2(tensor([1, -1]), tensor([0, -1])).toArray(); // => [Math.PI / 2, (-3 * Math.PI) / 4]
 * ```
 */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor =>
  bind(atan2P, coercePair('atan2', y, x), null);
