import { canCompile } from '@tikhonov/compile';
import { random, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Dataset, Seeded } from '@tikhonov/data';
import type { Callback } from './callback.ts';
import { asDataset, checkMetrics, type Examples } from './evaluate.ts';
import { requireArray, requireFunction } from './kinds.ts';
import { accuracy } from './metrics.ts';
import type { Loss, Metric, MinimizingOptimizer, PenaltyTerm } from './model.ts';
import type { CheckpointOptions } from './persistence/checkpoint-options.ts';
import { progressBar } from './progress-bar.ts';

/** Options of `fit`. */
export interface FitOptions extends Seeded {
  /** What to learn from. */
  readonly train: Examples;
  /** Evaluated under the name `validation`, for callbacks to watch. @defaultValue none */
  readonly validation?: Examples;
  /** Further sets to evaluate, by name. @defaultValue none */
  readonly evaluateOn?: Readonly<Record<string, Examples>>;
  /** Passes over the training data, >= 1. */
  readonly epochs: number;
  /** Rows per step. @defaultValue 32 (Keras) */
  readonly batchSize?: number;
  /** Whether every epoch has its own random order. @defaultValue true */
  readonly shuffle?: boolean;
  /** Whether a last batch with fewer rows is left out. @defaultValue false */
  readonly dropLast?: boolean;
  /** Moves the parameters. */
  readonly optimizer: MinimizingOptimizer;
  /** Scalar loss of a batch: the mean over its rows. */
  readonly loss: Loss;
  /** The loss in evaluations, if another one (without smoothing, say). @defaultValue `loss` */
  readonly evaluationLoss?: Loss;
  /** Scalars added to the loss in training. @defaultValue none */
  readonly penalties?: readonly PenaltyTerm[];
  /** Values beside the loss in evaluations. @defaultValue accuracy if the data have classes */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** Called in this order. @defaultValue none */
  readonly callbacks?: readonly Callback[];
  /** Epochs between evaluations, >= 1; the last epoch is always evaluated. @defaultValue 1 */
  readonly evaluateEvery?: number;
  /** Whether to show a progress bar on a terminal; see `progressBar`. @defaultValue false */
  readonly progress?: boolean;
  /** Ends the training after the present step. */
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
  readonly train: Dataset;
  readonly sets: Readonly<Record<string, Dataset>>;
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly optimizer: MinimizingOptimizer;
  readonly loss: Loss;
  readonly evaluationLoss: Loss;
  readonly penalties: readonly PenaltyTerm[];
  readonly metrics: Readonly<Record<string, Metric>>;
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
  const train = asDataset(options.train);
  if (train.size === 0) throw new RangeError('fit: the training data have no rows.');
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
  const metrics = options.metrics ?? (train.classes === undefined ? {} : { accuracy });
  checkMetrics(metrics);
  return {
    train,
    sets: setsOf(options),
    epochs,
    batchSize,
    evaluateEvery,
    metrics,
    shuffle: options.shuffle ?? true,
    dropLast: options.dropLast ?? false,
    optimizer: options.optimizer,
    loss: options.loss,
    evaluationLoss: options.evaluationLoss ?? options.loss,
    penalties: options.penalties ?? [],
    callbacks: [
      ...(options.callbacks ?? []),
      ...(options.progress === true ? [progressBar()] : []),
    ],
    key: options.key ?? random.key(options.seed ?? 0),
    signal: options.signal,
    checkpoint: options.checkpoint,
    compiled: options.compiled ?? canCompile(),
  };
}

/** What the compiler says to callers who have one. */
function checkKinds(options: FitOptions): void {
  const { optimizer, loss, evaluationLoss = loss, penalties = [], callbacks = [] } = options;
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
  requireArray('fit: callbacks', callbacks);
}

function setsOf({ validation, evaluateOn = {} }: FitOptions): Record<string, Dataset> {
  if (validation !== undefined && 'validation' in evaluateOn) {
    throw new TypeError(
      "fit: `evaluateOn` has a set called 'validation' beside `validation`.\n  Rename it.",
    );
  }
  const given = validation === undefined ? evaluateOn : { validation, ...evaluateOn };
  return Object.fromEntries(
    Object.entries(given).map(([name, examples]) => {
      const dataset = asDataset(examples);
      if (dataset.size === 0) throw new RangeError(`fit: the set '${name}' has no rows.`);
      return [name, dataset];
    }),
  );
}
