import { expOf } from './exp.ts';
import type { Lanes } from './lanes.ts';
import { log1p } from './log.ts';
import { polynomial } from './polynomial.ts';

// sinh x = x + x z P(z), z = x^2, |x| <= 1; minimax, relative error 2^-34 in float32, 2^-63 in float64.
const single = [2.816952247e-6, 0.0001983615948, 0.0083333496, 0.1666666716];
const double = [
  7.758748668227097e-13, 1.6057259773227915e-10, 2.505212313666395e-8, 2.755731915707225e-6,
  0.00019841269841431873, 0.008333333333333148, 0.16666666666666669,
];

/** `e^a / 2` for a >= 0: finite where cosh is. */
const halfExp = (a: Lanes): Lanes => expOf(a.most(a.pick(90, 711)), undefined, -1);

/** `sinh x` */
export function sinh(x: Lanes): Lanes {
  const a = x.abs();
  const z = a.mul(a);
  const near = a.add(a.mul(z).mul(polynomial(z, x.pick(single, double))));
  const e = halfExp(a);
  const far = e.sub(e.number(0.25).div(e));
  return a.le(1).choose(near, far).signed(x);
}

/** `cosh x` */
export function cosh(x: Lanes): Lanes {
  const e = halfExp(x.abs());
  return e.add(e.number(0.25).div(e));
}

/** `log(1 + w)` where w stands for its argument, plus log 2 where it stands for half of it. */
function logTwice(w: Lanes, halved: Lanes): Lanes {
  return log1p(w).add(halved.and(w.number(Math.LN2)));
}

/** From here on x^2 + 1 and x^2 are the same. */
const large = (x: Lanes): number => x.pick(2 ** 13, 2 ** 28);

/** `asinh x` as `log(1 + (|x| + x^2 / (1 + sqrt(1 + x^2))))` */
export function asinh(x: Lanes): Lanes {
  const a = x.abs();
  const far = a.number(large(x)).lt(a);
  const z = a.mul(a);
  const w = a.add(z.div(z.add(1).sqrt().add(1)));
  return logTwice(far.choose(a.sub(1), w), far).signed(x);
}

/** `acosh x` as `log(1 + (t + sqrt(2 t + t^2)))`, t = x - 1; NaN below 1. */
export function acosh(x: Lanes): Lanes {
  const far = x.number(large(x)).lt(x);
  const t = x.sub(1);
  const w = t.add(t.add(2).mul(t).sqrt());
  return logTwice(far.choose(t, w), far).or(x.lt(1));
}

/** `atanh x` as `log(1 + 2 |x| / (1 - |x|)) / 2`; infinite at 1, NaN beyond. */
export function atanh(x: Lanes): Lanes {
  const a = x.abs();
  return log1p(a.add(a).div(a.from(1)))
    .mul(0.5)
    .signed(x);
}
