import Table from 'cli-table3';
import type { DeepResult } from './tasks.ts';

/** Results of one operation. */
interface Line {
  readonly name: string;
  readonly laws: number;
  readonly cases: Readonly<Record<'float64' | 'float32' | 'other', number>>;
  readonly fallen: number;
}

const nameOf = (id: string): string => id.split('/').slice(0, 2).join('/');

const casesIn = (results: readonly DeepResult[], dtype: string): number =>
  results
    .filter(({ dtypes }) => dtypes.includes(dtype))
    .reduce((total, { cases }) => total + cases, 0);

function lines(results: readonly DeepResult[]): Line[] {
  const names = [...new Set(results.map(({ id }) => nameOf(id)))];
  return names.map((name) => {
    const own = results.filter(({ id }) => nameOf(id) === name);
    return {
      name,
      laws: own.length,
      cases: {
        float64: casesIn(own, 'float64'),
        float32: casesIn(own, 'float32'),
        other: own.filter(({ dtypes }) => dtypes.length === 0).reduce((n, r) => n + r.cases, 0),
      },
      fallen: own.filter(({ holds }) => !holds).length,
    };
  });
}

/** One line per operation: laws, cases per dtype, verdict. */
export function deepTable(results: readonly DeepResult[]): string {
  const table = new Table({
    head: ['operation', 'laws', 'float64 cases', 'float32 cases', 'other cases', ''],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, laws, cases, fallen } of lines(results)) {
    const verdict = fallen === 0 ? 'holds' : `${fallen} FALL`;
    table.push([name, laws, cases.float64, cases.float32, cases.other, verdict]);
  }
  return table.toString();
}

/** The last line, after the counterexamples of what fell. */
export function deepSummary(results: readonly DeepResult[], seed: number): string {
  const fallen = results.filter(({ holds }) => !holds);
  const cases = results.reduce((total, result) => total + result.cases, 0);
  const examples = fallen.map(
    ({ id, statement, counterexample }) =>
      `${id} falls: ${statement}\n  counterexample (shrunk): ${counterexample?.text}\n  seed ${seed}, path ${counterexample?.path}\n`,
  );
  const verdict = fallen.length === 0 ? 'none falls' : `${fallen.length} fall`;
  return [...examples, `${results.length} laws, ${cases} cases, seed ${seed}: ${verdict}`].join(
    '\n',
  );
}
