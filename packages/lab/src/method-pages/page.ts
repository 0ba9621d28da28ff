import { type Method, methods, type Reference } from '@tikhonov/regularizers';
import { laws } from '@tikhonov/regularizers/laws';
import { baseline } from '../compare/settings.ts';
import { ownP } from '../compare/statistics.ts';
import { show } from '../compare/table.ts';
import { type MethodResults, networkOf } from './results.ts';

/** The page of a method: what is written by hand, and what follows from its entry, laws and figures. */
export function methodPage(method: Method, written: string, results: MethodResults): string {
  const { id, title, family, section, statement, notes, reference } = method;
  const [intro, ...rest] = written.trim().split(/\n(?=## )/);
  const where = section === 'relative' ? 'a relative of the survey’s methods' : `survey ${section}`;
  return `${[
    `# ${title}`,
    `\`${id}\`, ${family}, ${where}.`,
    intro!.trim(),
    `$$${statement}$$`,
    ...rest.map((part) => part.trim()),
    argumentsOf(method),
    onDigits(method, results),
    lawTable(id, results),
    `## Notes\n\n${notes.map((note) => `- ${note}`).join('\n')}`,
    `## Reference\n\n${cite(reference)}`,
    `Back to [all methods](README.md).`,
  ].join('\n\n')}\n`;
}

function argumentsOf({ arguments: list }: Method): string {
  if (list.length === 0) return '## Arguments of its recipe\n\nNone.';
  const rows = list.map(
    ({ name, description, default: value, source }) =>
      `| \`${name}\` | ${cell(description)} | ${value} | ${cell(source)} |`,
  );
  return [
    '## Arguments of its recipe\n',
    '| name | what | default | from |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** How a network is called in a sentence, and on the command line. */
const networkNames = {
  mlp: ['an MLP', ''],
  cnn: ['a convolutional network', ' --model cnn'],
  resnet: ['a residual network', ' --model resnet'],
} as const;

function onDigits(method: Method, results: MethodResults): string {
  const { id } = method;
  const kind = networkOf(method);
  const heading = '## On digits\n\n';
  if (kind === null)
    return `${heading}Its networks are none of those that \`tikhonov compare\` trains.`;
  const { rows = [], settings, curves = [] } = results.comparisons[kind] ?? {};
  const [own, none] = [id, baseline].map((name) => rows.find((row) => row.method === name));
  if (settings === undefined || own === undefined || none === undefined) {
    return `${heading}Not measured yet.`;
  }
  const [network, flag] = networkNames[kind];
  const setting = `${network}, ${settings.trainSize} training images, ${100 * settings.labelNoise} % of their labels wrong, ${settings.epochs} epochs, ${settings.seeds} seeds`;
  const share =
    own.penaltyShare === null
      ? ''
      : ` Its share of the gradient over training is ${show(own.penaltyShare, 1, 100)} %.`;
  const [alone, p] = own.versusNone === null ? [] : [ownP(own.versusNone), own.versusNone.p];
  const tested =
    alone == null || p == null
      ? ''
      : ` (paired t, ${showP(alone)}; adjusted for the ${rows.length - 1} methods on this network ${showP(p)})`;
  const picture = curves.some((row) => row.method === id)
    ? `\n\n![Test loss over training](figures/${id}.svg)`
    : '';
  return `${heading}\`tikhonov compare${flag} --methods ${id}\`: ${setting}. Test loss ${show(own.testNll, 3)} nats, of \`none\` ${show(none.testNll, 3)}: ${own.verdict}${tested}. Test accuracy ${show(own.testAccuracy, 1, 100)} %, of \`none\` ${show(none.testAccuracy, 1, 100)} %.${share}${picture}`;
}

const showP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

function lawTable(id: string, { laws: figures, runs }: MethodResults): string {
  const own = laws.filter((law) => law.id.startsWith(`${id}/`));
  const rows = own.map(({ id: name, statement }) => {
    const found = figures.find((figure) => figure.id === name);
    const slack = found === undefined ? '' : found.worstSlack.toPrecision(3);
    return `| \`${name}\` | ${cell(statement)} | ${found?.cases ?? ''} | ${slack} |`;
  });
  return [
    '## Laws\n',
    `\`tikhonov laws --only ${id}/ --runs ${runs}\`. A slack of 1 is exact, below 0 a law would fall.\n`,
    '| law | statement | cases | worst slack |',
    '| --- | --- | ---: | ---: |',
    ...rows,
  ].join('\n');
}

function cite({ authors, title, venue, year, arxiv, doi }: Reference): string {
  const links = [
    ...(doi === undefined ? [] : [`[doi ${doi}](https://doi.org/${doi})`]),
    ...(arxiv === undefined ? [] : [`[arXiv ${arxiv}](https://arxiv.org/abs/${arxiv})`]),
  ];
  return `${[`${authors}, *${title}*, ${venue}, ${year}`, ...links].join(', ')}.`;
}

/** Text within a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The list of all methods. */
export function methodIndex(results: MethodResults): string {
  const families = ['objective', 'structure', 'process'] as const;
  const parts = families.map((family) => {
    const own = methods.filter((method) => method.family === family);
    const rows = own.map((entry) => {
      const { id, title, section } = entry;
      const kind = networkOf(entry);
      const measured = kind === null ? undefined : results.comparisons[kind];
      const row = measured?.rows.find(({ method }) => method === id);
      const loss = row === undefined ? '' : show(row.testNll, 3);
      return `| [${title}](${id}.md) | \`${id}\` | ${section} | ${kind ?? ''} | ${loss} | ${row?.verdict ?? ''} |`;
    });
    return [
      `## ${family[0]!.toUpperCase()}${family.slice(1)}\n`,
      '| method | id | survey | network | test NLL on digits | beside none |',
      '| --- | --- | --- | --- | ---: | --- |',
      ...rows,
    ].join('\n');
  });
  return `# The methods\n\nWritten by \`npm run docs:methods\` from the catalogue; figures by \`npm run docs:methods -- --measure\`.\nWhat stands beside none is that of a paired t-test, Holm-adjusted over all methods on the same network.\n\n${parts.join('\n\n')}\n`;
}
