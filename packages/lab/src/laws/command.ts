import { type LawResult, primitiveLaws, runLaws } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { laws } from '@tikhonov/regularizers/laws';
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import Table from 'cli-table3';
import { startProgress } from '../compare/progress.ts';
import { checkFlags, parseNumber } from '../flags.ts';
import { renderHelp } from '../usage.ts';
import { requireWritable, writeWhole } from '../write-file.ts';
import { onlyHelp, selectLaws } from './select.ts';

const args: ArgsDef = {
  runs: { type: 'string', valueHint: 'n', description: 'cases tried for each law (default 100)' },
  seed: { type: 'string', valueHint: 'n', description: 'seed of the cases (default 0)' },
  only: { type: 'string', valueHint: 'text', description: onlyHelp },
  list: { type: 'boolean', description: 'print ids and statements of the laws, run none' },
  json: { type: 'string', valueHint: 'file', description: 'write the results' },
  quiet: { type: 'boolean', description: 'print nothing but errors and counterexamples' },
};

const description = 'Try to falsify every law of the catalogue and the engine';

/** The text of `tikhonov laws --help`. */
export const lawsHelp = (): string => renderHelp('laws', description, [{ title: 'Options', args }]);

/** `tikhonov laws`. */
export const lawsCommand: CommandDef = defineCommand({
  meta: { name: 'laws', description },
  args,
  async run({ rawArgs, args: flags }) {
    checkFlags(rawArgs, args);
    const runs = parseNumber('runs', String(flags.runs ?? 100), { integer: true, min: 1 });
    const seed = parseNumber('seed', String(flags.seed ?? 0), {
      integer: true,
      min: 0,
      max: 2 ** 31 - 1,
    });
    const json = flags.json === undefined ? null : String(flags.json);
    if (json !== null) await requireWritable('json', json);
    const only = flags.only === undefined ? '' : String(flags.only);
    const all = [...laws, ...primitiveLaws(primitives)];
    const chosen = selectLaws(all, only);
    if (flags.list === true) {
      for (const { id, statement } of chosen) process.stdout.write(`${id}: ${statement}\n`);
      return;
    }
    const quiet = flags.quiet === true;
    const progress = startProgress(chosen.length, quiet, 'laws');
    const results = await runLaws(chosen, {
      runs,
      seed,
      onProgress: (result: LawResult, done: number) => progress.update(done, result.id),
    });
    progress.stop();
    if (json !== null) {
      await writeWhole(json, `${JSON.stringify({ runs, seed, laws: results }, null, 2)}\n`);
    }
    if (!quiet) process.stdout.write(`${renderLaws(results)}\n`);
    const fallen = results.filter((result) => !result.holds);
    for (const result of fallen) process.stdout.write(`${counterexample(result)}\n`);
    const cases = results.reduce((total, result) => total + result.cases, 0);
    const summary =
      fallen.length === 0
        ? `${results.length} laws hold: none fell in ${cases} cases, --runs ${runs}, seed ${seed}`
        : `${fallen.length} of ${results.length} laws fell, seed ${seed}`;
    if (!quiet || fallen.length > 0) process.stdout.write(`${summary}\n`);
    if (fallen.length > 0) process.exitCode = 1;
  },
});

/** The catalogue's laws one by one; the engine's, some per operation, in a line an operation. */
function renderLaws(results: readonly LawResult[]): string {
  const isEngine = ({ id }: LawResult): boolean => id.startsWith('primitive/');
  const catalogue = results.filter((result) => !isEngine(result));
  const engine = results.filter(isEngine);
  return [
    ...(catalogue.length === 0 ? [] : [renderCatalogue(catalogue)]),
    ...(engine.length === 0 ? [] : [renderEngine(engine)]),
  ].join('\n');
}

const style = { head: [], border: [], compact: true };

const slackText = (slack: number): string =>
  Number.isFinite(slack) ? slack.toPrecision(3) : Number.isNaN(slack) ? 'NaN' : '-';

const verdict = (holds: boolean): string => (holds ? 'holds' : 'FALLS');

function renderCatalogue(results: readonly LawResult[]): string {
  const table = new Table({
    head: ['law', 'statement', 'cases', 'worst slack', 'seed', ''],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
    colWidths: [null, 60, null, null, null, null],
    wordWrap: true,
    style,
  });
  for (const { id, statement, cases, worstSlack, seed, holds } of results) {
    table.push([id, statement, cases, slackText(worstSlack), seed, verdict(holds)]);
  }
  return table.toString();
}

function renderEngine(results: readonly LawResult[]): string {
  const table = new Table({
    head: ['operation', 'laws of the engine', 'cases', 'worst slack', ''],
    colAligns: ['left', 'left', 'right', 'right', 'left'],
    colWidths: [null, 72, null, null, null],
    wordWrap: true,
    style,
  });
  const operations = [...new Set(results.map(({ id }) => id.split('/')[1]!))];
  for (const operation of operations) {
    const own = results.filter(({ id }) => id.split('/')[1] === operation);
    const slacks = own.map(({ worstSlack }) => worstSlack);
    table.push([
      operation,
      own.map(({ id }) => id.split('/').slice(2).join('/')).join(', '),
      own.reduce((total, { cases }) => total + cases, 0),
      slackText(slacks.some(Number.isNaN) ? Number.NaN : Math.min(...slacks)),
      verdict(own.every(({ holds }) => holds)),
    ]);
  }
  return table.toString();
}

function counterexample(result: LawResult): string {
  const found = result.counterexample;
  return [
    '',
    `${result.id} falls: ${result.statement}`,
    `  counterexample (shrunk): ${found?.text ?? '-'}`,
    `  slack ${slackText(found?.slack ?? Number.NaN)}, seed ${result.seed}, path ${found?.path ?? '-'}`,
  ].join('\n');
}
