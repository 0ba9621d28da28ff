import { canCompile } from '@tikhonov/compile';
import { random, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { DataLoader, type Dataset, type Seeded } from '@tikhonov/data';
import type { Callback } from './callback.ts';
import { progressBar } from './callbacks/progress-bar.ts';
import { asDataset, checkMetrics, type Examples, type Metrics } from './evaluate.ts';
import { kindOf, requireArray, requireFunction } from './kinds.ts';
import { accuracy } from './metrics/accuracy.ts';
import type { Loss, MinimizingOptimizer, PenaltyTerm } from './model.ts';
import type { CheckpointOptions } from './persistence/checkpoint-options.ts';
import {
  type BatchFactory,
  datasetSource,
  factorySource,
  loaderSource,
  type PendingItem,
  type TrainSource,
} from './source.ts';
import type { BatchTransform } from './step-context.ts';

/** Options of `fit`. */
export interface FitOptions extends Seeded {
  /**
   * What to learn from. Rows with a `sampleWeight` count accordingly in the loss and in its mean over the
   * epoch; a batch whose weights are all 0 makes no step.
   *
   * A `DataLoader` says itself how batches are made. The training takes whole epochs from the one on that
   * the loader is at, and leaves it behind the last step. Its `map` gives `{ x, y }`, with `mask` and
   * `sampleWeight` if it had them: `({ ...batch, x })`; promises are awaited, some ahead. Of a padded
   * batch, filling weighs 0 in the loss, but layers that mix rows, such as batch norm, see it.
   *
   * A function gives the batches of an epoch, as a generator does, for data that never are in memory.
   */
  readonly train: Examples | DataLoader<PendingItem> | BatchFactory;
  /** Evaluated under the name `validation`, for callbacks to watch. @defaultValue none */
  readonly validation?: Examples | DataLoader<unknown>;
  /** Further sets to evaluate, by name. @defaultValue none */
  readonly evaluateOn?: Readonly<Record<string, Examples | DataLoader<unknown>>>;
  /** Passes over the training data, >= 1. */
  readonly epochs: number;
  /** Rows per step; not beside a loader or function. @defaultValue 32 (Keras) */
  readonly batchSize?: number;
  /** Whether every epoch has its own random order; as `batchSize`. @defaultValue true */
  readonly shuffle?: boolean;
  /** Whether a last batch with fewer rows is left out; as `batchSize`. @defaultValue false */
  readonly dropLast?: boolean;
  /** Moves the parameters. */
  readonly optimizer: MinimizingOptimizer;
  /** Scalar loss of a batch: the mean over its rows, weighted if they have weights. */
  readonly loss: Loss;
  /** The loss in evaluations, if another one (without smoothing, say). @defaultValue `loss` */
  readonly evaluationLoss?: Loss;
  /** Scalars added to the loss in training. @defaultValue none */
  readonly penalties?: readonly PenaltyTerm[];
  /**
   * Change the rows of every step before the model sees them, in this order and within the compiled step:
   * noise, flips, mixup. Evaluations see the rows as they are. @defaultValue none
   */
  readonly transforms?: readonly BatchTransform[];
  /** Values beside the loss in evaluations. @defaultValue accuracy if the data have classes */
  readonly metrics?: Metrics;
  /** Called in this order. @defaultValue none */
  readonly callbacks?: readonly Callback[];
  /** Epochs between evaluations, >= 1; the last epoch is always evaluated. @defaultValue 1 */
  readonly evaluateEvery?: number;
  /** Whether to show a progress bar on a terminal; see `progressBar`. @defaultValue false */
  readonly progress?: boolean;
  /**
   * Ends the training after the present step, or while it waits for a batch; callbacks are let finish. An
   * abort is no error: the history has the stop reason `aborted`, and a checkpoint is saved.
   */
  readonly signal?: AbortSignal;
  /**
   * Saves the training as it goes, and goes on from what was saved: parameters, running state, optimizer,
   * order of the rows, callbacks and history, so that the result is bit for bit that of a training which
   * was never interrupted. Callbacks keep what they remember in cells, or have `stateDict`.
   * @defaultValue none
   */
  readonly checkpoint?: CheckpointOptions;
  /**
   * What to do when the loss is NaN or infinite: throw a `NonFiniteError`, or stop with the reason
   * `non-finite`. The step that met it changes nothing. @defaultValue 'throw'
   */
  readonly onNonFinite?: 'throw' | 'stop';
  /**
   * Whether steps and evaluations run as WebAssembly programs. See `fit` for what then is a constant.
   * `false` runs every operation as it comes, which is slower and can be looked into with a debugger.
   * @defaultValue true where the engine builds WebAssembly with SIMD
   */
  readonly compiled?: boolean;
}

const known: OptionNames<FitOptions> = {
  train: true,
  validation: true,
  evaluateOn: true,
  epochs: true,
  batchSize: true,
  shuffle: true,
  dropLast: true,
  optimizer: true,
  loss: true,
  evaluationLoss: true,
  penalties: true,
  transforms: true,
  metrics: true,
  callbacks: true,
  evaluateEvery: true,
  progress: true,
  signal: true,
  checkpoint: true,
  onNonFinite: true,
  compiled: 'boolean',
  seed: true,
  key: true,
};

/** The options with defaults in place and everything checked. */
export interface FitPlan {
  readonly source: TrainSource;
  readonly sets: Readonly<Record<string, Dataset | DataLoader<unknown>>>;
  readonly epochs: number;
  readonly optimizer: MinimizingOptimizer;
  readonly loss: Loss;
  readonly evaluationLoss: Loss;
  readonly penalties: readonly PenaltyTerm[];
  readonly transforms: readonly BatchTransform[];
  readonly metrics: Metrics;
  readonly callbacks: readonly Callback[];
  readonly evaluateEvery: number;
  readonly key: Tensor;
  readonly signal: AbortSignal | undefined;
  readonly checkpoint: CheckpointOptions | undefined;
  readonly compiled: boolean;
}

/** Fills in defaults. @throws RangeError or TypeError for bad options */
export function planOf(options: FitOptions): FitPlan {
  requireOptions('fit', options, known);
  checkKinds(options);
  const train = trainOf(options);
  const { epochs, batchSize = 32, evaluateEvery = 1, onNonFinite = 'throw' } = options;
  for (const [name, value] of Object.entries({ epochs, batchSize, evaluateEvery })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`fit: ${name} must be an integer >= 1, got ${value}.`);
    }
  }
  if (onNonFinite !== 'throw' && onNonFinite !== 'stop') {
    throw new TypeError(`fit: onNonFinite must be 'throw' or 'stop', got ${String(onNonFinite)}.`);
  }
  if (options.seed !== undefined && options.key !== undefined) {
    throw new TypeError('fit: got both a seed and a key.\n  Give one of them.');
  }
  const classes = typeof train === 'function' ? undefined : datasetOf(train).classes;
  const metrics = options.metrics ?? (classes === undefined ? {} : { accuracy });
  checkMetrics(metrics);
  const key = options.key ?? random.key(options.seed ?? 0);
  return {
    source: sourceOf(train, options, key),
    sets: setsOf(options),
    epochs,
    evaluateEvery,
    metrics,
    optimizer: options.optimizer,
    loss: options.loss,
    evaluationLoss: options.evaluationLoss ?? options.loss,
    penalties: options.penalties ?? [],
    transforms: options.transforms ?? [],
    callbacks: [
      ...(options.callbacks ?? []),
      ...(options.progress === true ? [progressBar()] : []),
    ],
    key,
    signal: options.signal,
    checkpoint: options.checkpoint,
    compiled: options.compiled ?? canCompile(),
  };
}

