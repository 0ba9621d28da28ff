import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback } from '../callback.ts';
import { recordValue } from '../history.ts';
import { type Rate, rateOf } from './learning-rate.ts';
import { isBetter, type MonitorMode, modeOf, requireMonitored } from './monitor.ts';
import { bad, requireCounts, requireNonNegative } from './numbers.ts';
import { savedState } from './saved-state.ts';

/** Options of `reduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /**
   * The value to watch: `set.metric`, `dataLoss`, `penalty` or `loss`.
   * @defaultValue 'validation.loss'
   */
  readonly monitor?: string;
  /** What the rate is multiplied by, in (0, 1). @defaultValue 0.1 (Keras) */
  readonly factor?: number;
  /** Values without improvement after which the rate falls, >= 0. @defaultValue 10 (Keras) */
  readonly patience?: number;
  /** An improvement is one by more than this, >= 0. @defaultValue 1e-4 (Keras) */
  readonly minDelta?: number;
  /** Whether low or high values are good; `auto` tells by the name. @defaultValue 'auto' (Keras) */
  readonly mode?: MonitorMode;
  /** Values after a reduction that are not waited on, >= 0. @defaultValue 0 (Keras) */
  readonly cooldown?: number;
  /** The rate does not fall below this, >= 0. @defaultValue 0 (Keras) */
  readonly minLr?: number;
}

const known: OptionNames<ReduceLROnPlateauOptions> = {
  monitor: true,
  factor: true,
  patience: true,
  minDelta: true,
  mode: true,
  cooldown: true,
  minLr: true,
};

/** Where the rule stands: plain data. */
export interface PlateauState {
  readonly best: number | null;
  /** Values since the last improvement or reduction. */
  readonly wait: number;
  /** Values of the cooldown that are left. */
  readonly cooldown: number;
}

/** The callback, with its state for inspection and saving. */
export interface ReduceLROnPlateau extends Callback {
  /** Where the rule stands; plain data. */
  readonly state: PlateauState;
}

/** Before the first value. */
const initial: PlateauState = { best: null, wait: 0, cooldown: 0 };

/**
 * Lowers the learning rate when a monitored value no longer improves, with the semantics of Keras'
 * `ReduceLROnPlateau`: after `patience` values that are not better than the best by more than `minDelta`, the
 * rate is multiplied by `factor`, and the next `cooldown` values are not counted. It writes the cell
 * `optimizer.lr`, which compiled steps read; groups of parameters scale it, so that all of them follow. NaN
 * is no improvement. Epochs in which the value was not evaluated do not count.
 *
 * @throws RangeError or TypeError for an option out of range
 * @throws Error at the beginning of the training if nothing is evaluated under the monitored name;
 * TypeError if the optimizer has no learning rate, or a schedule for it
 * @example
 * ```ts
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * const optimizer = optim.sgd(model, { lr: 1e-6 });
 * const examples = { x: tensor([[1], [2]]), y: tensor([[2], [4]]) };
 * await train.fit(model, {
 *   ...{ train: examples, validation: examples, epochs: 4, optimizer, loss: nn.mse },
 *   callbacks: [train.reduceLROnPlateau({ factor: 0.5, patience: 2, minDelta: 0.1 })],
 * });
 * optimizer.lr.read().item(); // => 5e-7
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): ReduceLROnPlateau {
  requireOptions('reduceLROnPlateau', options, known);
  const { monitor = 'validation.loss', factor = 0.1, minDelta = 1e-4, minLr = 0 } = options;
  const { patience = 10, cooldown = 0 } = options;
  if (typeof factor !== 'number' || !(factor > 0 && factor < 1)) {
    const hint = 'The rate is multiplied by it.';
    throw bad('reduceLROnPlateau: factor must be in (0, 1)', factor, hint);
  }
  requireCounts('reduceLROnPlateau', 0, { patience, cooldown });
  requireNonNegative('reduceLROnPlateau', 'minDelta', minDelta);
  requireNonNegative('reduceLROnPlateau', 'minLr', minLr);
  const mode = modeOf('reduceLROnPlateau', monitor, options.mode);
  let state = initial;
  let rate: Rate | undefined;

  /** Whether the rate is to fall. */
  const take = (value: number): boolean => {
    const left = Math.max(0, state.cooldown - 1);
    const waited = state.cooldown > 0 ? 0 : state.wait;
    const { best } = state;
    if (!Number.isNaN(value) && (best === null || isBetter(value, best, { mode, minDelta }))) {
      state = { best: value, wait: 0, cooldown: left };
      return false;
    }
    const wait = left > 0 ? waited : waited + 1;
    state = { best, wait, cooldown: left };
    return left === 0 && wait >= patience;
  };

  return {
    get state() {
      return state;
    },
    onTrainBegin(context) {
      requireMonitored('reduceLROnPlateau', monitor, context);
      rate = rateOf('reduceLROnPlateau', context.optimizer);
      state = initial;
    },
    onEpochEnd(_epoch, logs) {
      const value = recordValue(logs, monitor);
      if (value === undefined || !take(value)) return;
      const lr = rate!.read();
      if (!(lr > minLr)) return;
      rate!.write(Math.max(lr * factor, minLr));
      state = { ...state, wait: 0, cooldown };
    },
    stateDict: () => ({ ...state }),
    loadStateDict(saved) {
      const was = savedState('reduceLROnPlateau', saved, ['best', 'wait', 'cooldown']);
      state = was as typeof was & PlateauState;
    },
  };
}
