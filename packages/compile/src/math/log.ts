import { expFloor, expOf, logTwo } from './exp.ts';
import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

// With s = f / (2 + f), log(1 + f) = 2 atanh(s) = 2 s + s z P(z), z = s^2. P is minimax for f in
// [sqrt(1/2) - 1, sqrt(2) - 1]: relative error 2^-30 in float32, 2^-59 in float64.
const single = [0.2987229824, 0.3997752368, 0.6666677594];
/** Coefficients of P in float64, that of the highest power first. */
export const logDouble: readonly number[] = [
  0.14796624754372256, 0.15313986860227707, 0.1818356666111335, 0.22222198531385443,
  0.28571428742762545, 0.3999999999941315, 0.6666666666666735,
];

// The same for f in [0, 1], halved: relative error 2^-33 in float32, 2^-59 in float64.
const unitSingle = [0.1215040162, 0.1071386412, 0.14308437705, 0.19999438525, 0.33333337305];
const unitDouble = [
  0.08509299379594831, 0.041700448392644716, 0.06053044347423348, 0.06650486662670477,
  0.07693279968897168, 0.09090871962284962, 0.11111111984864215, 0.14285714273927091,
  0.2000000000007862, 0.33333333333333154,
];

/** A positive number as `m 2^k`, m in [sqrt(1/2), sqrt(2)). */
export interface Split {
  readonly m: Lanes;
  readonly k: Lanes;
  /** k with the exponents' bias, as an integer. */
  readonly biased: Lanes;
}

/** Splits a positive normal number; others give anything. */
export function splitNormal(x: Lanes): Split {
  const root = x.bits(x.pick(0x3f3504f3n, 0x3fe6a09e667f3bcdn));
  const below = x.bits(
    x.pick(0x3f800000n - 0x3f3504f3n, 0x3ff0000000000000n - 0x3fe6a09e667f3bcdn),
  );
  const shifted = x.plus(below);
  const biased = shifted.shiftRight(x.pick(23, 52));
  // An integer in the last bits of 2^23 (2^52) is that number plus the integer.
  const base = x.pick(2 ** 23, 2 ** 52);
  const k = biased.or(x.number(base)).sub(base + x.pick(127, 1023));
  const m = shifted.and(x.bits(x.pick(0x7fffffn, 0xfffffffffffffn))).plus(root);
  return { m, k, biased };
}

/** Splits a positive number. */
export function split(x: Lanes): Split {
  const subnormal = x.lt(x.pick(2 ** -126, 2 ** -1022));
  const up = x.pick(25, 54);
  const { m, k, biased } = splitNormal(subnormal.choose(x.mul(2 ** up), x));
  return { m, k: k.sub(subnormal.and(x.number(up))), biased };
}

/** `k log 2 + log(1 + f)` for f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
export function logOfParts(f: Lanes, k?: Lanes): Lanes {
  const s = f.div(f.add(2));
  const z = s.mul(s);
  // As f - f^2 / 2 + s (f^2 / 2 + z P), of which f is exact.
  const square = f.mul(0.5).mul(f);
  const rest = s.mul(square.add(z.mul(polynomial(z, f.pick(single, logDouble)))));
  if (k === undefined) return f.sub(square.sub(rest));
  const [high, low] = logTwo(f);
  return k.mul(high).sub(square.sub(rest.add(k.mul(low))).sub(f));
}

/** A logarithm with its values where the argument `x` is not finite or not above `pole`. */
export function withEnds(value: Lanes, x: Lanes, pole: number): Lanes {
  const above = x.lt(Infinity).choose(value, x);
  return x.eq(pole).choose(-Infinity, above).or(x.lt(pole));
}

/** `log x`. */
export function log(x: Lanes): Lanes {
  const { m, k } = split(x);
  return withEnds(logOfParts(m.sub(1), k), x, 0);
}

/** `log(1 + x)`, accurate near 0. */
export function log1p(x: Lanes): Lanes {
  const sum = x.add(1);
  const { m, k, biased } = splitNormal(sum);
  // What the sum has lost, at the scale of m; nothing where x is large.
  const lost = x.sub(sum.sub(1));
  const bias = x.bits(x.pick(254n, 2046n));
  const scale = bias.minus(biased).shiftLeft(x.pick(23, 52));
  const correction = lost.mul(scale).and(x.lt(x.pick(2 ** 24, 2 ** 53)));
  return withEnds(logOfParts(m.sub(1).add(correction), k), x, -1).signed(x);
}

/** `log(1 + e^x)`, without overflow, gradually to 0. */
export function softplus(x: Lanes): Lanes {
  const y = expOf(expFloor(x.abs().neg()));
  // y / (1 + y / 2), not y / (2 + y), which would lose the last bit of a subnormal
  const twice = y.div(y.mul(0.5).add(1));
  const s = twice.mul(0.5);
  const z = s.mul(s);
  const tail = twice.mul(z).mul(polynomial(z, x.pick(unitSingle, unitDouble)));
  return x.least(0).add(twice.add(tail));
}
