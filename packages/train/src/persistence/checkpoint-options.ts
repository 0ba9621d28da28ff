import type { Cell } from '@tikhonov/core';
import type { CheckpointStore } from './checkpoint-store.ts';

/**
 * How `fit` saves a training so that it can go on after whatever ends it: before the first step, then as often
 * as said, and at the end.
 *
 * What was saved wins over what the script says now, so that the training goes on as if nothing had
 * happened: a learning rate that is a number (it lives in a cell of the optimizer), moments, running state,
 * `cells`, and what callbacks remember. To go on at another rate, write `optimizer.lr` in `onEpochBegin` of a
 * callback. Batches, seed and the data themselves must be the same, or it
 * is an error; losses and penalties are functions and cannot be compared.
 *
 * A training that is over is not trained again: its history is returned as it was saved, also when `epochs`
 * is now smaller than what is done. More `epochs` go on with it. So do callbacks with other settings
 * (`earlyStopping` with more patience) after one of them had stopped it.
 */
export interface CheckpointOptions {
  /**
   * Path of a file, which is replaced atomically (Node only; its folder must exist), or a store of another
   * kind.
   */
  readonly to: string | CheckpointStore;
  /** Epochs between checkpoints, >= 1. @defaultValue 1 */
  readonly everyEpochs?: number;
  /** Steps between checkpoints within epochs, >= 1. @defaultValue none within epochs */
  readonly everySteps?: number;
  /**
   * State that is neither the model's nor the optimizer's: strengths that are annealed, what penalties
   * keep. @defaultValue none
   */
  readonly cells?: Readonly<Record<string, Cell>>;
  /** Whether to go on from what `to` holds, if it holds anything. @defaultValue true */
  readonly resume?: boolean;
}
