import Table from 'cli-table3';
import { baseline } from './settings.ts';
import type { Spread } from './statistics.ts';
import type { Row, Summary } from './summarize.ts';

/** How a mean and its deviation are shown. */
export type Show = (value: Spread, digits: number, scale?: number) => string;

/** A column: its title and how a row fills it. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row, how: Show) => string;
}

const right = (title: string, cell: Column['cell']): Column => ({
  title,
  align: 'right',
  cell,
});
const method: Column = { title: 'method', align: 'left', cell: (row) => row.method };

/** What was measured. */
export const scoreColumns: readonly Column[] = [
  method,
  right('train acc %', (row, how) => how(row.trainAccuracy, 1, 100)),
  right('test acc %', (row, how) => how(row.testAccuracy, 1, 100)),
  right('train NLL', (row, how) => how(row.trainNll, 3)),
  right('test NLL', (row, how) => how(row.testNll, 3)),
  right('gap', (row, how) => how(row.gap, 3)),
  right('time, s', (row, how) => how(row.seconds, 1)),
];

/** The title of the penalties' share of the gradient, which a narrow terminal has no room for. */
const share = 'penalty %';

/** What follows from it. */
export const verdictColumns: readonly Column[] = [
  method,
  right('test NLL less none', (row) => signed(row.versusNone?.mean ?? null)),
  right('95 % interval', (row) => interval(row)),
  right('p', (row) => probability(row.versusNone?.p ?? null)),
  right(share, (row, how) =>
    row.penaltyShare === null ? '' : how({ ...row.penaltyShare, sd: null }, 1, 100),
  ),
  { title: 'test NLL is', align: 'left', cell: (row) => row.verdict },
];

/** `mean ± sd`; nothing where no run has a result. */
export function show({ mean, sd }: Spread, digits: number, scale = 1): string {
  if (Number.isNaN(mean)) return '';
  const text = (x: number): string => (scale * x).toFixed(digits).replace('-', '−');
  return sd === null ? text(mean) : `${text(mean)} ± ${text(sd)}`;
}

const showMean: Show = ({ mean }, digits, scale) => show({ mean, sd: null }, digits, scale);

const signed = (x: number | null): string =>
  x === null ? '' : `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;

function interval({ versusNone }: Row): string {
  if (versusNone === null || versusNone.low === null || versusNone.high === null) return '';
  return `${signed(versusNone.low)} to ${signed(versusNone.high)}`;
}

const probability = (p: number | null): string =>
  p === null ? '' : p < 0.001 ? '< 0.001' : p.toFixed(3);

/** Rows under columns, for a terminal. */
function render(columns: readonly Column[], rows: readonly Row[], how: Show = show): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => column.cell(row, how)));
  return table.toString();
}

/** The methods that are held against `none`, whether or not that gave figures. */
export const judgedRows = ({ rows }: Summary): Row[] =>
  rows.filter((row) => row.method !== baseline);

/**
 * The summary as two tables for a terminal: the scores, and the comparison with `none`. Where the
 * terminal is too narrow for the deviations the means stand alone, and the penalties' share is left out.
 */
export function renderTables(summary: Summary, terminalWidth: number = Infinity): string {
  const { rows } = summary;
  const judged = judgedRows(summary);
  const whole = render(scoreColumns, rows);
  const fits = whole.indexOf('\n') <= terminalWidth;
  return [
    fits ? whole : render(scoreColumns, rows, showMean),
    `${fits ? 'mean ± sd' : 'mean'} over the seeds; train scores on the labels as given, test scores on clean ones;`,
    'NLL in nats, without penalties, dropout or smoothing; gap = test NLL − train NLL',
    ...(judged.length === 0
      ? []
      : [
          render(
            fits ? verdictColumns : verdictColumns.filter(({ title }) => title !== share),
            judged,
          ),
          'paired by seed; p of a two-sided paired t-test, Holm-adjusted over the methods;',
          'the interval is of each method alone, not adjusted: the verdict follows p',
          ...(fits
            ? ['penalty: share of the gradient that comes from the penalty, over training']
            : []),
        ]),
  ].join('\n');
}
