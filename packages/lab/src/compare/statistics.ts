import jstat from 'jstat';

const { studentt } = jstat.jStat;

/** Mean and standard deviation (n - 1) of a sample; the deviation of one value is null. */
export interface Spread {
  readonly mean: number;
  readonly sd: number | null;
}

/** Mean and standard deviation of the values. */
export function spread(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((total, x) => total + x, 0) / n;
  if (n < 2) return { mean, sd: null };
  const squares = values.reduce((total, x) => total + (x - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)) };
}

/** A two-sided paired t-test of differences against 0, with a 95 % interval of their mean. */
export interface Paired {
  readonly n: number;
  readonly mean: number;
  /** Null where one pair (or none) leaves nothing to estimate the noise from. */
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
}

/** Tests whether the mean of paired differences is 0 (Student 1908). */
export function pairedTest(differences: readonly number[]): Paired {
  const n = differences.length;
  const { mean, sd } = spread(differences);
  if (sd === null) return { n, mean, low: null, high: null, p: null };
  const error = sd / Math.sqrt(n);
  const margin = studentt.inv(0.975, n - 1) * error;
  return { n, mean, low: mean - margin, high: mean + margin, p: twoSided(mean, error, n) };
}

/** No variation: identical pairs say nothing against 0, equal nonzero ones leave no doubt. */
const twoSided = (mean: number, error: number, n: number): number =>
  error === 0 ? Number(mean === 0) : 2 * studentt.cdf(-Math.abs(mean / error), n - 1);

/** The p-value that a test has of its own, whatever it was adjusted for since: what its interval says. */
export function ownP({ n, mean, high, p }: Paired): number | null {
  if (high === null || p === null) return null;
  return twoSided(mean, (high - mean) / studentt.inv(0.975, n - 1), n);
}

/** Holm's step-down adjustment (1979): p-values of several comparisons made at once. */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const present = values.flatMap((p, index) => (p === null ? [] : [{ p, index }]));
  present.sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let least = 0;
  for (const [rank, { p, index }] of present.entries()) {
    least = Math.max(least, Math.min(1, p * (present.length - rank)));
    adjusted[index] = least;
  }
  return adjusted;
}