type Train = Dataset | DataLoader<PendingItem> | BatchFactory;

function trainOf(options: FitOptions): Train {
  const { train } = options;
  const given = train instanceof DataLoader || typeof train === 'function';
  if (!given) return requireRows(asDataset(train));
  for (const name of ['batchSize', 'shuffle', 'dropLast'] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(
      train instanceof DataLoader
        ? `fit: got ${name} beside a DataLoader.\n  The loader makes the batches: give it ${name}.`
        : `fit: got ${name} beside a function.\n  The function makes the batches: let it see to ${name}.`,
    );
  }
  if (train instanceof DataLoader) requireRows(train.dataset);
  return train;
}

const datasetOf = (train: Dataset | DataLoader<PendingItem>): Dataset =>
  train instanceof DataLoader ? train.dataset : train;

function requireRows(dataset: Dataset): Dataset {
  if (dataset.size > 0) return dataset;
  throw new RangeError('fit: the training data have no rows.');
}

function sourceOf(train: Train, options: FitOptions, key: Tensor): TrainSource {
  if (train instanceof DataLoader) return loaderSource(train);
  if (typeof train === 'function') return factorySource(train, key);
  const { batchSize = 32, shuffle = true, dropLast = false } = options;
  return datasetSource(train, { batchSize, shuffle, dropLast, key });
}

/** What the compiler says to callers who have one. */
function checkKinds(options: FitOptions): void {
  const { optimizer, loss, evaluationLoss = loss, penalties = [], callbacks = [] } = options;
  const { transforms = [] } = options;
  requireFunction(
    'fit: optimizer.minimize',
    (optimizer as MinimizingOptimizer | undefined)?.minimize,
    'Pass an optimizer, such as optim.adam(model, { lr: 1e-3 }).',
  );
  requireFunction('fit: loss', loss, 'For example nn.crossEntropy.');
  requireFunction('fit: evaluationLoss', evaluationLoss, 'For example nn.crossEntropy.');
  requireArray('fit: penalties', penalties);
  for (const [i, penalty] of penalties.entries()) {
    const hint = 'Every step computes it anew: () => reg.l2(model, { lambda: 1e-3 }).';
    requireFunction(`fit: penalties[${i}]`, penalty, hint);
  }
  requireArray('fit: transforms', transforms);
  for (const [i, transform] of transforms.entries()) {
    const hint =
      'For example ({ x, y }, { key }) => ({ x: x.add(random.normal(key, x.shape)), y }).';
    requireFunction(`fit: transforms[${i}]`, transform, hint);
  }
  requireArray('fit: callbacks', callbacks);
  const { signal } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError(
      `fit: signal must be an AbortSignal, got ${kindOf(signal)}.\n  Pass the signal of an AbortController: controller.signal.`,
    );
  }
}

function setsOf({ validation, evaluateOn = {} }: FitOptions): FitPlan['sets'] {
  if (validation !== undefined && 'validation' in evaluateOn) {
    throw new TypeError(
      "fit: `evaluateOn` has a set called 'validation' beside `validation`.\n  Rename it.",
    );
  }
  const given = validation === undefined ? evaluateOn : { validation, ...evaluateOn };
  return Object.fromEntries(
    Object.entries(given).map(([name, examples]) => {
      if (examples instanceof DataLoader) return [name, examples];
      const dataset = asDataset(examples);
      if (dataset.size === 0) throw new RangeError(`fit: the set '${name}' has no rows.`);
      return [name, dataset];
    }),
  );
}
