import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

// asin x = x + x z P(z), z = x^2, |x| <= 1/2; minimax, relative error 2^-28 in float32, 2^-56 in float64.
const sineSingle = [0.04216508195, 0.02418051474, 0.04547010735, 0.07495300472, 0.166667521];
const sineDouble = [
  0.0319119555818058, -0.01622378426143257, 0.019527959520730696, 0.006528089899356913,
  0.012169184343285424, 0.013885239773143494, 0.017359704307554964, 0.022371758082362154,
  0.030381959135545547, 0.0446428568283655, 0.07500000000336965, 0.16666666666665408,
];

// atan x = x + x z P(z), z = x^2, |x| <= 1; minimax, relative error 2^-28 in float32, 2^-57 in float64.
const tangentSingle = [
  -0.001793659292, 0.01091478113, -0.03117818944, 0.05795795843, -0.08403473347, 0.1095219404,
  -0.1426424384, 0.1999854892, -0.3333329856,
];
const tangentDouble = [
  1.3225657734272172e-5, -0.0001521663370966624, 0.0008313454610861419, -0.002884980448467885,
  0.007196613747593467, -0.013900701704568584, 0.02198498757073392, -0.029903953947599683,
  0.03664196190190769, -0.042191809728783496, 0.047223227849603325, -0.05253518654704829,
  0.058805278209156306, -0.06666404055422814, 0.076922798385625, -0.09090907002880119,
  0.11111111007016473, -0.14285714282574644, 0.1999999999995145, -0.3333333333333307,
];

// pi / 2 in two parts
const quarter = (x: Lanes): readonly [number, number] =>
  x.pick([1.5707963705062866, -4.371139000186243e-8], [1.5707963267948966, 6.123233995736766e-17]);

/** `turns` quarter turns minus `x` */
function turnsLess(x: Lanes, turns: number): Lanes {
  const [high, low] = quarter(x);
  return x.sub(turns * low).from(turns * high);
}

/** `asin |x|` up to 1/2; beyond, asin sqrt((1 - |x|) / 2), half of what is missing to pi / 2. */
function partialAsin(a: Lanes, far: Lanes): Lanes {
  const z = far.choose(a.from(1).mul(0.5), a.mul(a));
  const s = far.choose(z.sqrt(), a);
  return s.add(s.mul(z).mul(polynomial(z, a.pick(sineSingle, sineDouble))));
}

/** `asin x`, NaN beyond 1 */
export function asin(x: Lanes): Lanes {
  const a = x.abs();
  const far = a.number(0.5).lt(a);
  const p = partialAsin(a, far);
  return far.choose(turnsLess(p.add(p), 1), p).signed(x);
}

/** `acos x`, NaN beyond 1 */
export function acos(x: Lanes): Lanes {
  const a = x.abs();
  const far = a.number(0.5).lt(a);
  const p = partialAsin(a, far);
  const twice = p.add(p);
  const beyond = x.lt(0).choose(turnsLess(twice, 2), twice);
  return far.choose(beyond, turnsLess(p.signed(x), 1));
}

/** `atan t` for t in [0, 1] */
function unitAtan(t: Lanes): Lanes {
  const z = t.mul(t);
  return t.add(t.mul(z).mul(polynomial(z, t.pick(tangentSingle, tangentDouble))));
}

/** `atan x` */
export function atan(x: Lanes): Lanes {
  const a = x.abs();
  const far = a.number(1).lt(a);
  const p = unitAtan(far.choose(a.number(1).div(a), a));
  return far.choose(turnsLess(p, 1), p).signed(x);
}

/** The angle of the point `(x, y)`, y first. */
export function atan2(y: Lanes, x: Lanes): Lanes {
  const [ax, ay] = [x.abs(), y.abs()];
  const steep = ax.lt(ay);
  const above = steep.choose(ax, ay);
  const below = steep.choose(ay, ax);
  // 0 / 0 counts as 0, and infinity / infinity as 1.
  const ratio = above.div(below).without(below.eq(0));
  const p = unitAtan(above.eq(Infinity).choose(1, ratio));
  const quadrant = steep.choose(turnsLess(p, 1), p);
  const left = x.number(1).signed(x).lt(0);
  const size = left.choose(turnsLess(quadrant, 2), quadrant);
  return size.signed(y).or(x.op('ne', x)).or(y.op('ne', y));
}
