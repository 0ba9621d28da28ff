import { setMaxListeners } from 'node:events';
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import { checkFlags, parseNumber, suggestion } from '../flags.ts';
import { renderHelp } from '../usage.ts';
import { UsageError } from '../usage-error.ts';
import { requireDistinct, requireWritable, writeWhole } from '../write-file.ts';
import { runInPool } from './pool.ts';
import { reproductions } from './registry.ts';
import { renderReproduction, renderReproductionJson, renderSummary } from './render.ts';
import type { AnyReproduction, ReproduceContext } from './reproduction.ts';

const args: ArgsDef = {
  seeds: { type: 'string', valueHint: 'n', description: 'runs of each setting (default: its own)' },
  'first-seed': { type: 'string', valueHint: 'n', description: 'the first seed (default 0)' },
  data: {
    type: 'string',
    valueHint: 'path',
    description: 'file or folder of data that are not bundled',
  },
  quick: { type: 'boolean', description: 'the smallest run that shows it works' },
  workers: { type: 'string', valueHint: 'n', description: 'threads (default one a core)' },
  json: { type: 'string', valueHint: 'file', description: 'results (default NAME.json)' },
  report: { type: 'string', valueHint: 'file', description: 'web page (default NAME.html)' },
  list: { type: 'boolean', description: 'print names and claims, run none' },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
};

const description = 'Repeat a published result, with its figure and a verdict';

/** The text of `tikhonov reproduce --help`. */
export const reproduceHelp = (): string =>
  `${renderHelp('reproduce NAME', description, [{ title: 'Options', args }])}\n\nNames:\n${Object.keys(
    reproductions,
  )
    .map((name) => `  ${name}`)
    .join('\n')}`;

/** `tikhonov reproduce`. */
export const reproduceCommand: CommandDef = defineCommand({
  meta: { name: 'reproduce', description },
  args,
  async run({ rawArgs, args: flags }) {
    const [first] = rawArgs;
    const name = first === undefined || first.startsWith('--') ? null : first;
    const rest = name === null ? rawArgs : rawArgs.slice(1);
    checkFlags(rest, args);
    if (flags.list === true) return list();
    if (name === null) {
      throw new UsageError(
        `which one? reproduce NAME, of: ${Object.keys(reproductions).join(', ')}`,
      );
    }
    const names = Object.keys(reproductions);
    if (!names.includes(name)) {
      throw new UsageError(
        `nothing to reproduce is called "${name}"${suggestion(name, names)}; there are: ${names.join(', ')}`,
      );
    }
    await reproduce(await reproductions[name]!(), flags, ['reproduce', ...rawArgs].join(' '));
  },
});

async function list(): Promise<void> {
  for (const load of Object.values(reproductions)) {
    const { name, claim, data } = await load();
    const needs = data === undefined ? '' : ` (needs --data: ${data.what})`;
    process.stdout.write(`${name}: ${claim}${needs}\n`);
  }
}

async function reproduce(
  which: AnyReproduction,
  flags: Readonly<Record<string, unknown>>,
  command: string,
): Promise<void> {
  const text = (name: string): string | null =>
    flags[name] === undefined ? null : String(flags[name]);
  const number = (name: string, min: number): number | null => {
    const given = text(name);
    return given === null ? null : parseNumber(name, given, { integer: true, min });
  };
  const files = {
    json: text('json') ?? `${which.name}.json`,
    report: text('report') ?? `${which.name}.html`,
  };
  const settings = {
    seeds: number('seeds', 1) ?? which.seeds,
    firstSeed: number('first-seed', 0) ?? 0,
    data: text('data'),
    quick: flags.quick === true,
  };
  const workers = number('workers', 1) ?? undefined;
  if (which.data !== undefined && settings.data === null) {
    throw new UsageError(
      `${which.name} needs ${which.data.what}: pass --data PATH. ${which.data.hint}`,
    );
  }
  await requireWritable('json', files.json);
  await requireWritable('report', files.report);
  await requireDistinct(files);
  const quiet = flags.quiet === true;
  const print = (line: string): void => {
    if (!quiet) process.stdout.write(`${line}\n`);
  };
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const interrupt = (): void => {
    process.exitCode = 130;
    abort.abort();
  };
  process.once('SIGINT', interrupt);
  print(`${which.title}\n${which.claim}`);
  const startedAt = new Date();
  const context: ReproduceContext<never, unknown> = {
    ...settings,
    say: print,
    runTasks: (inputs, label = () => '') =>
      runInPool(which.name, inputs, label, { workers, quiet, signal: abort.signal }),
  };
  const result = await which.run(context).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
    return null;
  });
  process.off('SIGINT', interrupt);
  if (result === null) return print('Interrupted; nothing was written.');
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  print(renderSummary(result));
  const facts = { command: `tikhonov ${command}`, startedAt: startedAt.toISOString(), seconds };
  await writeWhole(files.json, renderReproductionJson(which, settings, result, facts));
  await writeWhole(files.report, renderReproduction(which, settings, result, facts));
  print(`${files.report} and ${files.json} written after ${seconds.toFixed(0)} s`);
}
