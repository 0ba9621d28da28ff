import Table from 'cli-table3';
import type { PeerResult } from './results.ts';

const figure = (us: number): string => (us >= 1000 ? us.toFixed(0) : us.toPrecision(3));

/**
 * The results as a table for a terminal, with a column of ratios for each of the peers that the
 * others are compared with.
 */
export function renderResults(
  results: readonly (readonly PeerResult[])[],
  references: readonly string[],
): string {
  const table = new Table({
    head: [
      ...['', 'peer', 'median us', 'p10', 'p90', 'first ms'],
      ...references.map((id) => `time / ${id} (min .. max)`),
    ],
    colAligns: [
      'left',
      'left',
      'right',
      'right',
      'right',
      'right',
      ...references.map(() => 'right' as const),
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const peers of results) {
    for (const [i, p] of peers.entries()) {
      const head = [i === 0 ? p.workload : '', p.id];
      table.push(
        p.medianUs === null || p.p10Us === null || p.p90Us === null || p.firstUs === null
          ? [...head, { content: p.unsupported ?? '', colSpan: 4 + references.length }]
          : [
              ...head,
              `${figure(p.medianUs)}${p.disturbed ? ' ~' : ''}`,
              ...[figure(p.p10Us), figure(p.p90Us), (p.firstUs / 1000).toFixed(1)],
              ...references.map((id) => ratioText(p, id)),
            ],
      );
    }
  }
  return table.toString();
}

function ratioText({ ratios }: PeerResult, reference: string): string {
  const ratio = ratios.find(({ against }) => against === reference);
  if (ratio === undefined) return '';
  const { median, min, max } = ratio;
  return `${median.toFixed(2)} x (${min.toFixed(2)} .. ${max.toFixed(2)})`;
}
