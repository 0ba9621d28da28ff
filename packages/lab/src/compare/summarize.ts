import type { RunFailure, RunResult } from './run-one.ts';
import { baseline, type CompareSettings } from './settings.ts';
import { holm, type Paired, pairedTest, type Spread, spread } from './statistics.ts';

/** What can be said of a method's test loss against `none`. */
export type Verdict =
  | 'lower'
  | 'higher'
  | 'within noise'
  | 'too few seeds'
  | 'diverged'
  | 'crashed'
  | 'baseline';

/** One row of the table. Losses are test or train negative log-likelihood in nats. */
export interface Row {
  readonly method: string;
  /** Runs that the figures are means of; where there are none the figures are NaN, null in JSON. */
  readonly runs: number;
  readonly diverged: number;
  readonly crashed: number;
  readonly trainAccuracy: Spread;
  readonly testAccuracy: Spread;
  readonly trainNll: Spread;
  readonly testNll: Spread;
  /** Test minus train negative log-likelihood. */
  readonly gap: Spread;
  readonly epochs: Spread;
  readonly seconds: Spread;
  /**
   * The penalties' share of the gradient, averaged over training; null for methods without any.
   */
  readonly penaltyShare: Spread | null;
  /** Whether every run ended at the weights of `none` under its seed: the method did nothing. */
  readonly isWithoutEffect: boolean;
  /**
   * Test loss less that of `none` under the same seed; `p` is Holm-adjusted over the methods, the
   * interval is of each method alone. Null without a pair, or where a run failed: those that did not
   * are no fair sample.
   */
  readonly versusNone: Paired | null;
  readonly verdict: Verdict;
}

/** The rows, and what may be said of the lowest test loss. */
export interface Summary {
  readonly rows: readonly Row[];
  /** Methods whose test loss is lower than that of `none` beyond the noise, lowest mean first. */
  readonly helped: readonly string[];
  /** Those of them whose test loss cannot be told from the lowest; the lowest itself is first. */
  readonly tiedForLowest: readonly string[];
  /** Share of wrong training labels. */
  readonly labelNoise: number;
}

/** Chance of one false claim or more against `none`; the same again among the methods. */
export const alpha = 0.05;

/** Fewer pairs than this give no useful measure of the noise, whatever their p-value. */
export const fewestPairs = 3;

/** Summarises what became of the runs; methods of which no run ended are left out. */
export function summarize(
  settings: Pick<CompareSettings, 'methods' | 'labelNoise'>,
  runs: readonly RunResult[],
  failures: readonly RunFailure[] = [],
): Summary {
  const ids = [baseline, ...settings.methods.map((method) => method.id)];
  // By seed: the order in which runs finished must not reach even the last bit of a sum.
  const ordered = [...runs].sort((a, b) => a.seed - b.seed);
  const byMethod = new Map(ids.map((id) => [id, ordered.filter((run) => run.method === id)]));
  const count = (id: string, kind: RunFailure['failure']): number =>
    failures.filter(({ method, failure }) => method === id && failure === kind).length;
  const failed = (id: string): boolean => failures.some(({ method }) => method === id);
  const present = ids.filter((id) => byMethod.get(id)!.length > 0 || failed(id));
  const none = byMethod.get(baseline)!;
  const others = present.filter((id) => id !== baseline);
  const tests = others.map((id) => {
    const pairs = differences(byMethod.get(id)!, none);
    return failed(id) || pairs.length === 0 ? null : testOf(pairs);
  });
  // A method that failed still counts among those tried.
  const adjusted = holm(tests.map((test) => (test === null ? 1 : test.p)));
  const rows = present.map((id): Row => {
    const own = byMethod.get(id)!;
    const at = others.indexOf(id);
    const found = tests[at] ?? null;
    const test = found === null ? null : { ...found, p: adjusted[at]! };
    const [diverged, crashed] = [count(id, 'diverged'), count(id, 'crashed')];
    return {
      method: id,
      runs: own.length,
      diverged,
      crashed,
      trainAccuracy: spread(own.map((run) => run.train.accuracy)),
      testAccuracy: spread(own.map((run) => run.test.accuracy)),
      trainNll: spread(own.map((run) => run.train.nll)),
      testNll: spread(own.map((run) => run.test.nll)),
      gap: spread(own.map((run) => run.test.nll - run.train.nll)),
      epochs: spread(own.map((run) => run.epochs)),
      seconds: spread(own.map((run) => run.seconds)),
      penaltyShare: shareOf(own),
      isWithoutEffect: id !== baseline && sameWeights(own, none),
      versusNone: test,
      verdict: verdictOf(id, test, { diverged, crashed }),
    };
  });
  const helped = rows
    .filter((row) => row.verdict === 'lower')
    .sort((a, b) => a.testNll.mean - b.testNll.mean)
    .map((row) => row.method);
  return {
    rows,
    helped,
    tiedForLowest: tied(helped, others, byMethod),
    labelNoise: settings.labelNoise,
  };
}

/** The mean share over each run's curve, spread over the runs. */
function shareOf(runs: readonly RunResult[]): Spread | null {
  const shares = runs.flatMap(({ curve }) => {
    const values = curve.flatMap(({ penalty }) => (penalty === null ? [] : [penalty.share]));
    return values.length === 0 ? [] : [spread(values).mean];
  });
  return shares.length === 0 ? null : spread(shares);
}

