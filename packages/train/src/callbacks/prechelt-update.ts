import { requireCounts, requireNonNegative } from './numbers.ts';

/** What all of Prechelt's criteria have. */
export interface PrecheltLimits {
  /**
   * Length of a training strip: values between two looks at progress; >= 1, for `PQ` and with
   * `minProgress` >= 2. @defaultValue 5 (paper)
   */
  readonly k?: number;
  /**
   * Stops at the end of a strip whose progress is below this, >= 0; the paper has 0.1. Needs training
   * errors. @defaultValue 0: off
   */
  readonly minProgress?: number;
  /** Stops after this epoch; the paper has 3000. @defaultValue Infinity */
  readonly maxEpochs?: number;
  /** Whether NaN or an infinity stops at once. @defaultValue true */
  readonly checkFinite?: boolean;
}

/** The errors of an epoch. */
export interface PrecheltErrors {
  readonly validation: number;
  /** The mean training error of the epoch; `PQ` and `minProgress` need it. */
  readonly train?: number;
}

/** Where a criterion stands: plain data, for `JSON.stringify`. */
export interface PrecheltState {
  /** The last epoch seen, from 1; 0 before the first. */
  readonly epoch: number;
  /** Values seen since the last end of a strip. */
  readonly inStrip: number;
  /** The lowest validation error. */
  readonly best: number | null;
  /** The first epoch that had it; 0 if there is none. */
  readonly bestEpoch: number;
  /** The training errors of the strip. */
  readonly train: readonly number[];
  /** The validation error at the last end of a strip. */
  readonly lastStrip: number | null;
  /** Ends of strips in a row at which it had risen. */
  readonly rises: number;
}

/** The next state, and what to do. */
export interface PrecheltDecision {
  readonly state: PrecheltState;
  /** Whether the validation error is the new best. */
  readonly improved: boolean;
  /** The criterion that stops the training, or why else it stops. */
  readonly stop: 'GL' | 'PQ' | 'UP' | 'no-progress' | 'max-epochs' | 'non-finite' | null;
}

/** The state before the first epoch. */
export const initialPrechelt: PrecheltState = {
  epoch: 0,
  inStrip: 0,
  best: null,
  bestEpoch: 0,
  train: [],
  lastStrip: null,
  rises: 0,
};

/**
 * How much worse a validation error is than the lowest one so far, in percent: `100 (error / best - 1)`.
 *
 * @example
 * ```ts
 * train.generalizationLoss(3.3, 3); // => 10
 * ```
 */
export const generalizationLoss = (error: number, best: number): number => 100 * (error / best - 1);

/**
 * By how much, in thousandths, the mean of the training errors is above the lowest of them: large while
 * training falls or jumps, 0 once it stands still.
 *
 * @param errors  of the epochs of a strip, >= 0, one at least
 * @example
 * ```ts
 * train.trainingProgress([1.25, 1, 0.75]); // => 333.3333333333333
 * ```
 */
export function trainingProgress(errors: readonly number[]): number {
  const lowest = Math.min(...errors);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  // 0 / 0: errors that are all 0 make no progress.
  return mean === lowest ? 0 : 1000 * (mean / lowest - 1);
}

/** What a criterion looks at. */
export interface Seen {
  readonly validation: number;
  /** The lowest validation error; NaN if there was none. */
  readonly best: number;
  readonly rises: number;
  /** The training errors of the strip that ends here; null within strips. */
  readonly strip: readonly number[] | null;
}

/** A criterion, as `precheltUpdate` asks it. */
export interface Criterion {
  readonly name: 'GL' | 'PQ' | 'UP';
  readonly needsTraining: boolean;
  readonly stops: (seen: Seen) => boolean;
}

/** One step of any criterion. */
export function precheltUpdate(
  state: PrecheltState,
  errors: PrecheltErrors,
  rule: PrecheltLimits & { readonly epoch?: number },
  { name, needsTraining, stops }: Criterion,
): PrecheltDecision {
  const { k = 5, minProgress = 0, maxEpochs = Infinity, checkFinite = true } = rule;
  const { validation } = errors;
  const epoch = rule.epoch ?? state.epoch + 1;
  const measures = needsTraining || minProgress > 0;
  const train = measures ? requireTraining(name, errors.train) : null;
  if (checkFinite && !(Number.isFinite(validation) && Number.isFinite(train ?? 0))) {
    return { state: { ...state, epoch }, improved: false, stop: 'non-finite' };
  }
  const improved = validation < (state.best ?? Infinity);
  const best = improved ? validation : state.best;
  const seen = train === null ? [] : [...state.train, train];
  const ends = state.inStrip + 1 >= k;
  const rose = validation > (state.lastStrip ?? Infinity);
  const rises = ends ? (rose ? state.rises + 1 : 0) : state.rises;
  const strip = ends ? seen : null;
  const next: PrecheltState = {
    epoch,
    inStrip: ends ? 0 : state.inStrip + 1,
    best,
    bestEpoch: improved ? epoch : state.bestEpoch,
    train: ends ? [] : seen,
    lastStrip: ends ? validation : state.lastStrip,
    rises,
  };
  let stop: PrecheltDecision['stop'] = null;
  if (stops({ validation, best: best ?? Number.NaN, rises, strip })) stop = name;
  else if (minProgress > 0 && strip !== null && trainingProgress(strip) < minProgress) {
    stop = 'no-progress';
  } else if (epoch >= maxEpochs) stop = 'max-epochs';
  return { state: next, improved, stop };
}

function requireTraining(name: string, train: number | undefined): number {
  if (typeof train !== 'number') {
    throw new TypeError(
      `prechelt: ${name} needs training errors to measure progress, got ${String(train)}.\n  Pass { train, validation }; without progress there are GL and UP.`,
    );
  }
  if (train < 0) {
    throw new RangeError(
      `prechelt: the training error is ${train}; progress is measured by errors >= 0.\n  For losses below 0 use UP or patience.`,
    );
  }
  return train;
}

/** @throws RangeError for a number out of range */
export function checkLimits(limits: PrecheltLimits, leastK: number): void {
  const { k = 5, minProgress = 0, maxEpochs = Infinity } = limits;
  requireNonNegative('prechelt', 'minProgress', minProgress);
  // A strip of one value has no progress.
  requireCounts('prechelt', minProgress > 0 ? 2 : leastK, { k });
  requireCounts('prechelt', 1, { maxEpochs });
}
