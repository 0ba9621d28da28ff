import type { Dataset } from '@tikhonov/data';
import type { EpochRecord, History, NonFiniteReport } from './history.ts';
import type { MinimizingOptimizer, Model } from './model.ts';
import type { PlainData } from './persistence/plain-data.ts';

/** What a callback is told before the first epoch. */
export interface TrainContext {
  readonly model: Model;
  readonly optimizer: MinimizingOptimizer;
  readonly epochs: number;
  /** Null where every batch has a size of its own. */
  readonly batchSize: number | null;
  /** Null where the length of a pass is not known beforehand. */
  readonly stepsPerEpoch: number | null;
  /** The rows that are learnt from, where `train` is a data set. */
  readonly dataset?: Dataset;
  /** Epochs between evaluations. */
  readonly evaluateEvery: number;
  /** The names of the values that `recordValue` can give: what may be monitored. */
  readonly monitored: readonly string[];
}

/** What one step gave. */
export interface BatchLogs {
  readonly epoch: number;
  /** Within the epoch, counts from 1. */
  readonly batch: number;
  /** Rows in the batch. */
  readonly size: number;
  readonly dataLoss: number;
  readonly penalty: number;
}

/** How a callback acts on the training. */
export interface Control {
  /** The reason of the first call of `stop`, if there was one. */
  readonly stopReason: string | null;
  /** Ends the training: after this step if called in `onBatchEnd`, else after this epoch. */
  stop(reason: string): void;
  /** Says which epoch is the best so far; becomes `history.bestEpoch`. */
  markBest(epoch: number): void;
  /** Says that the weights of this epoch were put back; becomes `history.restoredEpoch`. */
  markRestored(epoch: number): void;
  /** Says that the model got weights of no epoch, such as averages; becomes `history.weightsReplaced`. */
  markReplaced(): void;
}

/**
 * Takes part in the training. Every method may be async. `onTrainEnd` is called whatever ended the
 * training, an abort or an error included, provided that the callback's `onTrainBegin` was. Any object with some
 * of these methods is a callback; what it remembers in variables goes through `stateDict`. A method whose
 * name begins with `on` and is none of these is a TypeError; other properties are the object's own.
 *
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * const optimizer = optim.sgd({ w }, { lr: 0.1 });
 * const lambda = new Cell(tensor(1e-3));
 * const anneal = {
 *   onEpochBegin(epoch: number) {
 *     optimizer.lr = 0.1 / epoch;
 *     lambda.write(tensor(1e-3 * epoch));
 *   },
 * };
 * anneal.onEpochBegin(2);
 * optimizer.lr.read().item(); // => 0.05
 * ```
 */
export interface Callback {
  onTrainBegin?(context: TrainContext): void | Promise<void>;
  /** `epoch` counts from 1. */
  onEpochBegin?(epoch: number, control: Control): void | Promise<void>;
  /** `step` counts from 1 over the whole training. */
  onBatchEnd?(step: number, logs: BatchLogs, control: Control): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: EpochRecord, control: Control): void | Promise<void>;
  /**
   * Called after `onEpochEnd` for an epoch that was not to be evaluated (`evaluateEvery`), but is the last one
   * because a callback has stopped the training: with the same record, and the evaluations in it.
   */
  onLateEvaluation?(epoch: number, logs: EpochRecord, control: Control): void | Promise<void>;
  /**
   * Called when a loss, an update or a parameter is not finite, which ends the training. Returning true
   * makes that the stop reason `non-finite` instead of an error.
   */
  onNonFinite?(report: NonFiniteReport): boolean | Promise<boolean>;
  /** The history so far; `restoredEpoch` may still change by other callbacks. */
  onTrainEnd?(history: History, control: Control): void | Promise<void>;
  /**
   * What changes from epoch to epoch and is in no cell, for checkpoints. An entry `settings` says how the
   * callback was made: a training that was stopped goes on when it is resumed with others.
   */
  stateDict?(): PlainData;
  /** Takes back what `stateDict` gave, after `onTrainBegin`: the training goes on from there. */
  loadStateDict?(state: PlainData): void;
}
