import { showValue } from '@tikhonov/core/engine';
import { isBetter } from './monitor.ts';
import { bad, requireCounts, requireNonNegative } from './numbers.ts';

/** When a monitored value stops a training. */
export interface PatienceRule {
  /** Whether low or high values are good. @defaultValue 'min' */
  readonly mode?: 'min' | 'max';
  /** An improvement is one by more than this, >= 0. @defaultValue 0 (Keras) */
  readonly minDelta?: number;
  /** Values without improvement after which to stop; 0 and 1 behave alike. @defaultValue 0 (Keras) */
  readonly patience?: number;
  /** An improvement resets the wait only if the value also beats this one. @defaultValue none */
  readonly baseline?: number;
  /** Number of first epochs that do not count at all. @defaultValue 0 (Keras) */
  readonly startFromEpoch?: number;
  /** Whether NaN or an infinity stops at once. @defaultValue true */
  readonly checkFinite?: boolean;
}

/** Where the rule stands: plain data, for `JSON.stringify`. */
export interface PatienceState {
  /** The last epoch seen, from 1; 0 before the first. */
  readonly epoch: number;
  /** Values since the last improvement (that beat the baseline, if there is one). */
  readonly wait: number;
  readonly best: number | null;
  /** The epoch of `best`; 0 if there is none. */
  readonly bestEpoch: number;
}

/** The next state, and what to do. */
export interface PatienceDecision {
  readonly state: PatienceState;
  /** Whether the value is the new best. */
  readonly improved: boolean;
  readonly stop: 'patience' | 'non-finite' | null;
}

/** The state before the first epoch. */
export const initialPatience: PatienceState = { epoch: 0, wait: 0, best: null, bestEpoch: 0 };

/**
 * One step of patience-based early stopping, with the semantics of Keras' `EarlyStopping`: a value
 * better than the best by more than `minDelta` is an improvement (ties and NaN are not) and resets the
 * wait; otherwise the training stops when `patience` values have passed, never at the first epoch. A
 * pure function.
 *
 * Unlike Keras, NaN is no improvement even as the first value (Keras would keep NaN as the best
 * for ever), and with `checkFinite` it stops at once.
 *
 * @param state  `initialPatience`, then what the last call returned
 * @param value  the monitored value of this epoch
 * @param rule  the rule, and `epoch` if it is not the one after `state.epoch`
 * @throws RangeError for an option out of range
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const first = train.patienceUpdate(train.initialPatience, 0.5, { patience: 1 });
 * first.improved; // => true
 * train.patienceUpdate(first.state, 0.6, { patience: 1 }).stop; // => 'patience'
 * ```
 */
export function patienceUpdate(
  state: PatienceState,
  value: number,
  rule: PatienceRule & { readonly epoch?: number } = {},
): PatienceDecision {
  checkPatienceRule(rule);
  const { minDelta = 0, patience = 0, baseline, startFromEpoch = 0, checkFinite = true } = rule;
  const epoch = rule.epoch ?? state.epoch + 1;
  if (epoch <= startFromEpoch) return { state: { ...state, epoch }, improved: false, stop: null };
  const wait = state.wait + 1;
  if (checkFinite && !Number.isFinite(value)) {
    return { state: { ...state, epoch, wait }, improved: false, stop: 'non-finite' };
  }
  const beats = (reference: number): boolean =>
    isBetter(value, reference, { mode: rule.mode ?? 'min', minDelta });
  const improved = !Number.isNaN(value) && (state.best === null || beats(state.best));
  if (improved) {
    const resets = baseline === undefined || beats(baseline);
    const next = { epoch, wait: resets ? 0 : wait, best: value, bestEpoch: epoch };
    return { state: next, improved, stop: null };
  }
  const stop = wait >= patience && epoch > 1 ? 'patience' : null;
  return { state: { ...state, epoch, wait }, improved, stop };
}

/** Throws for an option out of range. */
export function checkPatienceRule(rule: PatienceRule): void {
  const { mode = 'min', minDelta = 0, patience = 0, baseline = 0, startFromEpoch = 0 } = rule;
  if (mode !== 'min' && mode !== 'max') {
    throw new TypeError(`earlyStopping: mode must be 'min' or 'max', got ${showValue(mode)}.`);
  }
  requireNonNegative('earlyStopping', 'minDelta', minDelta);
  requireCounts('earlyStopping', 0, { patience, startFromEpoch });
  if (typeof baseline !== 'number' || Number.isNaN(baseline)) {
    throw bad('earlyStopping: baseline must be a number', baseline);
  }
}
