import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback } from '../callback.ts';
import { recordValue } from '../history.ts';
import { BestWeights } from './best-weights.ts';
import { requireMonitored } from './monitor.ts';
import {
  checkGlRule,
  checkPqRule,
  checkUpRule,
  type GlRule,
  glUpdate,
  type PqRule,
  pqUpdate,
  type UpRule,
  upUpdate,
} from './prechelt-rules.ts';
import {
  initialPrechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltState,
} from './prechelt-update.ts';
import { savedState } from './saved-state.ts';

/** What `prechelt` watches, and what it does in the end. */
export interface PrecheltWatch {
  /** The validation error, of which low values are good. @defaultValue 'validation.loss' */
  readonly monitor?: string;
  /** The training error. @defaultValue 'dataLoss', the mean over the epoch's rows */
  readonly trainMonitor?: string;
  /**
   * Whether the weights of the lowest validation error are put back at the end, whatever ended the
   * training. @defaultValue false
   */
  readonly restoreBestWeights?: boolean;
}

/** Options of `prechelt`: a criterion with its numbers. */
export type PrecheltOptions = PrecheltWatch &
  (
    | ({ readonly criterion: 'GL' } & GlRule)
    | ({ readonly criterion: 'PQ' } & PqRule)
    | ({ readonly criterion: 'UP' } & UpRule)
  );

/** The callback, with its state for inspection and saving. */
export interface Prechelt extends Callback {
  /** Where the criterion stands; plain data. */
  readonly state: PrecheltState;
}

const common = {
  criterion: true,
  monitor: true,
  trainMonitor: true,
  restoreBestWeights: 'boolean',
  k: true,
  minProgress: true,
  maxEpochs: true,
  checkFinite: 'boolean',
} as const;

/** One step of the criterion that the options name; checks them. */
function updateOf(
  options: PrecheltOptions,
): (state: PrecheltState, errors: PrecheltErrors, epoch: number) => PrecheltDecision {
  if (typeof options !== 'object' || options === null) throw noCriterion(kindOf(options));
  if (options.criterion === 'GL') {
    const known: OptionNames<typeof options> = { ...common, alpha: true };
    requireOptions('prechelt', options, known);
    checkGlRule(options);
    return (state, errors, epoch) => glUpdate(state, errors, { ...options, epoch });
  }
  if (options.criterion === 'PQ') {
    const known: OptionNames<typeof options> = { ...common, alpha: true };
    requireOptions('prechelt', options, known);
    checkPqRule(options);
    return (state, errors, epoch) => pqUpdate(state, errors, { ...options, epoch });
  }
  if (options.criterion === 'UP') {
    const known: OptionNames<typeof options> = { ...common, s: true };
    requireOptions('prechelt', options, known);
    checkUpRule(options);
    return (state, errors, epoch) => upUpdate(state, errors, { ...options, epoch });
  }
  throw noCriterion(String((options as { readonly criterion?: unknown }).criterion));
}

const noCriterion = (got: string): TypeError =>
  new TypeError(
    `prechelt: criterion must be 'GL', 'PQ' or 'UP', got ${got}.\n  GL looks at the loss of generalization, PQ at its quotient with progress, UP at rising strips.`,
  );

/**
 * Stops the training by one of Prechelt's criteria: `GL` when the validation error is `alpha` percent above
 * its minimum, `PQ` when that exceeds `alpha` times the progress of training within a strip of `k` values,
 * `UP` when the error has risen over `s` strips in a row. The paper's advice: `GL` to find a good network
 * most probably; for the best one on average `PQ` if the network overfits little, else `UP`. Criteria that stop
 * later gain a few percent and take several times as long. Patience is `earlyStopping`.
 *
 * The stop reason is the criterion, or `no-progress`, `max-epochs`, `non-finite`. Epochs in which the value
 * was not evaluated are no part of strips. `maxEpochs` beside `epochs` of `fit` is for rules that belong
 * together.
 *
 * @throws RangeError or TypeError for an option that is missing, unknown or out of range
 * @throws Error at the beginning of the training if nothing is evaluated under a monitored name; during
 * it a RangeError, as `glUpdate` says
 * @see Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade (1998)
 * @example
 * ```ts
 * const stopper = train.prechelt({ criterion: 'PQ', alpha: 0.75, restoreBestWeights: true });
 * stopper.state.best; // => null
 * ```
 */
export function prechelt(options: PrecheltOptions): Prechelt {
  const update = updateOf(options);
  const { monitor = 'validation.loss', trainMonitor = 'dataLoss' } = options;
  const usesTraining = options.criterion === 'PQ' || (options.minProgress ?? 0) > 0;
  let state = initialPrechelt;
  let weights: BestWeights | undefined;
  const onEpochEnd: NonNullable<Callback['onEpochEnd']> = (epoch, logs, control) => {
    const validation = recordValue(logs, monitor);
    const training = usesTraining ? recordValue(logs, trainMonitor) : 0;
    if (validation === undefined || training === undefined) return;
    const decision = update(state, { validation, train: training }, epoch);
    state = decision.state;
    if (decision.improved) {
      control.markBest(epoch);
      if (options.restoreBestWeights === true) weights!.keep(epoch);
    }
    if (decision.stop !== null) control.stop(decision.stop);
  };
  return {
    get state() {
      return state;
    },
    onTrainBegin(context) {
      requireMonitored('prechelt', monitor, context);
      if (usesTraining) requireMonitored('prechelt', trainMonitor, context);
      state = initialPrechelt;
      weights = new BestWeights(context.model);
    },
    onEpochEnd,
    onLateEvaluation(epoch, logs, control) {
      // Values that `onEpochEnd` has seen, of training say, do not count twice.
      if (state.epoch < epoch) return onEpochEnd(epoch, logs, control);
    },
    onTrainEnd(_history, control) {
      weights?.restore(control);
    },
    stateDict: () => ({
      settings: { ...options },
      state: { ...state, train: [...state.train] },
      kept: weights?.stateDict() ?? null,
    }),
    loadStateDict(saved) {
      const { state: was, kept } = savedState('prechelt', saved, ['state', 'kept']);
      state = was as typeof was & PrecheltState;
      weights?.loadStateDict(kept);
    },
  };
}
