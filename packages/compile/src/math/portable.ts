import { throughDouble } from './double.ts';
import { Emission, type Emitter } from './emission.ts';
import type { Lanes } from './lanes.ts';
import { logDouble } from './log.ts';
import { polynomial } from './polynomial.ts';
import { cosineDouble, sineDouble } from './sine-terms.ts';

// The same operations in the same order as core's fixed-order functions, for the same bits. Powers of 2
// are exact, so where they are taken out and put back differs.

/** `log(x) + shift log(2)` for a positive x; for others anything. */
function logCore(x: Lanes, shift: number): Lanes {
  const subnormal = x.lt(2 ** -1022);
  const up = subnormal.choose(x.mul(2 ** 54), x);
  const biased = up.shiftRight(52).or(x.number(2 ** 52));
  const whole = biased.sub(2 ** 52 + 1023 - shift).sub(subnormal.and(x.number(54)));
  const fraction = up.and(x.bits(0xfffffffffffffn)).or(x.number(1));
  const large = x.number(Math.SQRT2).lt(fraction);
  const m = large.choose(fraction.mul(0.5), fraction);
  const exponent = whole.add(large.and(x.number(1)));
  const s = m.sub(1).div(m.add(1));
  const z = s.mul(s);
  const value = s.mul(z.mul(polynomial(z, logDouble)).add(2));
  return exponent.mul(Math.LN2).add(value);
}

/** The logarithm of random draws, the same bits as the eager one. */
export const portableLog: (x: Lanes) => Lanes = /* @__PURE__ */ throughDouble((x) => {
  const above = x.lt(Infinity).choose(logCore(x, 0), x);
  return x.eq(0).choose(-Infinity, above).or(x.lt(0));
});

// log(2) in two parts; the first has few enough bits that its products with exponents are exact.
const logTwo = [0.6931471803691238, 1.9082149292705877e-10] as const;

/** The exponential of random draws, the same bits as the eager one. */
export const portableExp: (x: Lanes) => Lanes = /* @__PURE__ */ throughDouble((x) => {
  const near = x.most(711).least(-747);
  const n = near.mul(Math.LOG2E).add(0.5).op('floor');
  const r = near.sub(n.mul(logTwo[0])).sub(n.mul(logTwo[1]));
  let series = r.div(14).add(1);
  for (let k = 13; k >= 1; k--) {
    const term = series.mul(r);
    series = (Number.isInteger(Math.log2(k)) ? term.mul(1 / k) : term.div(k)).add(1);
  }
  // Scaling rounds at 2^-1050 and again below, as 30 bits at a time do.
  const most = n.least(-1050);
  const power = (k: Lanes): Lanes => k.add(2 ** 52 + 1023).shiftLeft(52);
  const half = most.mul(0.5).op('floor');
  const value = series
    .mul(power(half))
    .mul(power(most.sub(half)))
    .mul(power(n.sub(most)));
  const inRange = x.lt(-746).choose(0, value);
  return x.number(710).lt(x).choose(Infinity, inRange);
});

/** `cos(2 pi word / 2^32)` */
function cosOfTurn(word: Lanes): Lanes {
  // The nearest quarter of a turn, from 0 to 4.
  const quarter = word
    .mul(2 ** -30)
    .add(0.5)
    .op('floor');
  const odd = quarter.eq(1).or(quarter.eq(3));
  const x = word
    .sub(quarter.mul(2 ** 30))
    .mul(2 ** -30)
    .mul(Math.PI / 2);
  const z = x.mul(x);
  const sines = [0, ...sineDouble, 1];
  const terms = [...cosineDouble, -0.5, 1].map((cosine, k) => odd.choose(sines[k]!, cosine));
  const series = polynomial(z, terms);
  const value = odd.choose(x.mul(series), series);
  const negative = quarter.eq(1).or(quarter.eq(2));
  return value.xor(negative.and(x.number(-0)));
}

const words = (from: Lanes, order: readonly number[]): Lanes =>
  from.raw(
    'f64x2',
    (code) =>
      code
        .shuffle(order.flatMap((k) => [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3]))
        .op('f64x2.convert_low_i32x4_u'),
    from,
  );

/**
 * Takes two pairs of random words `[a0, b0, a1, b1]`, as integers, and leaves two float64 standard
 * normal values, the same bits as the eager ones.
 */
export const normalFromBits: Emitter = (code) => {
  const into = new Emission(code);
  const pairs = into.argument('f32x4');
  const log = logCore(words(pairs, [0, 2, 0, 2]).add(1), -32);
  into.put(
    log
      .mul(-2)
      .sqrt()
      .mul(cosOfTurn(words(pairs, [1, 3, 1, 3]))),
  );
  into.done();
};
