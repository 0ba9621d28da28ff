import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback } from '../callback.ts';
import { type EpochRecord, recordValue } from '../history.ts';
import { rateCell } from './learning-rate.ts';
import { savedState } from './saved-state.ts';

/** Options of `history`. */
export interface HistoryOptions {
  /** Whether every step's losses are kept as well. @defaultValue false */
  readonly batches?: boolean;
}

const known: OptionNames<HistoryOptions> = { batches: 'boolean' };

/** What steps saw, one value each; empty unless `batches` was asked for. */
export interface BatchHistory {
  /** Counts from 1 over the whole training. */
  readonly step: readonly number[];
  readonly dataLoss: readonly number[];
  readonly penalty: readonly number[];
}

/** The callback, with what it has recorded. */
export interface HistoryRecorder extends Callback {
  /** The epochs that are done. */
  readonly epoch: readonly number[];
  /**
   * Values by name, one per epoch: `dataLoss`, `penalty`, `loss`, `set.metric`, and `lr`, the rate at the end
   * of the epoch, if the optimizer has one. NaN where an epoch was not evaluated.
   */
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly batches: BatchHistory;
}

/**
 * Records the training as arrays by name, as Keras' `History` does, while it runs: for plots. What `fit`
 * returns has the same values as one record per epoch.
 *
 * @throws TypeError for bad options
 * @example
 * ```ts
 * const recorder = train.history({ batches: true });
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * await train.fit(model, {
 *   train: { x: tensor([[1], [2]]), y: tensor([[2], [4]]) },
 *   epochs: 3,
 *   batchSize: 1,
 *   optimizer: optim.sgd(model, { lr: 0.1 }),
 *   loss: nn.mse,
 *   callbacks: [recorder],
 * });
 * recorder.epoch; // => [1, 2, 3]
 * Object.keys(recorder.history); // => ['dataLoss', 'penalty', 'loss', 'lr']
 * recorder.history.lr; // => [0.1, 0.1, 0.1]
 * recorder.batches.step; // => [1, 2, 3, 4, 5, 6]
 * ```
 */
export function history(options: HistoryOptions = {}): HistoryRecorder {
  requireOptions('history', options, known);
  const { batches: keepsBatches = false } = options;
  let epoch: number[] = [];
  let values: Record<string, number[]> = {};
  let batches = { step: [] as number[], dataLoss: [] as number[], penalty: [] as number[] };
  let rate = (): number => Number.NaN;
  const evaluated = (record: EpochRecord, name: string): number =>
    recordValue(record, name) ?? Number.NaN;
  const callback: HistoryRecorder = {
    get epoch() {
      return epoch;
    },
    get history() {
      return values;
    },
    get batches() {
      return batches;
    },
    onTrainBegin({ monitored, optimizer }) {
      const lr = rateCell(optimizer);
      rate = () => lr?.read().item() as number;
      const names = [...monitored, ...(lr === undefined ? [] : ['lr'])];
      epoch = [];
      values = Object.fromEntries(names.map((name) => [name, []]));
      batches = { step: [], dataLoss: [], penalty: [] };
    },
    onEpochEnd(number, record) {
      epoch.push(number);
      for (const [name, array] of Object.entries(values)) {
        array.push(name === 'lr' ? rate() : evaluated(record, name));
      }
    },
    onTrainEnd({ epochs }) {
      // An epoch that turns out to be the last one is evaluated after all.
      const last = epochs.at(-1);
      if (last === undefined || last.epoch !== epoch.at(-1)) return;
      for (const [name, array] of Object.entries(values)) {
        if (name !== 'lr') array[array.length - 1] = evaluated(last, name);
      }
    },
    stateDict: () => ({ epoch: [...epoch], values: copied(values), batches: copied(batches) }),
    loadStateDict(saved) {
      const was = savedState('history', saved, ['epoch', 'values', 'batches']);
      epoch = [...(was.epoch as readonly number[])];
      values = copied(was.values as Readonly<Record<string, readonly number[]>>);
      batches = copied(was.batches as Readonly<Record<keyof BatchHistory, readonly number[]>>);
    },
  };
  if (!keepsBatches) return callback;
  // Only who listens costs time at every step.
  callback.onBatchEnd = (step, { dataLoss, penalty }) => {
    batches.step.push(step);
    batches.dataLoss.push(dataLoss);
    batches.penalty.push(penalty);
  };
  return callback;
}

const copied = <Name extends string>(
  arrays: Readonly<Record<Name, readonly number[]>>,
): Record<Name, number[]> =>
  Object.fromEntries(
    Object.entries<readonly number[]>(arrays).map(([name, array]) => [name, [...array]]),
  ) as Record<Name, number[]>;
