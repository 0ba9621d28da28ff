import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

/** A float64 in two parts, the second below the last bit of the first. */
export interface Pair {
  readonly high: Lanes;
  readonly low: Lanes;
}

/** The first 26 bits, so that products of two such are exact. */
export const upper = (x: Lanes): Lanes => x.and(x.bits(-(1n << 27n)));

/** The exact sum of two numbers, the first of them the larger or 0. */
function sum(x: Lanes, y: Lanes): Pair {
  const high = x.add(y);
  return { high, low: y.sub(high.sub(x)) };
}

// atanh(s) = s + s z (1/3 + z Q(z)), z = s^2, for |s| <= 0.1716; minimax, relative error 2^-73.
const tail = [
  0.059947717079974705, 0.05837377445576502, 0.06668160275218239, 0.0769227839483607,
  0.09090909435752763, 0.11111111108763387, 0.14285714285722576, 0.1999999999999999,
];
const third = [0.3333333333333333, 1.850371707708594e-17] as const;

/** `log(1 + f)` for f in [sqrt(1/2) - 1, sqrt(2) - 1] within 2^-70 of its size. Float64 lanes. */
export function logPair(f: Lanes): Pair {
  // s = f / (2 + f) in two parts, from the exact remainder of a quotient of 26 bits
  const below = sum(f.number(2), f);
  const s = upper(f.div(below.high));
  const divisor = upper(below.high);
  const remainder = f
    .sub(s.mul(divisor))
    .sub(s.mul(below.high.sub(divisor)))
    .sub(s.mul(below.low));
  const sLow = remainder.div(below.high);
  // z
  const z = s.mul(s);
  const zLow = sLow.mul(s.add(s).add(sLow));
  const zUpper = upper(z);
  const zRest = z.sub(zUpper).add(zLow);
  // t = 1/3 + z Q
  const whole = z.add(zLow);
  const correction = whole.mul(polynomial(whole, tail)).add(third[1]);
  const t = upper(correction.add(third[0]));
  const tLow = correction.sub(t.sub(third[0]));
  // u = z t
  const u = zUpper.mul(t);
  const uLow = zUpper.mul(tLow).add(zRest.mul(t.add(tLow)));
  const uUpper = upper(u);
  const uRest = u.sub(uUpper).add(uLow);
  // s + s u, twice
  const { high, low } = sum(s, s.mul(uUpper));
  const rest = s
    .mul(uRest)
    .add(sLow.mul(u.add(uLow).add(1)))
    .add(low);
  return { high: high.add(high), low: rest.add(rest) };
}

/** A pair by a constant in two parts, the first of 26 bits. */
export function times({ high, low }: Pair, [c, cLow]: readonly [number, number]): Pair {
  const first = upper(high);
  const second = high.sub(first).add(low);
  return { high: first.mul(c), low: first.mul(cLow).add(second.mul(c + cLow)) };
}

// log 2, the first part of 42 bits: its products with exponents are exact.
const logTwo = [0.6931471805598903, 5.497923018708371e-14] as const;

/** `k log 2 + log(1 + f)`, the first part of 26 bits. */
export function logPairOf(f: Lanes, k: Lanes): Pair {
  const fraction = logPair(f);
  const { high, low } = sum(k.mul(logTwo[0]), fraction.high);
  const first = upper(high);
  const rest = low.add(k.mul(logTwo[1]).add(fraction.low));
  return { high: first, low: high.sub(first).add(rest) };
}
