import { zipKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { abs } from './abs.ts';
import { equal, less, lessEqual } from './compare.ts';
import { log } from './log.ts';
import { logicalAnd, logicalOr } from './logical.ts';
import { mul } from './mul.ts';
import { sub } from './sub.ts';
import { where } from './where.ts';

/** Elementwise `x ** y` on equal shapes. */
export const powP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'pow',
  infer: ([x]) => {
    requireFloating('pow', x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  },
  forward: ([x, y]) => power(x, y),
  vjp: [
    // y x^(y-1); at y = 0 that is 0 / x, so where 1 / x overflows the base is replaced and 0 selected.
    // Only there: elsewhere on y = 0 the slope is 0 too, but its own derivative in y is 1 / x.
    (_ans, [x, y]) =>
      (g) => {
        const tiny = lessEqual(abs(x), x.dtype === 'float32' ? 2 ** -128 : 2 ** -1024);
        const corner = logicalAnd(tiny, equal(y, 0));
        const slope = mul(y, pow(where(corner, 1, x), sub(y, 1)));
        return mul(g, where(corner, 0, slope));
      },
    // x^y log x; 0 where x = 0 and y >= 0, or x = Infinity and y < 0, the limits.
    (ans, [x, y]) =>
      (g) => {
        const flat = logicalOr(
          logicalAnd(equal(x, 0), lessEqual(0, y)),
          logicalAnd(equal(x, Infinity), less(y, 0)),
        );
        return mul(g, where(flat, 0, mul(ans, log(where(flat, 1, x)))));
      },
  ],
});

export const powChecks: Checks<typeof powP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape, { min: 0.3 }), draw.tensor(shape)], attrs: null };
  },
};

// Math.pow(1, Infinity) and Math.pow(-1, Infinity) are NaN in JavaScript and 1 in IEEE 754.
const power = /* @__PURE__ */ zipKernel((x, y) =>
  Math.abs(x) === 1 && Math.abs(y) === Infinity ? 1 : x ** y,
);

/**
 * Elementwise `x ** y` with broadcasting; NaN for a negative base with a fractional exponent.
 *
 * @example
 * ```ts
 * pow(tensor([1, 2, 3]), 2).toArray(); // => [1, 4, 9]
 * ```
 */
export const pow = (x: TensorLike, y: TensorLike): Tensor =>
  bind(powP, coercePair('pow', x, y), null);
