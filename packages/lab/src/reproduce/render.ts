import Table from 'cli-table3';
import { cite, escapeHtml, renderPage } from '../report/page.ts';
import { version } from '../version.ts';
import type {
  AnyReproduction,
  Comparison,
  Figure,
  PlainTable,
  ReproduceContext,
  Reproduced,
} from './reproduction.ts';

/** What it was run with. */
type Settings = Omit<ReproduceContext<never, unknown>, 'runTasks' | 'say'>;

interface Facts {
  readonly command: string;
  readonly startedAt: string;
  readonly seconds: number;
}

const head = ['figure', 'ours', 'reference', 'rule', ''];

const shown = (value: number | string | null): string =>
  value === null ? '' : typeof value === 'string' ? value : String(Number(value.toPrecision(5)));

const agreement = (agrees: boolean | null): string =>
  agrees === null ? '' : agrees ? 'agrees' : 'DIFFERS';

const cells = ({ what, ours, reference, rule, agrees }: Comparison): string[] => [
  what,
  shown(ours),
  shown(reference),
  rule,
  agreement(agrees),
];

/** One word for the verdict. */
export const verdictWord = ({ holds }: Reproduced): string =>
  holds === null ? 'Open' : holds ? 'Reproduced' : 'Not reproduced';

/** The table and the verdict, for a terminal. */
export function renderSummary(result: Reproduced): string {
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const comparison of result.comparisons) table.push(cells(comparison));
  const lines = result.comparisons.length === 0 ? [] : [table.toString()];
  return [...lines, `${verdictWord(result)}: ${result.verdict}`].join('\n');
}

/** The results as JSON; they depend on settings and data alone, but for what lies under `times`. */
export function renderReproductionJson(
  which: AnyReproduction,
  settings: Settings,
  result: Reproduced,
  { startedAt, seconds }: Facts,
): string {
  const document = {
    tool: 'tikhonov reproduce',
    schema: 1,
    version,
    name: which.name,
    claim: which.claim,
    settings: { ...settings, data: settings.data === null ? null : 'given' },
    holds: result.holds,
    verdict: result.verdict,
    comparisons: result.comparisons,
    tables: result.tables ?? [],
    notes: result.notes ?? [],
    times: { startedAt, seconds },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The web page of a reproduction. */
export function renderReproduction(
  which: AnyReproduction,
  settings: Settings,
  result: Reproduced,
  facts: Facts,
): string {
  const { comparisons, figures, tables = [], notes = [] } = result;
  const compared: PlainTable[] =
    comparisons.length === 0
      ? []
      : [{ title: 'Ours beside the reference', head, rows: comparisons.map(cells) }];
  const seeds = `${settings.seeds} seed${settings.seeds === 1 ? '' : 's'} from ${settings.firstSeed}`;
  const parts = [
    `<h1>${escapeHtml(which.title)}</h1>`,
    `<p class="lead">${escapeHtml(which.claim)}</p>`,
    `<section class="card"><p><strong>${verdictWord(result)}.</strong> ${escapeHtml(result.verdict)}</p></section>`,
    ...figures.map(figureOf),
    ...[...compared, ...tables].map(tableOf),
    ...(notes.length === 0
      ? []
      : [
          '<h2>Notes</h2>',
          `<section class="card"><ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul></section>`,
        ]),
    '<h2>Source and settings</h2>',
    `<section class="card"><p>${cite(which.reference)}</p><p class="note">${escapeHtml(facts.command)}; ${seeds}; version ${escapeHtml(version)}; ${escapeHtml(facts.startedAt)}, ${facts.seconds.toFixed(0)} s.</p></section>`,
  ];
  return renderPage(which.title, parts.join('\n'));
}

const figureOf = ({ title, caption, svg }: Figure): string =>
  `<h2>${escapeHtml(title)}</h2>\n<section class="card">${svg}<p class="note">${escapeHtml(caption)}</p></section>`;

const row = (tag: string, texts: readonly (string | number)[]): string =>
  `<tr>${texts.map((text, i) => `<${tag}${i === 0 ? ' class="left"' : ''}>${escapeHtml(String(text))}</${tag}>`).join('')}</tr>`;

const tableOf = ({ title, head: titles, rows }: PlainTable): string =>
  `<h2>${escapeHtml(title)}</h2>\n<section class="card"><table class="wrap"><thead>${row('th', titles)}</thead><tbody>${rows.map((texts) => row('td', texts)).join('')}</tbody></table></section>`;
