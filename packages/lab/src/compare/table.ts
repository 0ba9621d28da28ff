import Table from 'cli-table3';
import type { Spread } from './statistics.ts';
import type { Row, Summary } from './summarize.ts';

/** The columns of the table, for the terminal and the report alike. */
export const columns: readonly { readonly title: string; readonly cell: (row: Row) => string }[] = [
  { title: 'method', cell: (row) => row.method },
  { title: 'train acc %', cell: (row) => show(row.trainAccuracy, 1, 100) },
  { title: 'test acc %', cell: (row) => show(row.testAccuracy, 1, 100) },
  { title: 'train NLL', cell: (row) => show(row.trainNll, 3) },
  { title: 'test NLL', cell: (row) => show(row.testNll, 3) },
  { title: 'gap', cell: (row) => show(row.gap, 3) },
  { title: 'vs none [95 %]', cell: (row) => versus(row) },
  { title: 'p', cell: (row) => probability(row.versusNone?.p ?? null) },
  { title: 'test NLL is', cell: (row) => row.verdict },
  { title: 'time s', cell: (row) => show(row.seconds, 1) },
];

/** `mean ± sd`. */
export function show({ mean, sd }: Spread, digits: number, scale = 1): string {
  const centre = (scale * mean).toFixed(digits);
  return sd === null ? centre : `${centre} ± ${(scale * sd).toFixed(digits)}`;
}

function versus({ versusNone }: Row): string {
  if (versusNone === null) return '';
  const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
  const { mean, low, high } = versusNone;
  if (low === null || high === null) return signed(mean);
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}

const probability = (p: number | null): string =>
  p === null ? '' : p < 0.001 ? '<0.001' : p.toFixed(3);

/** The summary as a table for a terminal. */
export function renderTable(summary: Summary): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) =>
      column.title === 'method' || column.title === 'test NLL is' ? 'left' : 'right',
    ),
    style: { head: [], border: [], compact: true },
  });
  for (const row of summary.rows) table.push(columns.map((column) => column.cell(row)));
  return table.toString();
}
