import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback, TrainContext } from './callback.ts';
import { recordValue } from './history.ts';
import type { Model } from './model.ts';
import {
  checkPatienceRule,
  initialPatience,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './patience.ts';
import type { PlainData } from './persistence/plain-data.ts';
import { restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot.ts';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends PatienceRule {
  /**
   * The value to watch: `set.metric`, `dataLoss`, `penalty` or `loss`.
   * @defaultValue 'validation.loss'
   */
  readonly monitor?: string;
  /**
   * Whether the weights of the best epoch are put back at the end, whatever ended the training
   * (patience, the last epoch, an abort, an error). @defaultValue false (Keras)
   */
  readonly restoreBestWeights?: boolean;
}

const known: OptionNames<EarlyStoppingOptions> = {
  monitor: true,
  mode: true,
  minDelta: true,
  patience: true,
  baseline: true,
  startFromEpoch: true,
  checkFinite: true,
  restoreBestWeights: true,
};

/** The callback, with its state for inspection and saving. */
export interface EarlyStopping extends Callback {
  /** Where the rule stands; plain data. */
  readonly state: PatienceState;
}

/**
 * Stops the training when a monitored value no longer improves; see `patienceUpdate` for the exact
 * rule, which is Keras'. The stop reason is `patience`, or `non-finite` when the value is NaN or
 * infinite. Epochs in which the value was not evaluated do not count towards the patience.
 *
 * With `restoreBestWeights`, all cells of the model (parameters, running statistics) get back, bit for
 * bit, the values of the best epoch; before any value was an improvement, those of the first epoch
 * that counted.
 *
 * @throws RangeError or TypeError for an option out of range
 * @throws Error at the beginning of the training if nothing is evaluated under the monitored name
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const stopper = train.earlyStopping({ patience: 10, restoreBestWeights: true });
 * stopper.state.best; // => null
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  requireOptions('earlyStopping', options, known);
  const { monitor = 'validation.loss', restoreBestWeights = false, startFromEpoch = 0 } = options;
  checkPatienceRule(options);
  let state = initialPatience;
  let model: Model | undefined;
  let kept: Kept | undefined;
  return {
    get state() {
      return state;
    },
    onTrainBegin(context) {
      requireMonitored(monitor, context);
      state = initialPatience;
      kept = undefined;
      model = context.model;
    },
    onEpochEnd(epoch, logs, control) {
      const value = recordValue(logs, monitor);
      if (value === undefined) return;
      const decision = patienceUpdate(state, value, { ...options, epoch });
      state = decision.state;
      if (decision.improved) control.markBest(epoch);
      const counts = epoch > startFromEpoch;
      if (restoreBestWeights && counts && (decision.improved || kept === undefined)) {
        kept = { epoch, values: takeSnapshot(model!) };
      }
      if (decision.stop !== null) control.stop(decision.stop);
    },
    onTrainEnd(_history, control) {
      if (kept === undefined) return;
      restoreSnapshot(model!, kept.values);
      control.markRestored(kept.epoch);
    },
    stateDict: () => ({ state: { ...state }, kept: kept === undefined ? null : { ...kept } }),
    loadStateDict(saved) {
      const known = saved as Saved;
      state = known.state;
      kept = known.kept ?? undefined;
    },
  };
}

/** The weights that are put back in the end. */
type Kept = { readonly epoch: number; readonly values: Snapshot };

type Saved = PlainData & { readonly state: PatienceState; readonly kept: Kept | null };

function requireMonitored(monitor: string, context: TrainContext): void {
  if (context.monitored.includes(monitor)) return;
  const hint = monitor.startsWith('validation.')
    ? 'Pass `validation` to fit, or monitor one of these.'
    : 'Monitor one of these, or pass the set in `evaluateOn` and the metric in `metrics`.';
  throw new Error(
    `earlyStopping: nothing is called '${monitor}'; there is ${context.monitored.join(', ')}.\n  ${hint}`,
  );
}
