import { findMethod, type NetworkSpec } from '@tikhonov/regularizers';
import temml from 'temml';
import type { Outcomes } from '../compare/run-all.ts';
import type { RunFailure } from '../compare/run-one.ts';
import { baseline, type CompareSettings } from '../compare/settings.ts';
import { conclusions, type Row, type Summary } from '../compare/summarize.ts';
import { type Column, judgedRows, scoreColumns, show, verdictColumns } from '../compare/table.ts';
import { version } from '../version.ts';
import { colours, curveChart, differenceChart, gapChart, shareChart } from './charts.ts';
import { cite, escapeHtml, renderPage } from './page.ts';

/** A self-contained page: no script, no font, no image from anywhere else. */
export function renderReport(
  settings: CompareSettings,
  { runs, failures }: Outcomes,
  summary: Summary,
  facts: {
    readonly interrupted: boolean;
    readonly command: string;
    readonly startedAt: string;
    /** Whose data they are, and under what terms. */
    readonly source: string;
  },
): string {
  const seeds = [...new Set([...runs, ...failures].map(({ seed }) => seed))].sort((a, b) => a - b);
  const claims = conclusions(summary).map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
  const warning = facts.interrupted
    ? '<p class="note"><strong>Interrupted:</strong> only the runs that had finished are shown.</p>'
    : '';
  const body = `<h1>Regularizers compared on ${escapeHtml(settings.dataset)}</h1>
<p class="lead">${counted(summary.rows.length, 'method')} × ${counted(seeds.length, 'seed')}; under each seed the same network, data and batches.</p>
${warning}
<section class="card"><ul class="conclusions">${claims.join('')}</ul></section>

<h2>Does it help?</h2>
<section class="card">${differenceChart(summary, runs)}
<p class="note">Each small dot is one seed, paired with <em>none</em> under that seed; the large dot is the mean, the bar its 95 % interval (paired t), of that method alone. ${legend()} Colours follow p-values of a paired t-test, Holm-adjusted over all methods, at 5 %, so a bar may clear 0 and still be grey. The claims are about splits and seeds of this data set with this network, not about other data.</p>
${table(verdictColumns, judgedRows(summary))}${failureList(failures)}</section>

<h2>The figures</h2>
<section class="card">${table(scoreColumns, summary.rows)}
<p class="note">Mean ± standard deviation over the seeds. NLL: negative log-likelihood in nats, measured without penalties, dropout or label smoothing; train scores on the training labels as given, held-out examples of early stopping included; test scores on clean labels. Gap: test NLL less train NLL.</p></section>

<h2>Training and test accuracy</h2>
<section class="card">${gapChart(summary)}
<p class="note">Means over the seeds.</p></section>

<h2>Test loss during training</h2>
<section class="card">${curveChart(summary, runs)}
<p class="note">Mean over the seeds with their range; dashed: none. A run that stopped early keeps the loss it ended with.</p></section>

${shares(summary, runs)}<h2>The methods</h2>
<section class="card long">${methodCards(settings)}
<p class="note">The default strengths of the penalties and of weight decay were chosen by test loss on other splits of the same images; at these values their results are optimistic.</p></section>

<h2>Settings</h2>
<section class="card"><dl>${settingsList(settings, seeds, facts)}</dl></section>
<p class="note">Data: ${escapeHtml(facts.source)}.</p>`;
  return renderPage(`Regularizers compared on ${settings.dataset}`, body);
}

function shares(summary: Summary, runs: Outcomes['runs']): string {
  const chart = shareChart(summary, runs);
  if (chart === '') return '';
  return `<h2>How strong the penalties are</h2>
<section class="card">${chart}
<p class="note">The penalties' share of the gradient on the first training rows, a line a seed: the norm of their gradient over the sum of it and the norm of the data loss's. Near 0 a penalty does nothing, near 100 % it leaves nothing to be learnt; when the data are fitted their gradient goes to 0 and the share rises.</p></section>

`;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function failureList(failures: readonly RunFailure[]): string {
  if (failures.length === 0) return '';
  const lines = failures.map(({ method, seed, failure, message }) => {
    return `<li>${escapeHtml(`${method}, seed ${seed}, ${failure}: ${message}`)}</li>`;
  });
  return `<p class="note">Runs without a result:</p><ul class="note">${lines.join('')}</ul>`;
}

function legend(): string {
  const swatch = (colour: string, text: string): string =>
    `<span class="verdict" style="color:${colour}">${text}</span>`;
  return [
    swatch(colours.lower, 'Blue: lower than none.'),
    swatch(colours.higher, 'Orange: higher.'),
    swatch(colours['within noise'], 'Grey: inside the noise.'),
  ].join(' ');
}

function table(columns: readonly Column[], rows: readonly Row[]): string {
  const open = (tag: string, { align }: Column): string => `<${tag} class="${align}">`;
  const head = columns.map((column) => `${open('th', column)}${escapeHtml(column.title)}</th>`);
  const body = rows.map((row) => {
    const cells = columns.map((column) => {
      const text = escapeHtml(column.cell(row, show));
      return column.title === 'test NLL is'
        ? `<td class="left verdict" style="color:${colours[row.verdict]}">${text}</td>`
        : `${open('td', column)}${text}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function methodCards(settings: CompareSettings): string {
  const plain = `<div class="method"><h3>${baseline}</h3><p>The mean cross-entropy alone, by Adam.</p></div>`;
  const cards = settings.methods.map(({ id, values }) => {
    const method = findMethod(id);
    const formula = temml.renderToString(method.statement, { displayMode: true });
    const set = method.arguments.map((argument) => `${argument.name} = ${values[argument.name]}`);
    const heading = `<h3>${escapeHtml(id)} <span class="note">${escapeHtml(method.title)}${set.length > 0 ? `; ${escapeHtml(set.join(', '))}` : ''}</span></h3>`;
    return `<div class="method">${heading}${formula}<p class="note">${cite(method.reference)}</p></div>`;
  });
  return [plain, ...cards].join('');
}

function settingsList(
  settings: CompareSettings,
  seeds: readonly number[],
  facts: { readonly command: string; readonly startedAt: string },
): string {
  const entries: [string, string][] = [
    ['command', facts.command],
    ['version', version],
    ['started', facts.startedAt],
    ['seeds', seeds.join(', ')],
    ['network', describeNetwork(settings.network)],
    ['optimizer', `Adam, learning rate ${settings.learningRate}, batches of ${settings.batchSize}`],
    ['epochs', String(settings.epochs)],
    ['steps', settings.compiled ? 'compiled' : 'eager'],
    ['training examples', String(settings.trainSize)],
    ['test examples', settings.testSize === null ? 'all' : String(settings.testSize)],
    ['wrong training labels', `${Number((100 * settings.labelNoise).toFixed(1))} %`],
  ];
  return entries.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('');
}

/** The network in a few words. */
function describeNetwork(network: NetworkSpec): string {
  const list = (sizes: readonly number[] = []): string => sizes.join(' - ');
  if (network.kind === 'mlp') return `pixels - ${list(network.hidden)} - classes, relu`;
  if (network.kind === 'cnn') {
    return `convolutional, channels ${list(network.channels)}, hidden units ${list(network.hidden)}, relu`;
  }
  return `residual, channels ${list(network.channels)}, ${network.blocks} blocks a stage, ${network.norm} norm, relu`;
}
