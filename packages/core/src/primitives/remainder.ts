import { type View, zipKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { numericBinary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { CaseDraw } from '../case-draw.ts';
import type { Checks, PrimitiveCase } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { astype } from './astype.ts';
import { check } from './check.ts';
import { notEqual } from './compare.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';

// x = floorDivide(x, y) y + remainder(x, y), as in Python and NumPy: the quotient is rounded down, so
// the remainder has the sign of the divisor. Not a composite: x - y floor(x / y) is wrong where the
// quotient rounds up to an integer, as in 1 / 0.1.

/** Quotients well between integers, of both signs. */
function cases(draw: CaseDraw): PrimitiveCase<2, null> {
  const shape = draw.shape();
  const y = mul(draw.tensor(shape, { min: 0.5 }), draw.pick([1, -1]));
  const whole = astype(draw.integers(shape, -3, 3), 'float64');
  return {
    inputs: [mul(y, add(whole, draw.tensor(shape, { min: 0.1, max: 0.9 }))), y],
    attrs: null,
  };
}

/** Elementwise remainder with the sign of the divisor, on equal shapes. */
export const remainderP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'remainder',
  infer: numericBinary('remainder'),
  forward: ([x, y]) => rest(x, y),
  vjp: [
    () => (g) => g,
    (_ans, [x, y]) =>
      (g) =>
        neg(mul(g, floorDivide(x, y))),
  ],
});

export const remainderChecks: Checks<typeof remainderP> = {
  cases,
};

/** Elementwise quotient, rounded down, on equal shapes. */
export const floorDivideP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'floorDivide',
  infer: numericBinary('floorDivide'),
  forward: ([x, y]) => quotient(x, y),
  vjp: [null, null],
});

export const floorDivideChecks: Checks<typeof floorDivideP> = {
  cases,
};

const signed = (r: number, y: number): number => {
  if (r === 0) return y < 0 ? -0 : 0;
  return r < 0 !== y < 0 ? r + y : r;
};
const rest: (x: View, y: View) => View = /* @__PURE__ */ zipKernel((x, y) => signed(x % y, y));

const quotient: (x: View, y: View) => View = /* @__PURE__ */ zipKernel((x, y) => {
  if (y === 0) return x / y;
  const r = x % y;
  // x - r is a multiple of y, so its quotient is a whole number up to rounding.
  const whole = (x - r) / y - Number(r !== 0 && r < 0 !== y < 0);
  const low = Math.floor(whole);
  return whole - low > 0.5 ? low + 1 : low;
});

/** The operands; a divisor of 0 has no integer result, so it is refused. */
function pair(name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] {
  const [a, b] = coercePair(name, x, y);
  if (b.dtype === 'int32' || b.dtype === 'uint32') {
    check(
      notEqual(b, 0),
      () =>
        new RangeError(
          `${name}: an ${b.dtype} divisor is 0.\n  Replace zeros, or cast to floating: there they give NaN and infinities.`,
        ),
    );
  }
  return [a, b];
}

/**
 * Elementwise `x - y floor(x / y)`, computed exactly, with broadcasting: the result has the sign of the
 * divisor, as in Python and NumPy. Also for int32 and uint32. `d/dx` is 1, `d/dy` is
 * `-floorDivide(x, y)`; a floating divisor of 0 gives NaN.
 *
 * @throws RangeError for an integer divisor of 0
 * @example
 * ```ts
 * remainder(tensor([5, -5, 5.5]), 3).toArray(); // => [2, 1, 2.5]
 * remainder(tensor([5, -5]), -3).toArray(); // => [-1, -2]
 * ```
 */
export const remainder = (x: TensorLike, y: TensorLike): Tensor =>
  bind(remainderP, pair('remainder', x, y), null);

/**
 * Elementwise `floor(x / y)`, computed exactly, with broadcasting. Also for int32 and uint32. The
 * derivative is 0 everywhere; a floating divisor of 0 gives NaN or an infinity.
 *
 * @throws RangeError for an integer divisor of 0
 * @example
 * ```ts
 * floorDivide(tensor([7, -7], { dtype: 'int32' }), 2).toArray(); // => [3, -4]
 * floorDivide(1, tensor(0.1, { dtype: 'float64' })).item(); // => 9
 * ```
 */
export const floorDivide = (x: TensorLike, y: TensorLike): Tensor =>
  bind(floorDivideP, pair('floorDivide', x, y), null);
