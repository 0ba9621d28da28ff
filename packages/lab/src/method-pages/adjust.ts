import { baseline } from '../compare/settings.ts';
import { holm, ownP } from '../compare/statistics.ts';
import { type Row, verdictOf } from '../compare/summarize.ts';

type Rows = readonly Omit<Row, 'seconds'>[];

/**
 * The rows with p-values that are Holm-adjusted over all of them, and verdicts that follow. Methods are measured
 * some at a time; what is claimed of one must not depend on which those were.
 */
export function adjusted(rows: Rows): Rows {
  // A method that failed still counts among those tried.
  const tests = rows
    .filter(({ method }) => method !== baseline)
    .map(({ method, versusNone }) => ({
      method,
      p: versusNone === null ? 1 : ownP(versusNone),
    }));
  const values = holm(tests.map(({ p }) => p));
  const byMethod = new Map(tests.map(({ method }, at) => [method, values[at]!]));
  return rows.map((row) => {
    const { method, versusNone: found } = row;
    const test = found === null ? null : { ...found, p: byMethod.get(method) ?? null };
    return { ...row, versusNone: test, verdict: verdictOf(method, test, row) };
  });
}