/** Whether all runs that have a partner ended at its weights. */
function sameWeights(own: readonly RunResult[], none: readonly RunResult[]): boolean {
  const bySeed = new Map(none.map((run) => [run.seed, run.weights]));
  const paired = own.filter((run) => bySeed.has(run.seed));
  return paired.length > 0 && paired.every((run) => run.weights === bySeed.get(run.seed));
}

/** Test losses of one method less those of another, over the seeds that both have. */
function differences(own: readonly RunResult[], other: readonly RunResult[]): number[] {
  const bySeed = new Map(other.map((run) => [run.seed, run.test.nll]));
  return own.flatMap((run) => {
    const against = bySeed.get(run.seed);
    return against === undefined ? [] : [run.test.nll - against];
  });
}

/** With too few pairs only the mean: an interval or p-value would be read as a claim. */
function testOf(pairs: readonly number[]): Paired {
  const test = pairedTest(pairs);
  return test.n < fewestPairs ? { ...test, low: null, high: null, p: null } : test;
}

/** What may be said of a method, given its adjusted test. */
export function verdictOf(
  id: string,
  test: Paired | null,
  { diverged, crashed }: Pick<Row, 'diverged' | 'crashed'>,
): Verdict {
  if (crashed > 0) return 'crashed';
  if (diverged > 0) return 'diverged';
  if (id === baseline) return 'baseline';
  if (test === null || test.p === null) return 'too few seeds';
  const { p, mean } = test;
  if (p >= alpha) return 'within noise';
  return mean < 0 ? 'lower' : 'higher';
}

/**
 * The methods that helped and cannot be told from the lowest. Which is the lowest is seen only in the
 * results, so the p-values are adjusted over all pairs of methods, whichever was going to be it.
 */
function tied(
  helped: readonly string[],
  all: readonly string[],
  byMethod: ReadonlyMap<string, readonly RunResult[]>,
): string[] {
  const [first, ...rest] = helped;
  if (first === undefined) return [];
  const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
  const adjusted = holm(
    pairs.map(([a, b]) => {
      const pair = differences(byMethod.get(a)!, byMethod.get(b)!);
      return pair.length === 0 ? 1 : (testOf(pair).p ?? 1);
    }),
  );
  const distinct = new Set(
    pairs.flatMap(([a, b], i) =>
      adjusted[i]! >= alpha ? [] : a === first ? [b] : b === first ? [a] : [],
    ),
  );
  return [first, ...rest.filter((id) => !distinct.has(id))];
}

/** What the comparison shows, in sentences that claim no more than the tests allow. */
export function conclusions(summary: Summary): string[] {
  const { rows, helped, tiedForLowest } = summary;
  const none = rows.find((row) => row.method === baseline);
  const sentences: string[] = [];
  if (none !== undefined && none.runs > 0) {
    const labels =
      summary.labelNoise === 0
        ? 'training labels'
        : `training labels, ${percent(summary.labelNoise)} of them wrong,`;
    sentences.push(
      `Without regularization the network reaches ${percent(none.trainAccuracy.mean)} on its ${labels} and ${percent(none.testAccuracy.mean)} on clean test data.`,
    );
  }
  sentences.push(...failureSentences(rows));
  const judged = rows.filter(({ method, diverged, crashed }) => {
    return method !== baseline && diverged + crashed === 0;
  });
  if (judged.length === 0) return sentences;
  const few = judged.filter((row) => row.verdict === 'too few seeds').map((row) => row.method);
  if (few.length > 0) {
    const of = few.length === judged.length ? '' : ` of ${few.join(', ')}`;
    sentences.push(
      `Fewer than ${fewestPairs} pairs with none measure the noise too poorly, so nothing is claimed${of}; use more seeds.`,
    );
    if (few.length === judged.length) return sentences;
  }
  if (helped.length === 0) {
    sentences.push('No method was found to lower the test loss.');
  } else {
    sentences.push(`Lower test loss than none, beyond the noise: ${helped.join(', ')}.`);
    if (tiedForLowest.length > 1) {
      sentences.push(`The lowest of them cannot be told apart: ${tiedForLowest.join(', ')}.`);
    } else if (helped.length > 1) {
      sentences.push(`${tiedForLowest[0]} is the lowest of them beyond the noise.`);
    }
  }
  const hurt = rows.filter((row) => row.verdict === 'higher').map((row) => row.method);
  if (hurt.length > 0) sentences.push(`Higher test loss than none: ${hurt.join(', ')}.`);
  const idle = rows.filter((row) => row.isWithoutEffect).map((row) => row.method);
  if (idle.length > 0) {
    sentences.push(`Did nothing, the weights are those of none in every bit: ${idle.join(', ')}.`);
  }
  const open = rows.filter((row) => row.verdict === 'within noise').map((row) => row.method);
  if (open.length > 0) sentences.push(`Not told from none: ${open.join(', ')}.`);
  return sentences;
}

/** What went wrong, and what that leaves out. */
function failureSentences(rows: readonly Row[]): string[] {
  const list = (kind: 'diverged' | 'crashed'): string =>
    rows
      .filter((row) => row[kind] > 0)
      .map((row) => `${row.method} (${row[kind]} of ${row.runs + row.diverged + row.crashed} runs)`)
      .join(', ');
  const [diverged, crashed] = [list('diverged'), list('crashed')];
  const lost = rows.some((row) => row.method === baseline && row.diverged + row.crashed > 0);
  return [
    ...(diverged === '' ? [] : [`Diverged, so not compared: ${diverged}.`]),
    ...(crashed === '' ? [] : [`Crashed, so not compared: ${crashed}.`]),
    ...(lost ? ['Seeds under which none has no result are left out of every pair.'] : []),
  ];
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
