import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

// e^x = 2^n e^r with n the integer nearest to x / log 2, so |r| <= log(2) / 2, and
// e^r = 1 + r + r^2 P(r). P is the minimax polynomial: relative error of e^r 2^-28 in float32, 2^-64 in
// float64.
const single = [0.001381458831, 0.008368735202, 0.04166838899, 0.1666652113, 0.4999999404];
const double = [
  2.082643804903337e-9, 2.511206641754098e-8, 2.755758268170171e-7, 2.755723477980428e-6,
  2.480158692535198e-5, 0.00019841269896462863, 0.0013888888889116472, 0.008333333333317004,
  0.041666666666666095, 0.16666666666666682, 0.5,
];

// log 2 in two parts; the first has few enough bits that its products with exponents are exact.
const logTwoSingle: readonly [number, number] = [0.693145751953125, 1.428606765330187e-6];
const logTwoDouble: readonly [number, number] = [0.6931471803691238, 1.9082149292705877e-10];

/** log 2 in two parts, for lanes like `x`. */
export const logTwo = (x: Lanes): readonly [number, number] => x.pick(logTwoSingle, logTwoDouble);

/** `e^r - 1` for |r| <= log(2) / 2 */
export function expRest(r: Lanes): Lanes {
  const square = r.mul(r);
  return r.add(square.mul(polynomial(r, r.pick(single, double), square)));
}

/** `e^x` in factors: `(1 + rest) first second`, the last two powers of 2. */
export interface ExpParts {
  readonly rest: Lanes;
  readonly first: Lanes;
  readonly second: Lanes;
}

/**
 * The factors of `2^shift e^(x + low)`, for x where n has at most 11 bits (8 in float32). Two powers of
 * 2, because one alone is out of range where the product is subnormal, or near overflow.
 */
export function expParts(x: Lanes, low?: Lanes, shift = 0): ExpParts {
  // Adding 1.5 * 2^23 (2^52) rounds to an integer, which is then in the last bits of the sum. With twice
  // the exponents' bias on top, its two halves are biased exponents.
  const bias = x.pick(254, 2046) + shift;
  const magic = x.pick(1.5 * 2 ** 23, 1.5 * 2 ** 52) + bias;
  const [high, rest] = logTwo(x);
  const sum = x.mul(Math.LOG2E).add(magic);
  const n = sum.sub(magic);
  const tail = n.mul(rest);
  const r = x.sub(n.mul(high)).sub(low === undefined ? tail : tail.sub(low));
  const half = sum.shiftRight(1);
  const exponent = x.pick(23, 52);
  return {
    rest: expRest(r),
    first: half.shiftLeft(exponent),
    second: sum.minus(half).shiftLeft(exponent),
  };
}

/** `2^shift e^(x + low)` where the result may be anything but n must fit: see `expParts`. */
export function expOf(x: Lanes, low?: Lanes, shift = 0): Lanes {
  const { rest, first, second } = expParts(x, low, shift);
  return rest.add(1).mul(first).mul(second);
}

/** `x`, or where e^x is infinite or 0 for certain, a nearer value of which that is true. */
export const expRange = (x: Lanes): Lanes => expFloor(x.most(x.pick(90, 711)));

/** `x`, or where e^x is 0 for certain, a nearer value of which that is true. */
export const expFloor = (x: Lanes): Lanes => x.least(x.pick(-104, -746));

/** `e^x`, gradually to 0. */
export const exp = (x: Lanes): Lanes => expOf(expRange(x));

/** `e^x - 1` for x up to where it overflows. */
export function expm1Of(x: Lanes): Lanes {
  const { rest, first, second } = expParts(x);
  // 1 / second, so that all is right where first * second overflows
  const inverse = x.bits(x.pick(254n << 23n, 2046n << 52n)).minus(second);
  return rest.mul(first).add(first.sub(inverse)).mul(second);
}

/** `e^x - 1`, accurate near 0. */
export const expm1 = (x: Lanes): Lanes => expm1Of(x.most(x.pick(90, 711)).least(-40)).signed(x);

/** `1 / (1 + e^-x)`, gradually to 0. */
export function sigmoid(x: Lanes): Lanes {
  const small = expOf(expFloor(x.abs().neg()));
  // small / (1 + small) on the left, but with the roundings of the quotient on a part of the value only
  const part = small.div(small.add(1));
  const whole = x.lt(0).choose(small, 1);
  return whole.sub(whole.mul(part));
}
