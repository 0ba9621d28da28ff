import { expOf, expParts } from './exp.ts';
import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

// erf x = x + x P(x^2), |x| <= 1; minimax, relative error 2^-29 in float32, 2^-62 in float64.
const nearSingle = [
  7.85384982e-5, -0.0008010202437, 0.005188330542, -0.02685381472, 0.1128358543, -0.3761262596,
  0.1283791661,
];
const nearDouble = [
  5.945255584223488e-11, -1.136567067182716e-9, 1.4657883530919653e-8, -1.635002619207727e-7,
  1.6460972954153765e-6, -1.4925593518728226e-5, 0.00012055331037551108, -0.0008548326978765149,
  0.00522397762478137, -0.02686617064507296, 0.11283791670954858, -0.3761263890318375,
  0.1283791670955126,
];

// erfc x = e^(-x P(x)), 1 <= x <= 4; minimax, relative error of erf 2^-31.
const farSingle = [
  1.396352945e-5, -0.0003506023204, 0.003757516388, -0.0240101479, 0.1065309495, 0.6349694729,
  1.128694296,
];

// x e^(x^2) erfc x = P(t), t = (x - 2) / (x + 2), x >= 0.69, up to 10.2 in float32 and 27.3 in float64,
// where erfc has vanished; minimax, relative error 2^-28 and 2^-57.
const scaledSingle = [
  -0.0001316482085, -0.0007161280373, 0.001039276132, 0.004782517441, -0.007499667816,
  -0.02897666208, 0.1215137765, -0.2038442791, 0.1672110409, 0.5107913613,
];
const scaledDouble = [
  -6.29992293757158e-8, 1.3611547270405094e-7, 1.6050858731161332e-7, -2.916512233015913e-7,
  -4.804805006717459e-7, -1.8414610956880341e-7, 9.884158159663016e-7, 2.7821068952667833e-6,
  1.2720077715963728e-6, -8.613344303682582e-6, -1.891279469016858e-5, 6.224797716155104e-6,
  8.931058079339887e-5, 8.942125076068968e-5, -0.00031435111490828914, -0.0007501847945239699,
  0.0011266580033253782, 0.004784898563894303, -0.007515738411041285, -0.028976446698191247,
  0.1215149305245905, -0.20384429592887787, 0.1672110104141062, 0.5107913526210115,
];

/** `erf a` for a in [0, 1] */
function near(a: Lanes): Lanes {
  const p = polynomial(a.mul(a), a.pick(nearSingle, nearDouble));
  return a.add(a.mul(p));
}

/** `erfc a` for a >= 0.69 */
function tail(from: Lanes): Lanes {
  const a = from.most(from.pick(10.2, 27.3));
  const t = a.sub(2).div(a.add(2));
  const scaled = polynomial(t, a.pick(scaledSingle, scaledDouble)).div(a);
  // a^2 in two parts, the first exact, since its rounding would be magnified
  const first = a.and(a.bits(a.pick(-(1n << 12n), -(1n << 27n))));
  const low = a.sub(first).mul(a.add(first)).neg();
  const parts = expParts(first.mul(first).neg(), low);
  return scaled.add(scaled.mul(parts.rest)).mul(parts.first).mul(parts.second);
}

/** The error function. */
export function erf(x: Lanes): Lanes {
  const a = x.abs();
  const top = a.most(4);
  const rest = x.type === 'f64x2' ? tail(a) : expOf(top.mul(polynomial(top, farSingle)).neg());
  return a.le(1).choose(near(a), rest.from(1)).signed(x);
}

/** `1 - erf x`, accurate also where it is tiny. */
export function erfc(x: Lanes): Lanes {
  const a = x.abs();
  const value = tail(a);
  const far = x.lt(0).choose(value.from(2), value);
  return a.le(0.7).choose(near(a).signed(x).from(1), far);
}
