import { expm1Of, expRest, logTwo } from './exp.ts';
import type { Lanes } from './lanes.ts';

/**
 * In float32, from `e^2|x| - 1` as in float64, but with one power of 2, which is within reach until the
 * result has become 1.
 */
function singleTanh(x: Lanes): Lanes {
  const a = x.abs();
  const b = a.add(a).most(18.1);
  const magic = 1.5 * 2 ** 23;
  const sum = b.mul(Math.LOG2E).add(magic);
  const n = sum.sub(magic);
  const [high, low] = logTwo(x);
  const rest = expRest(b.sub(n.mul(high)).sub(n.mul(low)));
  const power = sum.shiftLeft(23).plus(x.number(1));
  const t = rest.mul(power).add(power.sub(1));
  return t.div(t.add(2)).signed(x);
}

/** `tanh x` */
export function tanh(x: Lanes): Lanes {
  if (x.type === 'f32x4') return singleTanh(x);
  const a = x.abs();
  const t = expm1Of(a.add(a).most(44));
  return t.div(t.add(2)).signed(x);
}
