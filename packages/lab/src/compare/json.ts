import { version } from '../version.ts';
import type { Outcomes } from './run-all.ts';
import type { RunFailure, RunResult } from './run-one.ts';
import type { CompareSettings } from './settings.ts';
import { conclusions, type Row, type Summary } from './summarize.ts';

/** The version of the JSON file's layout. */
export const schema = 1;

/**
 * The results as JSON. It depends on the settings alone, bit for bit, except what lies under `times`.
 */
export function renderJson(
  settings: CompareSettings,
  { runs, failures }: Outcomes,
  summary: Summary,
  times: { readonly startedAt: string; readonly seconds: number; readonly interrupted: boolean },
): string {
  const ordered = inOrder(settings, runs);
  const document = {
    tool: 'tikhonov compare',
    schema,
    version,
    complete: !times.interrupted,
    settings,
    conclusions: conclusions(summary),
    methods: summary.rows.map(withoutTime),
    helped: summary.helped,
    tiedForLowest: summary.tiedForLowest,
    failures: inOrder(settings, failures),
    runs: ordered.map(({ seconds: _seconds, ...rest }) => rest),
    times: {
      startedAt: times.startedAt,
      seconds: times.seconds,
      methods: Object.fromEntries(summary.rows.map((row) => [row.method, row.seconds])),
      failures: inOrder(settings, failures),
      runs: ordered.map(({ method, seed, seconds }) => ({ method, seed, seconds })),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const withoutTime = ({ seconds: _seconds, ...row }: Row): Omit<Row, 'seconds'> => row;

/** Runs by method and seed, whatever order they finished in. */
function inOrder<T extends RunResult | RunFailure>(
  settings: CompareSettings,
  runs: readonly T[],
): T[] {
  const ids = settings.methods.map((method) => method.id);
  const place = (run: T): number => ids.indexOf(run.method);
  return [...runs].sort((a, b) => place(a) - place(b) || a.seed - b.seed);
}
