import { canCompile } from '@tikhonov/compile';
import { random, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { DataLoader, Dataset, type Seeded } from '@tikhonov/data';
import type { Callback } from './callback.ts';
import { requireCallback } from './callback-check.ts';
import { progressBar } from './callbacks/progress-bar.ts';
import { asDataset, checkMetrics, type Examples, type Metrics } from './evaluate.ts';
import { kindOf, requireArray, requireFunction, requireIntegers } from './kinds.ts';
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
  /** The number of the last pass over the training data, >= 1: how many there are, unless some lie behind. */
  readonly epochs: number;
  /**
   * Passes that lie behind, made by earlier calls: this one begins with epoch `initialEpoch + 1`, whose order,
   * masks and draws are those that one call for all `epochs` would have. @defaultValue 0 (Keras)
   */
  readonly initialEpoch?: number;
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
  /**
   * The loss in evaluations, if another one: without smoothing, say, or without weights of classes, as it must be
   * a mean over rows. @defaultValue `loss`
   */
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
   * Ends the training after the present step, or while it waits for a batch. Callbacks are let finish for a
   * second; one that takes longer is left to itself, and has its `onTrainEnd` all the same. An abort is no
   * error: the history has the stop reason `aborted`, and a checkpoint is saved.
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
   * What to do when the loss is NaN or infinite, in a step or on a set that is evaluated: throw a
   * `NonFiniteError`, or stop with the reason `non-finite`. The step that met it changes nothing. Metrics may be
   * NaN. @defaultValue 'throw'
   */
  readonly onNonFinite?: 'throw' | 'stop';
  /**
   * What to do about parameters of the optimizer that the loss does not depend on: an error that names them, or
   * gradients of 0. Weight decay and momentum move a parameter whose gradient is 0. @defaultValue 'error'
   */
  readonly unreached?: 'error' | 'zeros';
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
  shuffle: 'boolean',
  dropLast: 'boolean',
  optimizer: true,
  loss: true,
  evaluationLoss: true,
  penalties: true,
  transforms: true,
  metrics: true,
  callbacks: true,
  evaluateEvery: true,
  progress: 'boolean',
  signal: true,
  checkpoint: true,
  onNonFinite: true,
  unreached: true,
  initialEpoch: true,
  compiled: 'boolean',
  seed: true,
  key: true,
};

/** The options with defaults in place and everything checked. */
export interface FitPlan {
  readonly source: TrainSource;
  readonly sets: Readonly<Record<string, Dataset | DataLoader<unknown>>>;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly unreached: 'error' | 'zeros' | undefined;
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
  requireOptionsOfFit(options);
  requireOptions('fit', options, known);
  checkKinds(options);
  const train = trainOf(options);
  const { epochs, batchSize = 32, evaluateEvery = 1, onNonFinite = 'throw' } = options;
  requireIntegers('fit', 1, { epochs, batchSize, evaluateEvery });
  const { initialEpoch = 0, unreached } = options;
  requireIntegers('fit', 0, { initialEpoch });
  if (initialEpoch >= epochs) {
    throw new RangeError(
      `fit: initialEpoch must be less than epochs, got ${initialEpoch} and ${epochs}.\n  epochs is the number of the last epoch: for one more, initialEpoch + 1.`,
    );
  }
  if (unreached !== undefined && unreached !== 'error' && unreached !== 'zeros') {
    throw new TypeError(`fit: unreached must be 'error' or 'zeros', got ${showValue(unreached)}.`);
  }
  if (onNonFinite !== 'throw' && onNonFinite !== 'stop') {
    throw new TypeError(
      `fit: onNonFinite must be 'throw' or 'stop', got ${showValue(onNonFinite)}.`,
    );
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
    initialEpoch,
    unreached,
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
  if (!given) {
    requireNoIterator(train);
    return requireRows(asDataset('fit: train', train));
  }
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

/** It would run dry after an epoch. */
function requireNoIterator(train: unknown): void {
  const isIterator = typeof train === 'object' && train !== null && 'next' in train;
  if (!isIterator || typeof train.next !== 'function') return;
  throw new TypeError(
    'fit: train is an iterator, which gives its batches once; every epoch needs them.\n  Pass the function that makes it: train: function* (epoch, key) { yield { x, y }; }.',
  );
}

/** What comes instead of options, after the habits of other libraries. */
function requireOptionsOfFit(options: FitOptions | undefined): void {
  const isData = options instanceof Dataset || options instanceof DataLoader;
  if (typeof options === 'object' && !isData) return;
  throw new TypeError(
    `fit: the second argument must be the options, got ${isData ? 'the data' : kindOf(options)}.\n  For example fit(model, { train: dataset, epochs: 10, optimizer: optim.adam(model, { lr: 1e-3 }), loss: nn.crossEntropy }).`,
  );
}

const datasetOf = (train: Dataset | DataLoader<PendingItem>): Dataset =>
  train instanceof DataLoader ? train.dataset : train;

function requireRows(dataset: Dataset): Dataset {
  if (dataset.size > 0) return dataset;
  throw new RangeError('fit: the training data have no rows.');
}

function sourceOf(train: Train, options: FitOptions, key: Tensor): TrainSource {
  if (train instanceof DataLoader) return loaderSource(train, options.initialEpoch);
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
  for (const [i, callback] of callbacks.entries())
    requireCallback(`fit: callbacks[${i}]`, callback);
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
  const isSet = evaluateOn instanceof Dataset || evaluateOn instanceof DataLoader;
  if (typeof evaluateOn !== 'object' || evaluateOn === null || isSet || 'x' in evaluateOn) {
    throw new TypeError(
      `fit: evaluateOn must be sets by name, got ${isSet ? 'one set' : kindOf(evaluateOn)}.\n  For example { test: dataset }.`,
    );
  }
  const given = validation === undefined ? evaluateOn : { validation, ...evaluateOn };
  return Object.fromEntries(
    Object.entries(given).map(([name, examples]) => {
      if (examples instanceof DataLoader) return [name, examples];
      const dataset = asDataset(
        name === 'validation' ? 'fit: validation' : `fit: evaluateOn.${name}`,
        examples,
      );
      if (dataset.size === 0) throw new RangeError(`fit: the set '${name}' has no rows.`);
      return [name, dataset];
    }),
  );
}
