import { type Family, findMethod, methods, plainPlan } from '@tikhonov/regularizers';
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import { checkFlags, parseNames, parseNumber } from '../flags.ts';
import { renderReport } from '../report/html.ts';
import { renderHelp } from '../usage.ts';
import { UsageError } from '../usage-error.ts';
import { requireDistinct, requireWritable, writeWhole } from '../write-file.ts';
import { renderJson } from './json.ts';
import { startProgress } from './progress.ts';
import { runAll } from './run-all.ts';
import { heldOutSize } from './run-one.ts';
import {
  allMethods,
  baseline,
  type CompareSettings,
  classics,
  datasets,
  defaults,
  type MethodSetting,
  settingOf,
} from './settings.ts';
import { conclusions, summarize } from './summarize.ts';
import { renderTables } from './table.ts';

const defaultJson = 'tikhonov-report.json';
const defaultReport = 'tikhonov-report.html';

/** `--l2-lambda` for the argument `lambda` of `l2`, `--weight-decay` for that of its own name. */
function flagOf(method: string, argument: string): string {
  const name = argument.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return name === method ? method : `${method}-${name}`;
}

function argumentFlags(): ArgsDef {
  return Object.fromEntries(
    methods.flatMap((method) =>
      method.arguments.map((argument) => [
        flagOf(method.id, argument.name),
        {
          type: 'string' as const,
          valueHint: 'number',
          description: `${argument.description} (default ${argument.default})`,
        },
      ]),
    ),
  );
}

const ownFlags = {
  dataset: {
    type: 'string',
    valueHint: 'name',
    description: `one of: ${Object.keys(datasets).join(', ')} (default ${defaults.dataset})`,
  },
  methods: {
    type: 'string',
    valueHint: 'a,b,...',
    description: `methods to compare with none, of: ${methods.map(({ id }) => id).join(', ')}; or all (default ${classics.join(', ')})`,
  },
  family: {
    type: 'string',
    valueHint: 'a,b',
    description: 'only methods of these families: objective, structure, process (default all)',
  },
  seeds: {
    type: 'string',
    valueHint: 'n',
    description: `runs of each method (default ${defaults.seeds})`,
  },
  'first-seed': { type: 'string', valueHint: 'n', description: 'the first seed (default 0)' },
  epochs: {
    type: 'string',
    valueHint: 'n',
    description: `passes over the training set (default ${defaults.epochs})`,
  },
  'train-size': {
    type: 'string',
    valueHint: 'n',
    description: `training examples (default ${defaults.trainSize})`,
  },
  'label-noise': {
    type: 'string',
    valueHint: 'share',
    description: `share of wrong training labels (default ${defaults.labelNoise})`,
  },
  hidden: {
    type: 'string',
    valueHint: 'n,...',
    description: `hidden units of each layer (default ${defaults.hidden.join(',')})`,
  },
  'batch-size': {
    type: 'string',
    valueHint: 'n',
    description: `examples in a step (default ${defaults.batchSize})`,
  },
  'learning-rate': {
    type: 'string',
    valueHint: 'x',
    description: `of Adam (default ${defaults.learningRate})`,
  },
  eager: {
    type: 'boolean',
    description: 'run every operation as it comes, without compiling; slower',
  },
  workers: { type: 'string', valueHint: 'n', description: 'threads (default one a core)' },
  json: { type: 'string', valueHint: 'file', description: `results (default ${defaultJson})` },
  report: { type: 'string', valueHint: 'file', description: `web page (default ${defaultReport})` },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
} as const satisfies ArgsDef;

type Flags = Readonly<Record<string, unknown>>;

const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return value === undefined ? undefined : String(value);
};

