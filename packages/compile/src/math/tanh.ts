import { expm1Of, expRest } from './exp.ts';
import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';

// tanh x = x + x z P(z), z = x^2, |x| <= 0.55; minimax, relative error 2^-29.
const single = [-0.006274271756, 0.02107173949, -0.05385233462, 0.1333258599, -0.3333331645];

/** In float32; e^(2 |x|) is within reach of one power of 2 until the result has become 1. */
function singleTanh(x: Lanes): Lanes {
  const a = x.abs();
  const b = a.add(a).most(18.1);
  const magic = 1.5 * 2 ** 23;
  const sum = b.mul(Math.LOG2E).add(magic);
  const n = sum.sub(magic);
  // One part of log 2 is enough: the larger n is, the less e^b matters.
  const fraction = expRest(b.sub(n.mul(Math.LN2))).add(1);
  const e = fraction.plus(sum.shiftLeft(23));
  const far = e.number(2).div(e.add(1)).from(1);
  const z = a.mul(a);
  const near = a.add(a.mul(z).mul(polynomial(z, single)));
  return a.number(0.55).lt(a).choose(far, near).signed(x);
}

/** `tanh x` */
export function tanh(x: Lanes): Lanes {
  if (x.type === 'f32x4') return singleTanh(x);
  const a = x.abs();
  const t = expm1Of(a.add(a).most(44));
  return t.div(t.add(2)).signed(x);
}
