import type { Lanes } from './lanes.ts';
import { payneHanek } from './payne-hanek.ts';

/** An angle as n quarter turns and r + low, |r| <= pi / 4: the last bits of n, as an integer. */
export interface Reduced {
  readonly r: Lanes;
  readonly low?: Lanes;
  readonly n: Lanes;
}

// pi / 2 in parts of 33 bits, whose products with up to 20 bits are exact, and what is left.
const first = 1.5707963267341256;
const second = 6.077100506303966e-11;
const third = 2.0222662487111665e-21;
const rest = 8.4784276603689e-32;
const secondWhole = 6.077100506506192e-11;

/** Up to here there are less than 2^20 quarter turns. */
const limit = 1.6e6;

const magic = 1.5 * 2 ** 52;

/** Float64 lanes in quarter turns; without `precise` to 2^-66, and `low` is left out. */
export function reduced(x: Lanes, precise: boolean): Reduced {
  const sum = x
    .mul(2 / Math.PI)
    .add(magic)
    .keep();
  const turns = sum.sub(magic);
  const a = x.sub(turns.mul(first));
  const fast = precise ? preciseRest(a, turns) : { r: a.sub(turns.mul(secondWhole)) };
  return orSlow(x, { ...fast, n: sum });
}

/** `a - turns (second + third + rest)` */
function preciseRest(a: Lanes, turns: Lanes): { readonly r: Lanes; readonly low: Lanes } {
  // Where `a` is the smaller one, so is the result, and the difference exact.
  const b = turns.mul(second);
  const t = a.sub(b);
  const c = turns.mul(third).sub(a.sub(t).sub(b));
  const u = t.sub(c);
  const d = turns.mul(rest).sub(t.sub(u).sub(c));
  const r = u.sub(d);
  return { r, low: u.sub(r).sub(d) };
}

/** Replaces lanes beyond the limit, if there are any. */
function orSlow(x: Lanes, fast: Reduced): Reduced {
  const { into } = x;
  const r = fast.r.keep();
  const low = fast.low?.keep();
  const n = fast.n.keep();
  const a = x.abs();
  const beyond = a.number(limit).lt(a).and(a.lt(Infinity)).keep();
  into.put(beyond);
  into.code.op('v128.any_true').if(() => {
    const slow = payneHanek(x);
    into.assign(r, beyond.choose(slow.r, r));
    into.assign(n, beyond.choose(slow.n, n));
    if (low !== undefined) into.assign(low, beyond.choose(slow.low, low));
  });
  return low === undefined ? { r, n } : { r, low, n };
}