/** The settings that the flags ask for; a UsageError for what cannot be. */
export function settingsFrom(flags: Flags): CompareSettings {
  const number = (
    name: string,
    fallback: number,
    rule: Parameters<typeof parseNumber>[2],
  ): number => {
    const given = text(flags, name);
    return given === undefined ? fallback : parseNumber(name, given, rule);
  };
  const count = { integer: true, min: 1 };
  const [dataset] = parseNames(
    'dataset',
    text(flags, 'dataset') ?? defaults.dataset,
    Object.keys(datasets),
  );
  const settings = {
    dataset: dataset!,
    methods: methodsFrom(flags),
    seeds: number('seeds', defaults.seeds, { ...count, max: 10_000 }),
    firstSeed: number('first-seed', defaults.firstSeed, { integer: true, min: 0, max: 2 ** 52 }),
    epochs: number('epochs', defaults.epochs, count),
    trainSize: number('train-size', defaults.trainSize, { integer: true, min: 20, max: 1500 }),
    labelNoise: number('label-noise', defaults.labelNoise, { min: 0, max: 1 }),
    hidden: (text(flags, 'hidden') ?? defaults.hidden.join(','))
      .split(',')
      .map((n) => parseNumber('hidden', n, { ...count, max: 65_536 })),
    batchSize: number('batch-size', defaults.batchSize, count),
    learningRate: number('learning-rate', defaults.learningRate, { min: 0, open: 'min' }),
    compiled: flags.eager !== true,
  };
  checkHeldOut(settings);
  return settings;
}

/** Refuses shares that hold out nobody, or everybody. */
function checkHeldOut({ methods: chosen, trainSize }: CompareSettings): void {
  for (const { id, values } of chosen) {
    const { validationFraction } = findMethod(id).recipe(plainPlan, values);
    const held = heldOutSize(trainSize, validationFraction);
    if (validationFraction > 0 && (held < 1 || held >= trainSize)) {
      throw new UsageError(
        `${id} would hold out ${held} of ${trainSize} training examples; change the share or --train-size`,
      );
    }
  }
}

const knownFamilies: readonly Family[] = ['objective', 'structure', 'process'];

function methodsFrom(flags: Flags): MethodSetting[] {
  const known = ['all', baseline, ...methods.map((method) => method.id)];
  const list = text(flags, 'methods');
  const family = text(flags, 'family');
  // Who asks for a family wants all of it.
  const fallback = family === undefined ? [...classics] : ['all'];
  const names = list === undefined ? fallback : parseNames('methods', list, known);
  const named = names.includes('all')
    ? allMethods()
    : names.filter((id) => id !== baseline).map((id) => settingOf(findMethod(id)));
  const families = parseNames('family', family ?? knownFamilies.join(','), knownFamilies);
  const chosen = named.filter(({ id }) => families.includes(findMethod(id).family));
  if (chosen.length === 0 && named.length > 0) {
    throw new UsageError(`--family ${family} leaves none of the methods`);
  }
  for (const method of methods) {
    for (const argument of method.arguments) {
      const flag = flagOf(method.id, argument.name);
      if (flags[flag] !== undefined && !chosen.some(({ id }) => id === method.id)) {
        throw new UsageError(`--${flag} is given, but ${method.id} is not among --methods`);
      }
    }
  }
  return chosen.map(({ id, values }) => {
    const changed = Object.entries(values).map(([name, fallback]): [string, number] => {
      const argument = findMethod(id).arguments.find((a) => a.name === name)!;
      const given = text(flags, flagOf(id, name));
      return [
        name,
        given === undefined ? fallback : parseNumber(flagOf(id, name), given, argument),
      ];
    });
    return { id, values: Object.fromEntries(changed) };
  });
}

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
    `${counted(settings.methods.length + 1, 'method')} x ${counted(settings.seeds, 'seed')} on ${settings.dataset}: ${settings.trainSize} training examples, ${Number((100 * settings.labelNoise).toFixed(1))} % of their labels wrong, ${counted(settings.epochs, 'epoch')}`,
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
  const page = renderReport(settings, outcomes, summary, { ...facts, command: options.command });
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
