import type { Cell } from '@tikhonov/core';
import type { CheckpointStore } from './checkpoint-store.ts';

/** How `fit` saves a training so that it can go on after whatever ends it. */
export interface CheckpointOptions {
  /** Path of a file, which is replaced atomically (Node only), or a store of another kind. */
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
