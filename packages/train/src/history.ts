/** Loss and metrics of one data set, with the model in evaluation mode. */
export type Evaluation = Readonly<Record<string, number>> & { readonly loss: number };

/** What one epoch gave. */
export interface EpochRecord {
  /** Counts from 1. */
  readonly epoch: number;
  /** Optimizer steps taken since training began. */
  readonly steps: number;
  /** Mean over the epoch's rows of the loss without penalties, as the steps saw it (training mode). */
  readonly dataLoss: number;
  /** Sum of the penalties, averaged in the same way. */
  readonly penalty: number;
  /** By name of the set (`validation`, and those of `evaluateOn`); empty if not evaluated. */
  readonly evaluations: Readonly<Record<string, Evaluation>>;
}

/** What `fit` returns. Two runs with the same seed give equal histories, to the last bit. */
export interface History {
  /** The epochs that were completed, in order. */
  readonly epochs: readonly EpochRecord[];
  /** `completed`, `aborted`, `non-finite`, `error` or what a callback gave, such as `patience`. */
  readonly stopReason: string;
  /**
   * The epoch that a callback called best, of several the one whose weights were put back; else that with
   * the lowest validation loss, else null.
   */
  readonly bestEpoch: number | null;
  /** The epoch whose weights a callback put back at the end, else null. */
  readonly restoredEpoch: number | null;
  /** True if the model holds weights of no epoch: averages, that a callback put there in the end. */
  readonly weightsReplaced?: boolean;
  /** What was not finite, if that ended the training. */
  readonly nonFinite: NonFiniteReport | null;
}

/** Where training met a value that is not finite: in a step, or on a set that was evaluated after it. */
export interface NonFiniteReport {
  readonly epoch: number;
  /** Counts from 1 over the whole training. */
  readonly step: number;
  /**
   * The first tensor on the way to the loss that has one, such as `parameter layers.0.weight`; of a set,
   * `loss of the set 'validation'`.
   */
  readonly tensor: string;
  /** Its first value that is not finite. */
  readonly value: number;
}

/**
 * The record of the weights that the model holds after training: that of the restored epoch, else the
 * last one; `undefined` if no epoch was completed, or if averages replaced the weights (`weightsReplaced`):
 * evaluate the model then.
 *
 * @example
 * ```ts
 * const epochs = [{ epoch: 1, steps: 9, dataLoss: 2, penalty: 0, evaluations: {} }];
 * const history = { epochs, stopReason: 'completed', bestEpoch: null, restoredEpoch: null, nonFinite: null };
 * train.finalRecord(history)?.epoch; // => 1
 * ```
 */
export const finalRecord = (history: History): EpochRecord | undefined =>
  history.weightsReplaced === true
    ? undefined
    : history.restoredEpoch === null
      ? history.epochs.at(-1)
      : history.epochs.find(({ epoch }) => epoch === history.restoredEpoch);

/**
 * A value of the record by name: `dataLoss`, `penalty`, `loss` (their sum), or `set.metric` such as
 * `validation.loss` or `test.accuracy`; `undefined` if this epoch has none.
 */
export function recordValue(record: EpochRecord, name: string): number | undefined {
  if (name === 'dataLoss' || name === 'penalty') return record[name];
  if (name === 'loss') return record.dataLoss + record.penalty;
  const dot = name.lastIndexOf('.');
  return record.evaluations[name.slice(0, dot)]?.[name.slice(dot + 1)];
}

/** The epoch with the lowest loss on the set `validation`; null if there is none. */
export function lowestValidation(records: readonly EpochRecord[]): number | null {
  let best: { epoch: number; value: number } | null = null;
  for (const record of records) {
    const value = recordValue(record, 'validation.loss') ?? Number.NaN;
    if (value < (best?.value ?? Infinity)) best = { epoch: record.epoch, value };
  }
  return best?.epoch ?? null;
}
