import type { RunPosition } from './persistence/run-checkpoint.ts';
import type { StepLosses } from './train-step.ts';

/** A place in an epoch, with the sums over the rows before it. */
export type EpochPosition = Pick<RunPosition, 'epoch' | 'batch' | 'rows' | 'dataLoss' | 'penalty'>;

/** The beginning of an epoch. */
export const atEpoch = (epoch: number): EpochPosition => ({
  epoch,
  batch: 0,
  rows: 0,
  dataLoss: 0,
  penalty: 0,
});

/** The place behind one more batch, whose rows count as much as `weight` says. */
export const behind = (at: EpochPosition, weight: number, losses: StepLosses): EpochPosition => ({
  epoch: at.epoch,
  batch: at.batch + 1,
  rows: at.rows + weight,
  dataLoss: at.dataLoss + weight * losses.dataLoss,
  penalty: at.penalty + weight * losses.penalty,
});

/**
 * The means over the rows before a place.
 *
 * @throws RangeError if there are none
 */
export function meansAt({ epoch, batch, rows, dataLoss, penalty }: EpochPosition): StepLosses {
  if (rows > 0) return { dataLoss: dataLoss / rows, penalty: penalty / rows };
  throw new RangeError(
    batch === 0
      ? `fit: epoch ${epoch} has no batches.\n  A generator runs once: give a function that makes one for every epoch.`
      : `fit: the weights of all rows of epoch ${epoch} are 0.\n  Give some rows a positive weight.`,
  );
}
