import type { RunResult } from './run-one.ts';
import { baseline, type CompareSettings } from './settings.ts';
import { holm, type Paired, pairedTest, type Spread, spread } from './statistics.ts';

/** What can be said of a method's test loss against `none`. */
export type Verdict = 'lower' | 'higher' | 'within noise' | 'too few seeds' | 'baseline';

/** One row of the table. Losses are test or train negative log-likelihood in nats. */
export interface Row {
  readonly method: string;
  readonly runs: number;
  readonly trainAccuracy: Spread;
  readonly testAccuracy: Spread;
  readonly trainNll: Spread;
  readonly testNll: Spread;
  /** Test minus train negative log-likelihood. */
  readonly gap: Spread;
  readonly epochs: Spread;
  readonly seconds: Spread;
  /** Test loss less that of `none` under the same seed; `p` is Holm-adjusted over the methods. */
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
}

/** Significance level of all claims together. */
export const alpha = 0.05;

/** Fewer pairs than this give no useful measure of the noise, whatever their p-value. */
export const fewestPairs = 3;

/** Summarises finished runs; methods without a run are left out. */
export function summarize(
  settings: Pick<CompareSettings, 'methods'>,
  runs: readonly RunResult[],
): Summary {
  const ids = [baseline, ...settings.methods.map((method) => method.id)];
  // By seed: the order in which runs finished must not reach even the last bit of a sum.
  const ordered = [...runs].sort((a, b) => a.seed - b.seed);
  const byMethod = new Map(ids.map((id) => [id, ordered.filter((run) => run.method === id)]));
  const present = ids.filter((id) => byMethod.get(id)!.length > 0);
  const none = byMethod.get(baseline)!;
  const others = present.filter((id) => id !== baseline);
  const tests = others.map((id) => pairedTest(differences(byMethod.get(id)!, none)));
  const adjusted = holm(tests.map((test) => test.p));
  const rows = present.map((id): Row => {
    const own = byMethod.get(id)!;
    const at = others.indexOf(id);
    const test = at < 0 ? null : { ...tests[at]!, p: adjusted[at]! };
    return {
      method: id,
      runs: own.length,
      trainAccuracy: spread(own.map((run) => run.train.accuracy)),
      testAccuracy: spread(own.map((run) => run.test.accuracy)),
      trainNll: spread(own.map((run) => run.train.nll)),
      testNll: spread(own.map((run) => run.test.nll)),
      gap: spread(own.map((run) => run.test.nll - run.train.nll)),
      epochs: spread(own.map((run) => run.epochs)),
      seconds: spread(own.map((run) => run.seconds)),
      versusNone: test,
      verdict: test === null ? 'baseline' : verdictOf(test),
    };
  });
  const helped = rows
    .filter((row) => row.verdict === 'lower')
    .sort((a, b) => a.testNll.mean - b.testNll.mean)
    .map((row) => row.method);
  return { rows, helped, tiedForLowest: tied(helped, byMethod) };
}

/** Test losses of one method less those of another, over the seeds that both have. */
function differences(own: readonly RunResult[], other: readonly RunResult[]): number[] {
  const bySeed = new Map(other.map((run) => [run.seed, run.test.nll]));
  return own.flatMap((run) => {
    const against = bySeed.get(run.seed);
    return against === undefined ? [] : [run.test.nll - against];
  });
}

function verdictOf({ n, p, mean }: Paired): Verdict {
  if (p === null || n < fewestPairs) return 'too few seeds';
  if (p >= alpha) return 'within noise';
  return mean < 0 ? 'lower' : 'higher';
}

function tied(
  helped: readonly string[],
  byMethod: ReadonlyMap<string, readonly RunResult[]>,
): string[] {
  const [first, ...rest] = helped;
  if (first === undefined) return [];
  const tests = rest.map((id) => pairedTest(differences(byMethod.get(id)!, byMethod.get(first)!)));
  const adjusted = holm(tests.map((test) => test.p));
  return [first, ...rest.filter((_, i) => (adjusted[i] ?? 1) >= alpha)];
}

/** What the comparison shows, in sentences that claim no more than the tests allow. */
export function conclusions(summary: Summary): string[] {
  const { rows, helped, tiedForLowest } = summary;
  const none = rows.find((row) => row.method === baseline);
  const sentences: string[] = [];
  if (none !== undefined) {
    sentences.push(
      `Without regularization the network reaches ${percent(none.trainAccuracy.mean)} on its noisy training labels and ${percent(none.testAccuracy.mean)} on clean test data.`,
    );
  }
  const judged = rows.filter((row) => row.versusNone !== null);
  if (judged.length === 0) return sentences;
  if (judged.every((row) => row.verdict === 'too few seeds')) {
    sentences.push(
      `Fewer than ${fewestPairs} seeds give no measure of the noise, so nothing is claimed; use more.`,
    );
    return sentences;
  }
  if (helped.length === 0) {
    sentences.push('No method lowered the test loss beyond the noise.');
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
  const open = rows.filter((row) => row.verdict === 'within noise').map((row) => row.method);
  if (open.length > 0) sentences.push(`Not told from none: ${open.join(', ')}.`);
  return sentences;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
