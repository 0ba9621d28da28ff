import { showValue } from '@tikhonov/core/engine';
import type { TrainContext } from '../callback.ts';

/** Whether low or high values are good; `auto` tells by the name. */
export type MonitorMode = 'auto' | 'min' | 'max';

/** Words in names of values of which low ones are good. */
const low = /^(loss|penalty|error|negative|nll|ece|mse|mae|rmse|brier|perplexity)$/;

/** The same for high ones. */
const high = /^(acc|accuracy|auc|precision|recall|f1|r2|top\d*|iou|dice|kappa|mcc|likelihood)$/;

/**
 * The mode of a monitored value. `auto` is `min` for losses and errors, `max` for accuracies and their
 * like, as in Keras.
 *
 * @throws TypeError for anything else, and for `auto` with a name that says neither
 */
export function modeOf(where: string, monitor: string, mode: MonitorMode = 'auto'): 'min' | 'max' {
  if (typeof monitor !== 'string') {
    throw new TypeError(
      `${where}: monitor must be the name of a value, got ${showValue(monitor)}.\n  For example 'validation.loss'.`,
    );
  }
  if (mode === 'min' || mode === 'max') return mode;
  if (mode !== 'auto') {
    throw new TypeError(`${where}: mode must be 'auto', 'min' or 'max', got ${showValue(mode)}.`);
  }
  const name = monitor.slice(monitor.lastIndexOf('.') + 1);
  const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+/).map((w) => w.toLowerCase());
  if (words.some((word) => low.test(word)) || name === 'dataLoss') return 'min';
  if (words.some((word) => high.test(word))) return 'max';
  throw new TypeError(
    `${where}: '${monitor}' does not say whether low or high values are good.\n  Give mode: 'min' or 'max'.`,
  );
}

/** Whether a value is better than another one by more than `minDelta`; NaN never is. */
export const isBetter = (
  value: number,
  than: number,
  { mode, minDelta }: { readonly mode: 'min' | 'max'; readonly minDelta: number },
): boolean => (mode === 'max' ? value > than + minDelta : value < than - minDelta);

/** @throws Error if the training has no value of that name */
export function requireMonitored(where: string, monitor: string, context: TrainContext): void {
  if (context.monitored.includes(monitor)) return;
  const hint = monitor.startsWith('validation.')
    ? 'Pass `validation` to fit, or monitor one of these.'
    : 'Monitor one of these, or pass the set in `evaluateOn` and the metric in `metrics`.';
  throw new Error(
    `${where}: nothing is called '${monitor}'; there is ${context.monitored.join(', ')}.\n  ${hint}`,
  );
}
