import { throughDouble } from './double.ts';
import { expOf, expRange } from './exp.ts';
import type { Lanes } from './lanes.ts';
import { logOfParts, split } from './log.ts';
import { logPairOf, upper } from './log-pair.ts';

/** `a^y` for positive finite a, where a^y is within float32's reach, to 2^-40. */
function roughPower(a: Lanes, y: Lanes): Lanes {
  const { m, k } = split(a);
  return expOf(expRange(y.mul(logOfParts(m.sub(1), k))));
}

/** `a^y` for positive finite a. */
function power(a: Lanes, y: Lanes): Lanes {
  const { m, k } = split(a);
  const { high, low } = logPairOf(m.sub(1), k);
  const first = upper(y);
  const product = first.mul(high);
  const rest = y.sub(first).mul(high).add(y.mul(low));
  // Beyond its range the first part decides, and the second may be NaN.
  return expOf(expRange(product), rest.and(product.abs().lt(800)));
}

const withEnds =
  (core: (a: Lanes, y: Lanes) => Lanes) =>
  (x: Lanes, y: Lanes): Lanes => {
    const a = x.abs();
    const ends = a.eq(0).or(a.eq(Infinity));
    const vanishes = a.eq(0).xor(y.lt(0));
    const finite = a.eq(1).choose(1, core(a, y));
    const size = ends.choose(vanishes.choose(0, Infinity), finite);
    const whole = y.op('trunc').eq(y);
    const half = y.mul(0.5);
    const odd = whole.without(half.op('trunc').eq(half));
    const signed = size.or(x.signBits().and(odd));
    // A finite negative base takes whole exponents only.
    const undefinedAt = x.lt(0).without(whole).without(ends);
    const nan = undefinedAt.or(x.op('ne', x)).or(y.op('ne', y));
    return y.eq(0).choose(1, signed.or(nan));
  };

const single = /* @__PURE__ */ throughDouble(/* @__PURE__ */ withEnds(roughPower));
const double = /* @__PURE__ */ withEnds(power);

/** `x^y` as `**`, but 1 for +-1 to an infinite power (IEEE 754), as the eager `pow`. */
export const pow = (x: Lanes, y: Lanes): Lanes => x.pick(single, double)(x, y);
