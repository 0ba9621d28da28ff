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

/** `log(m 2^exponent)` for `m` in [1, 2) by `log m = 2 atanh((m - 1) / (m + 1))` on [sqrt(1/2), sqrt(2)]. */
function logOfParts(mantissa: number, power: number): number {
  let m = mantissa;
  let exponent = power;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let series = 1 / 23;
  series = series * z + 1 / 21;
  series = series * z + 1 / 19;
  series = series * z + 1 / 17;
  series = series * z + 1 / 15;
  series = series * z + 1 / 13;
  series = series * z + 1 / 11;
  series = series * z + 1 / 9;
  series = series * z + 1 / 7;
  series = series * z + 1 / 5;
  series = series * z + 1 / 3;
  series = series * z + 1;
  return exponent * Math.LN2 + 2 * s * series;
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

/** `cos(2 pi word / 2^32)` by Taylor series within the quadrant. */
export function cosOfTurn(word: number): number {
  const quadrant = word >>> 30;
  const x = ((word & 0x3fffffff) / 0x40000000) * (Math.PI / 2);
  const z = x * x;
  const odd = quadrant === 1 || quadrant === 3;
  let series = 1;
  for (let n = odd ? 23 : 22; n >= 2; n -= 2) series = 1 - (series * z) / (n * (n - 1));
  const value = odd ? x * series : series;
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

/** A standard normal value from two words (Box & Muller 1958); its size is at most 6.67. */
export const normalOf = (word0: number, word1: number): number =>
  Math.sqrt(-2 * logOfFraction(word0)) * cosOfTurn(word1);

/** A fraction strictly between 0 and 1 from two words: an odd multiple of 2^-53. */
export const fractionOf = (word0: number, word1: number): number =>
  ((word0 >>> 6) * 0x4000000 + (word1 >>> 6) + 0.5) / 0x10000000000000;
