// Sine and cosine of whole turns by `+ - *` in one fixed order, so that a seed gives the same bits in
// every engine (`Math.sin` may differ) and quarter turns are exact. Adding 0 makes a zero of either sign positive.

/** `cos(2 pi u)`, within 3e-16 for `|u| <= 64`. */
export const cosTurns = (u: number): number => waveAt(u, 0) + 0;

/** `sin(2 pi u)`, within 3e-16 for `|u| <= 64`. */
export const sinTurns = (u: number): number => waveAt(u, 3) + 0;

/** `cos(2 pi u + quarters pi / 2)`. */
function waveAt(u: number, quarters: number): number {
  const nearest = Math.round(4 * u);
  // Both terms are multiples of the last bit of `u`, hence the difference is exact.
  const x = 2 * Math.PI * (u - nearest / 4);
  const z = x * x;
  const at = (((nearest + quarters) % 4) + 4) % 4;
  if (at === 0) return cosSeries(z);
  if (at === 1) return -x * sinSeries(z);
  if (at === 2) return -cosSeries(z);
  return x * sinSeries(z);
}

/** `cos(x)` of `z = x^2`, for `|x| <= pi / 4`; the first term left out is below 3e-18. */
function cosSeries(z: number): number {
  let sum = 1;
  for (let k = 16; k >= 2; k -= 2) sum = 1 - (z / (k * (k - 1))) * sum;
  return sum;
}

/** `sin(x) / x` of `z = x^2`, for `|x| <= pi / 4`; the first term left out is below 1e-18. */
function sinSeries(z: number): number {
  let sum = 1;
  for (let k = 17; k >= 3; k -= 2) sum = 1 - (z / (k * (k - 1))) * sum;
  return sum;
}
