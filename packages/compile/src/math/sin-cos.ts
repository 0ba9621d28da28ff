import { highHalf, joined, lowHalf } from './double.ts';
import type { Lanes } from './lanes.ts';
import { polynomial } from './polynomial.ts';
import { type Reduced, reduced } from './quarter-turns.ts';
import { cosineDouble, sineDouble } from './sine-terms.ts';

// As sine-terms.ts has it for float64; relative errors 2^-28 and 2^-33.
const sineSingle = [-0.0001951464365, 0.008332156576, -0.1666665524];
const cosineSingle = [2.443241465e-5, -0.001388730947, 0.04166664556];

/** The sine of an argument moved on by `turns` quarter turns. */
function sineOf({ r, low, n }: Reduced, turns: number): Lanes {
  const z = r.mul(r);
  const half = z.mul(0.5);
  const odd = r.mul(z).mul(polynomial(z, r.pick(sineSingle, sineDouble)));
  const even = z.mul(z).mul(polynomial(z, r.pick(cosineSingle, cosineDouble)));
  const near = half.from(1);
  const sine = r.add(low === undefined ? odd : low.mul(near).add(odd));
  const cosine =
    low === undefined
      ? half.sub(even).from(1)
      : near.add(
          near
            .from(1)
            .sub(half)
            .add(even.sub(r.mul(low))),
        );
  const one = r.bits(1);
  const quadrant = turns === 0 ? n : n.plus(one);
  const swapped = r.bits(0).minus(quadrant.and(one));
  const sign = quadrant.shiftRight(1).shiftLeft(r.pick(31, 63));
  return swapped.choose(cosine, sine).xor(sign);
}

/** Float64 lanes are reduced, whatever the type: float32 has not the bits. */
function shifted(x: Lanes, turns: number): Lanes {
  if (x.type === 'f64x2') return sineOf(reduced(x, true), turns);
  const low = reduced(lowHalf(x).keep(), false);
  const high = reduced(highHalf(x).keep(), false);
  const n = low.n.raw(
    'f32x4',
    (code) => code.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]),
    high.n,
  );
  return sineOf({ r: joined(low.r, high.r), n }, turns);
}

/** `sin x`, x in radians */
export const sin = (x: Lanes): Lanes => {
  const value = shifted(x, 0);
  return value.or(x.eq(0).and(x));
};

/** `cos x`, x in radians */
export const cos = (x: Lanes): Lanes => shifted(x, 1);
