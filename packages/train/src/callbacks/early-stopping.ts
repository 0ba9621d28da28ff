import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback } from '../callback.ts';
import { recordValue } from '../history.ts';
import { BestWeights } from './best-weights.ts';
import { type MonitorMode, modeOf, requireMonitored } from './monitor.ts';
import {
  checkPatienceRule,
  initialPatience,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './patience.ts';
import { savedState } from './saved-state.ts';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends Omit<PatienceRule, 'mode'> {
  /**
   * The value to watch: `set.metric`, `dataLoss`, `penalty` or `loss`.
   * @defaultValue 'validation.loss'
   */
  readonly monitor?: string;
  /**
   * Whether low or high values are good. `auto` tells by the name: low losses and errors, high accuracies
   * and their like; where the name does not say, it is an error. @defaultValue 'auto' (Keras)
   */
  readonly mode?: MonitorMode;
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
  checkFinite: 'boolean',
  restoreBestWeights: 'boolean',
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
  const rule = { ...options, mode: modeOf('earlyStopping', monitor, options.mode) };
  checkPatienceRule(rule);
  let state = initialPatience;
  let weights: BestWeights | undefined;
  const onEpochEnd: NonNullable<Callback['onEpochEnd']> = (epoch, logs, control) => {
    const value = recordValue(logs, monitor);
    if (value === undefined) return;
    const decision = patienceUpdate(state, value, { ...rule, epoch });
    state = decision.state;
    if (decision.improved) control.markBest(epoch);
    const counts = epoch > startFromEpoch;
    if (restoreBestWeights && counts && (decision.improved || weights!.isEmpty)) {
      weights!.keep(epoch);
    }
    if (decision.stop !== null) control.stop(decision.stop);
  };
  return {
    get state() {
      return state;
    },
    onTrainBegin(context) {
      requireMonitored('earlyStopping', monitor, context);
      state = initialPatience;
      weights = new BestWeights(context.model);
    },
    onEpochEnd,
    onLateEvaluation(epoch, logs, control) {
      // A value that `onEpochEnd` has seen, of training say, does not count twice.
      if (state.epoch < epoch) return onEpochEnd(epoch, logs, control);
    },
    onTrainEnd(_history, control) {
      weights?.restore(control);
    },
    stateDict: () => ({
      settings: { monitor, ...rule },
      state: { ...state },
      kept: weights?.stateDict() ?? null,
    }),
    loadStateDict(saved) {
      const { state: was, kept } = savedState('earlyStopping', saved, ['state', 'kept']);
      state = was as typeof was & PatienceState;
      weights?.loadStateDict(kept);
    },
  };
}
