/** `log Gamma(a)` for a > 0 (Lanczos, g = 7), to about 1e-14. */
export function logGammaFunction(a: number): number {
  if (a < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * a)) - logGammaFunction(1 - a);
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const t = a + 6.5;
  const series = coefficients.reduce((total, c, i) => total + (i === 0 ? c : c / (a - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (a - 0.5) * Math.log(t) - t + Math.log(series);
}

/** Distribution function of Gamma(a, 1): by its series below the mean, by the continued fraction above. */
export function gammaCdf(a: number, x: number): number {
  if (x <= 0) return 0;
  if (x === Infinity) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGammaFunction(a));
  if (x < a + 1) {
    let [term, total] = [1 / a, 1 / a];
    for (let n = 1; term > total * 1e-17; n++) {
      term *= x / (a + n);
      total += term;
    }
    return front * total;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 10_000; n++) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return 1 - front * h;
}

/** Standard normal distribution function. */
export const normalCdf = (x: number): number => {
  const half = gammaCdf(0.5, (x * x) / 2) / 2;
  return x < 0 ? 0.5 - half : 0.5 + half;
};

/** Distribution function of Beta(a, b), by the continued fraction. */
export function betaCdf(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(b, a, 1 - x);
  const logFront =
    a * Math.log(x) +
    b * Math.log1p(-x) +
    logGammaFunction(a + b) -
    logGammaFunction(a) -
    logGammaFunction(b);
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))];
  let h = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return (Math.exp(logFront) * h) / a;
}

/**
 * Probability that the empirical distribution of that many draws is farther from `cdf`
 * (Kolmogorov-Smirnov, asymptotic bound). Only every eighth draw, and those in `(from, to)`, are
 * looked at, which can only make it larger.
 */
export function ksProbability(
  draws: readonly number[],
  cdf: (x: number) => number,
  [from, to]: readonly [number, number] = [-Infinity, Infinity],
): number {
  const sorted = [...draws].sort((a, b) => a - b);
  const n = sorted.length;
  let worst = 0;
  for (const [i, x] of sorted.entries()) {
    if (i % 8 !== 0 || !(x > from && x < to)) continue;
    const f = cdf(x);
    worst = Math.max(worst, f - i / n, (i + 1) / n - f);
  }
  return 2 * Math.exp(-2 * n * worst * worst);
}

/** Probability of counts that are farther from the expected ones (Pearson's chi-square). */
export function chiSquareProbability(
  counts: readonly number[],
  probabilities: readonly number[],
): number {
  const n = counts.reduce((a, b) => a + b, 0);
  const possible = probabilities.filter((p) => p > 0).length;
  const chi2 = counts.reduce((total, count, i) => {
    const want = n * probabilities[i]!;
    if (want === 0) return count === 0 ? total : Infinity;
    return total + (count - want) ** 2 / want;
  }, 0);
  return 1 - gammaCdf((possible - 1) / 2, chi2 / 2);
}
