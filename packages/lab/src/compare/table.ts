import Table from 'cli-table3';
import type { Spread } from './statistics.ts';
import type { Row, Summary } from './summarize.ts';

/** A column: its title and how a row fills it. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

const right = (title: string, cell: (row: Row) => string): Column => ({
  title,
  align: 'right',
  cell,
});
const method: Column = { title: 'method', align: 'left', cell: (row) => row.method };

/** What was measured. */
export const scoreColumns: readonly Column[] = [
  method,
  right('train acc %', (row) => show(row.trainAccuracy, 1, 100)),
  right('test acc %', (row) => show(row.testAccuracy, 1, 100)),
  right('train NLL', (row) => show(row.trainNll, 3)),
  right('test NLL', (row) => show(row.testNll, 3)),
  right('gap', (row) => show(row.gap, 3)),
  right('time, s', (row) => show(row.seconds, 1)),
];

/** What follows from it. */
export const verdictColumns: readonly Column[] = [
  method,
  right('test NLL less none', (row) => signed(row.versusNone?.mean ?? null)),
  right('95 % interval', (row) => interval(row)),
  right('p', (row) => probability(row.versusNone?.p ?? null)),
  { title: 'test NLL is', align: 'left', cell: (row) => row.verdict },
];

/** `mean ± sd`. */
export function show({ mean, sd }: Spread, digits: number, scale = 1): string {
  const text = (x: number): string => (scale * x).toFixed(digits).replace('-', '−');
  return sd === null ? text(mean) : `${text(mean)} ± ${text(sd)}`;
}

const signed = (x: number | null): string =>
  x === null ? '' : `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;

function interval({ versusNone }: Row): string {
  if (versusNone === null || versusNone.low === null || versusNone.high === null) return '';
  return `${signed(versusNone.low)} to ${signed(versusNone.high)}`;
}

const probability = (p: number | null): string =>
  p === null ? '' : p < 0.001 ? '< 0.001' : p.toFixed(3);

/** Rows under columns, for a terminal. */
function render(columns: readonly Column[], rows: readonly Row[]): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => column.cell(row)));
  return table.toString();
}

/** The summary as two tables for a terminal: the scores, and the comparison with `none`. */
export function renderTables({ rows }: Summary): string {
  const judged = rows.filter((row) => row.versusNone !== null);
  return [
    render(scoreColumns, rows),
    'mean ± sd over the seeds; NLL in nats, without penalties or noise; gap = test NLL − train NLL',
    ...(judged.length === 0
      ? []
      : [
          render(verdictColumns, judged),
          'paired by seed; p of a two-sided paired t-test, Holm-adjusted over the methods',
        ]),
  ].join('\n');
}
