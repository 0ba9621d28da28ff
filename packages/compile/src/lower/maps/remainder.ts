import { throughDouble } from '../../math/double.ts';
import type { Lanes } from '../../math/lanes.ts';
import { binary, type MapEntry } from './entry.ts';
import {
  highWords,
  type Integer,
  isInteger,
  joinedWords,
  widened,
  wrapped,
  wrappedWords,
} from './integers.ts';

const step = 2 ** 24;

/**
 * `a - q b` for whole quotients q of at most 2^24 and float64 lanes, exactly: with the nearest q the
 * result has at most half the size of b, and products with the halves of b, 29 and 24 bits, are exact.
 */
function reducedOnce(a: Lanes, b: Lanes): Lanes {
  // Products with huge divisors would overflow.
  const huge = a.number(2 ** 1000).lt(a);
  const scale = huge.choose(0.25, 1);
  const q = a.div(b).op('nearest');
  const c = b.mul(scale);
  const high = c.and(c.bits(-(1n << 24n)));
  const rest = a
    .mul(scale)
    .sub(q.mul(high))
    .sub(q.mul(c.sub(high)));
  const scaled = rest.mul(huge.choose(4, 1));
  return rest.lt(0).choose(scaled.add(b), scaled);
}

/**
 * `|x| % |y|` of float64 lanes, exactly, as JavaScript's: by the divisor times the largest power of 2^24
 * that fits, then by smaller ones. Most quotients are below 2^24, and take one turn.
 */
function restOf(x: Lanes, y: Lanes): Lanes {
  const { into } = x;
  const { code } = into;
  const size = x.abs();
  const divisor = y.abs();
  const defined = size.lt(Infinity).and(divisor.number(0).lt(divisor)).keep();
  const divided = defined.and(divisor.le(size)).keep();
  // Lanes that have nothing to divide must not keep the loops going.
  const least = divided.choose(divisor, 1).keep();
  const rest = divided.choose(size, 0).keep();
  const now = least.keep();
  const repeat = (more: Lanes, body: () => void): void => {
    code.block((exit) => {
      code.loop((again) => {
        into.put(more);
        code.op('v128.any_true', 'i32.eqz');
        exit(true);
        body();
        again();
      });
    });
  };
  const larger = now.mul(step);
  const fits = larger.le(rest);
  repeat(fits, () => into.assign(now, fits.choose(larger, now)));
  const above = least.lt(now);
  repeat(above, () => {
    into.assign(rest, reducedOnce(rest, now));
    into.assign(now, above.choose(now.mul(1 / step), now));
  });
  into.assign(rest, reducedOnce(rest, now));
  return defined.choose(divided.choose(rest, size), NaN);
}

/** `x % y` with the sign of x, as JavaScript's. */
const signedRest = (x: Lanes, y: Lanes): Lanes => restOf(x, y).signed(x);

/** The remainder with the divisor's sign, a zero too. */
const remainder = /* @__PURE__ */ throughDouble((left, right) => {
  const [x, y] = [left!.keep(), right!.keep()];
  const r = signedRest(x, y).keep();
  const below = y.lt(0);
  const moved = r.lt(0).xor(below).choose(r.add(y), r);
  return r.eq(0).choose(below.and(y.number(-0)), moved);
});

/** The quotient, rounded down, by way of the remainder: x - r is a multiple of y but for rounding. */
const quotient = /* @__PURE__ */ throughDouble((left, right) => {
  const [x, y] = [left!.keep(), right!.keep()];
  const r = signedRest(x, y).keep();
  const down = r.op('ne', 0).and(r.lt(0).xor(y.lt(0)));
  const whole = x
    .sub(r)
    .div(y)
    .sub(down.and(x.number(1)));
  const low = whole.op('floor');
  const near = low.number(0.5).lt(whole.sub(low)).choose(low.add(1), low);
  return y.eq(0).choose(x.div(y), near);
});

/** Of integers in float64 lanes, where the quotient's floor is that of the exact quotient. */
const wholeQuotient = (x: Lanes, y: Lanes): Lanes => x.div(y).op('floor');

/** Of integers; by 0 it is NaN, which is stored as 0. */
const wholeRemainder = (x: Lanes, y: Lanes): Lanes => x.sub(wholeQuotient(x, y).mul(y));

/** A function of integers in float64 lanes, wrapped; in both widths. */
function onPairs(dtype: Integer, x: Lanes, y: Lanes, f: (x: Lanes, y: Lanes) => Lanes): Lanes {
  if (x.type === 'f64x2') return wrapped(f(x, y), dtype);
  const low = f(widened(x, dtype), widened(y, dtype));
  const high = f(widened(highWords(x), dtype), widened(highWords(y), dtype));
  return joinedWords(wrappedWords(low), wrappedWords(high));
}

/** Remainders and whole quotients as in Python: rounded down. */
export const remainders: readonly MapEntry[] = [
  binary('remainder', 'dear', (x, y, { output: { dtype } }) =>
    isInteger(dtype) ? onPairs(dtype, x, y, wholeRemainder) : remainder(x, y),
  ),
  binary('floorDivide', 'dear', (x, y, { output: { dtype } }) =>
    isInteger(dtype) ? onPairs(dtype, x, y, wholeQuotient) : quotient(x, y),
  ),
];
