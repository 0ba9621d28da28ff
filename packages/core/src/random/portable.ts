// Elementary functions of `+ - * /` in one fixed order (comparisons and exact scaling apart), so that
// they give the same bits in every engine and in WebAssembly. `Math.log` and its kin may differ.

/** `log(x)` for a float64, within 4e-16 (1 + |log x|), and within 2e-15 |log x| near 1. */
export function logOf(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x < 0 ? Number.NaN : x;
  // x = m 2^exponent, all of it exact: first into [1, 2^32), then by the highest bit.
  let exponent = 0;
  let m = x;
  while (m >= 0x100000000) {
    m /= 0x100000000;
    exponent += 32;
  }
  while (m < 1) {
    m *= 0x100000000;
    exponent -= 32;
  }
  const top = 31 - Math.clz32(m);
  return logOfParts(m / ((1 << top) >>> 0), exponent + top);
}

/** Coefficients of 1, z, ..., z^7. */
type Eight = readonly [number, number, number, number, number, number, number, number];

/** A polynomial in pairs and pairs of pairs: one term after the other would wait for each other. */
function polynomial(z: number, c: Eight): number {
  const square = z * z;
  const low = (c[3] * z + c[2]) * square + (c[1] * z + c[0]);
  const high = (c[7] * z + c[6]) * square + (c[5] * z + c[4]);
  return high * (square * square) + low;
}

// log m = 2 s + s z P(z) with s = (m - 1) / (m + 1) and z = s^2; P is minimax on [sqrt(1/2), sqrt(2)].
const logTerms: Eight = [
  0.6666666666666735, 0.3999999999941315, 0.28571428742762545, 0.22222198531385443,
  0.1818356666111335, 0.15313986860227707, 0.14796624754372256, 0,
];

/** `log(m 2^exponent)` for `m` in [1, 2). */
function logOfParts(mantissa: number, power: number): number {
  let m = mantissa;
  let exponent = power;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  return exponent * Math.LN2 + s * (2 + z * polynomial(z, logTerms));
}

/** `log((word + 1) / 2^32)` of a word: never infinite. */
export function logOfFraction(word: number): number {
  const k = word + 1;
  if (k === 0x100000000) return 0;
  const top = 31 - Math.clz32(k);
  return logOfParts(k / ((1 << top) >>> 0), top - 32);
}

// log(2) in two parts; the first has few enough bits that its products with exponents are exact.
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** `exp(x)` for a float64, within 4e-16 of the value: Taylor's series about the nearest `n log 2`. */
export function expOf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -746) return 0;
  if (x > 710) return Infinity;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * ln2High - n * ln2Low;
  let series = 1 + r / 14;
  for (let k = 13; k >= 1; k--) series = 1 + (series * r) / k;
  return scaled(series, n);
}

/** `x 2^n`, exact but for the result's own rounding where it is subnormal. */
function scaled(x: number, n: number): number {
  let y = x;
  let left = n;
  for (; left > 30; left -= 30) y *= 0x40000000;
  for (; left < -30; left += 30) y /= 0x40000000;
  return left >= 0 ? y * (1 << left) : y / (1 << -left);
}

// Of cos x, and of sin x / x, in z = x^2 on [-pi/4, pi/4]; minimax, relative errors 2^-63 and 2^-57.
const cosineTerms: Eight = [
  1, -0.5, 0.041666666666666595, -0.0013888888888872897, 2.4801587288749182e-5,
  -2.7557314148755045e-7, 2.0875696575544597e-9, -1.1358310082168177e-11,
];
const sineTerms: Eight = [
  1, -0.1666666666666663, 0.00833333333332202, -0.00019841269829503765, 2.755731358974558e-6,
  -2.5050742545998127e-8, 1.5895914180332868e-10, 0,
];

/** `cos(2 pi word / 2^32)`, by polynomials about the nearest quarter of a turn. */
export function cosOfTurn(word: number): number {
  const quarter = (word + 0x20000000) >>> 30;
  const odd = quarter === 1 || quarter === 3;
  const x = (((word << 2) >> 2) / 0x40000000) * (Math.PI / 2);
  const value = odd ? x * polynomial(x * x, sineTerms) : polynomial(x * x, cosineTerms);
  return quarter === 1 || quarter === 2 ? -value : value;
}

/** A standard normal value from two words (Box & Muller 1958); its size is at most 6.67. */
export const normalOf = (word0: number, word1: number): number =>
  Math.sqrt(-2 * logOfFraction(word0)) * cosOfTurn(word1);

/** A fraction strictly between 0 and 1 from two words: an odd multiple of 2^-53. */
export const fractionOf = (word0: number, word1: number): number =>
  ((word0 >>> 6) * 0x4000000 + (word1 >>> 6) + 0.5) / 0x10000000000000;
