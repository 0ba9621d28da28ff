import type { FunctionName } from '../../src/math/index.ts';

// The functions to some 100 digits, in integers that count units of 2^-precision. Slow and plain:
// Taylor series, and one Newton step from a float64 where there is no short series.

const precision = 700n;
const one = 1n << precision;

/** A float64 as it is; below 2^-precision cut off. */
export function exact(x: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biased = (word >> 52n) & 2047n;
  const fraction = word & ((1n << 52n) - 1n);
  const m = biased === 0n ? fraction : fraction | (1n << 52n);
  const shift = (biased === 0n ? 1n : biased) - 1075n + precision;
  const size = shift < 0n ? m >> -shift : m << shift;
  return x < 0 ? -size : size;
}

/** The nearest float64, nearly. */
export function approximate(x: bigint): number {
  const size = x < 0n ? -x : x;
  const drop = Math.max(0, size.toString(2).length - 64);
  const value = Number(size >> BigInt(drop)) * 2 ** (drop - Number(precision));
  return x < 0n ? -value : value;
}

const times = (a: bigint, b: bigint): bigint => (a * b) >> precision;
const over = (a: bigint, b: bigint): bigint => (a << precision) / b;

function root(a: bigint): bigint {
  const square = a << precision;
  let x = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (x + square / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** The sum of a series from its first term and the step to each next one. */
function series(first: bigint, step: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n;
  let term = first;
  for (let n = 1n; term > 1n || term < -1n; n++) {
    sum += term;
    term = step(term, n);
  }
  return sum;
}

/** `atanh(1 / n)` or, with alternating signs, `atan(1 / n)` */
function inverse(n: bigint, sign: bigint): bigint {
  let power = one / n;
  return series(power, (_, k) => {
    power = (sign * power) / (n * n);
    return power / (2n * k + 1n);
  });
}

const logTwo = 2n * inverse(3n, 1n);
const pi = 4n * (4n * inverse(5n, -1n) - inverse(239n, -1n));
const shiftBy = (x: bigint, n: bigint): bigint => (n < 0n ? x >> -n : x << n);

function exp(x: bigint): bigint {
  const n = x / logTwo;
  const r = (x - n * logTwo) >> 8n;
  let value = series(one, (term, k) => times(term, r) / k);
  for (let k = 0; k < 8; k++) value = times(value, value);
  return shiftBy(value, n);
}

function log(x: bigint): bigint {
  const n = BigInt(x.toString(2).length) - precision;
  const m = shiftBy(x, -n);
  const near = exact(Math.log(approximate(m)));
  const s = over(m, exp(near));
  const t = over(s - one, s + one);
  const square = times(t, t);
  let power = t;
  const rest = series(t, (_, k) => {
    power = times(power, square);
    return power / (2n * k + 1n);
  });
  return n * logTwo + near + 2n * rest;
}

/** Sine and cosine of the angle less the nearest whole number of half turns, and the sign of those. */
function sine(x: bigint): bigint {
  const turn = 2n * pi;
  const r = (((x % turn) + turn + (pi >> 1n)) % turn) - (pi >> 1n);
  const y = r > pi >> 1n ? pi - r : r;
  const square = times(y, y);
  return series(y, (term, k) => -times(term, square) / (2n * k * (2n * k + 1n)));
}

const cosine = (x: bigint): bigint => sine(x + (pi >> 1n));

/** The angle of a point that is not the origin. */
function angle(y: bigint, x: bigint): bigint {
  const near = exact(Math.atan2(approximate(y), approximate(x)));
  const [s, c] = [sine(near), cosine(near)];
  const t = over(times(y, c) - times(x, s), times(x, c) + times(y, s));
  const square = times(t, t);
  let power = t;
  const rest = series(t, (_, k) => {
    power = -times(power, square);
    return power / (2n * k + 1n);
  });
  return near + rest;
}

function erf(x: bigint): bigint {
  const square = times(x, x);
  let power = x;
  const sum = series(x, (_, k) => {
    power = -times(power, square) / k;
    return power / (2n * k + 1n);
  });
  return over(2n * sum, root(pi));
}

const leg = (x: bigint): bigint => root(one - times(x, x));
const half = (x: bigint): bigint => x >> 1n;
const log1p = (x: bigint): bigint => log(one + x);

/** The functions where they are finite and neither tiny nor large. */
export const exactly: Record<FunctionName, (x: bigint, y: bigint) => bigint> = {
  exp,
  portableExp: exp,
  expm1: (x) => exp(x) - one,
  sigmoid: (x) => over(one, one + exp(-x)),
  softplus: (x) => log1p(exp(x)),
  log,
  portableLog: log,
  log1p,
  log2: (x) => over(log(x), logTwo),
  log10: (x) => over(log(x), log(10n * one)),
  tanh: (x) => over(exp(2n * x) - one, exp(2n * x) + one),
  sinh: (x) => half(exp(x) - exp(-x)),
  cosh: (x) => half(exp(x) + exp(-x)),
  asinh: (x) => log(x + root(one + times(x, x))),
  acosh: (x) => log(x + root(times(x, x) - one)),
  atanh: (x) => half(log(over(one + x, one - x))),
  sin: sine,
  cos: cosine,
  asin: (x) => angle(x, leg(x)),
  acos: (x) => angle(leg(x), x),
  atan: (x) => angle(x, one),
  atan2: angle,
  erf,
  erfc: (x) => one - erf(x),
  pow: (x, y) => exp(times(y, log(x))),
};
