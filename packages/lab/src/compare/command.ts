import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import { checkFlags, parseNumber } from '../flags.ts';
import { renderReport } from '../report/html.ts';
import { renderHelp } from '../usage.ts';
import { UsageError } from '../usage-error.ts';
import { requireDistinct, requireWritable, writeWhole } from '../write-file.ts';
import { loadData } from './datasets.ts';
import { renderJson } from './json.ts';
import {
  argumentFlags,
  defaultJson,
  defaultReport,
  ownFlags,
  settingsFrom,
  text,
} from './options.ts';
import { startProgress } from './progress.ts';
import { runAll } from './run-all.ts';
import type { CompareSettings } from './settings.ts';
import { conclusions, summarize } from './summarize.ts';
import { renderTables } from './table.ts';

const args: ArgsDef = { ...ownFlags, ...argumentFlags() };

const description = 'Train one network under several regularizers and report which of them helped';

/** The text of `tikhonov compare --help`. */
export const compareHelp = (): string =>
  renderHelp('compare', description, [
    { title: 'Options', args: ownFlags },
    { title: 'Arguments of the methods', args: argumentFlags() },
  ]);

/** `tikhonov compare`. */
export const compareCommand: CommandDef = defineCommand({
  meta: { name: 'compare', description },
  args,
  async run({ rawArgs, args: flags }) {
    checkFlags(rawArgs, args);
    const settings = settingsFrom(flags);
    const files = {
      json: text(flags, 'json') ?? defaultJson,
      report: text(flags, 'report') ?? defaultReport,
    };
    const workers = text(flags, 'workers');
    const threads =
      workers === undefined
        ? undefined
        : parseNumber('workers', workers, { integer: true, min: 1 });
    await requireWritable('json', files.json);
    await requireWritable('report', files.report);
    await requireDistinct(files);
    await compare(settings, files, {
      workers: threads,
      quiet: flags.quiet === true,
      command: ['tikhonov compare', ...rawArgs].join(' '),
    });
  },
});

/** Runs the comparison, prints the table and writes both files; Ctrl-C keeps the finished runs. */
async function compare(
  settings: CompareSettings,
  files: { readonly json: string; readonly report: string },
  options: {
    readonly workers: number | undefined;
    readonly quiet: boolean;
    readonly command: string;
  },
): Promise<void> {
  const print = options.quiet ? () => {} : (line: string) => process.stdout.write(`${line}\n`);
  const startedAt = new Date();
  // What is missing is found before anything is trained.
  const { train, test } = await loadData(settings.dataset, {
    ...settings,
    seed: settings.firstSeed,
    say: print,
  });
  const abort = new AbortController();
  let interruptedAt = Infinity;
  const interrupt = (signal: NodeJS.Signals): void => {
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
    // One Ctrl-C under npm arrives twice, from the terminal and from npm; a later one means "now".
    if (performance.now() - interruptedAt > 1000) process.exit();
    interruptedAt = Math.min(interruptedAt, performance.now());
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const total = settings.seeds * (settings.methods.length + 1);
  print(
    `${counted(settings.methods.length + 1, 'method')} x ${counted(settings.seeds, 'seed')} on ${settings.dataset}, ${settings.network.kind}: ${settings.trainSize} training examples, ${Number((100 * settings.labelNoise).toFixed(1))} % of their labels wrong, ${test.size} to test on, ${counted(settings.epochs, 'epoch')}`,
  );
  const progress = startProgress(total, options.quiet);
  const outcomes = await runAll(settings, {
    workers: options.workers,
    signal: abort.signal,
    onResult: ({ method, seed }, finished) => progress.update(finished, `${method}, seed ${seed}`),
  }).finally(() => progress.stop());
  const interrupted = abort.signal.aborted;
  const { runs, failures } = outcomes;
  const ended = runs.length + failures.length;
  if (ended === 0) {
    print('Interrupted before any run had finished; nothing was written.');
    return;
  }
  const summary = summarize(settings, runs, failures);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  const facts = { startedAt: startedAt.toISOString(), seconds, interrupted };
  if (interrupted) print(`Interrupted: ${ended} of ${total} runs had finished.`);
  print(renderTables(summary, process.stdout.columns));
  print('');
  for (const sentence of conclusions(summary)) print(`• ${sentence}`);
  if (!interrupted && failures.some(({ failure }) => failure === 'crashed')) process.exitCode = 1;
  for (const { method, seed, failure, message } of failures) {
    process.stderr.write(`${method}, seed ${seed}, ${failure}: ${message}\n`);
  }
  await save(files.json, renderJson(settings, outcomes, summary, facts));
  const page = renderReport(settings, outcomes, summary, {
    ...facts,
    command: options.command,
    source: [train.citation, train.source, train.license]
      .filter((part) => part !== undefined)
      .join('; '),
  });
  await save(files.report, page);
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  print(`${files.report} and ${files.json} written after ${seconds.toFixed(0)} s`);
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Writes a file, or says in one line why it could not. */
async function save(file: string, text: string): Promise<void> {
  await writeWhole(file, text).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write ${file}: ${reason}`);
  });
}
