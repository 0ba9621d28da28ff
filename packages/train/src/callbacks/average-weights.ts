import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { ParameterAverage } from '@tikhonov/optim';
import type { Callback } from '../callback.ts';
import { requireFunction } from '../kinds.ts';
import type { PlainData } from '../persistence/plain-data.ts';
import { requireCounts } from './numbers.ts';

/** Options of `averageWeights`. */
export interface AverageWeightsOptions {
  /**
   * Whether it takes the weights in after every step, as for `ema`, or epoch, as for `swa`; or never, if the
   * optimizer does, which is faster in compiled steps: `optim.averaging`. @defaultValue 'step'
   */
  readonly every?: 'step' | 'epoch' | 'never';
  /** Number of first epochs whose weights are not taken in. @defaultValue 0 */
  readonly startFromEpoch?: number;
  /**
   * The same as a share of the training's epochs, in [0, 1), rounded down; not beside `startFromEpoch`.
   * @defaultValue 0
   */
  readonly startFromShare?: number;
  /**
   * Whether the model gets the averages at the end of the training, whatever ended it. Without, they are
   * reached by `average.use` and `average.copyTo`. @defaultValue true
   */
  readonly copyAtEnd?: boolean;
}

const known: OptionNames<AverageWeightsOptions> = {
  every: true,
  startFromEpoch: true,
  startFromShare: true,
  copyAtEnd: 'boolean',
};

/**
 * Averages the weights of a training: gives them to the average after every step or epoch, and puts the
 * averages into the model in the end. Epochs are evaluated with the weights that are trained, and so are
 * the records of the history. Running statistics of batch norms are those of the trained weights: compute
 * them anew. Of callbacks that change the weights at the end, such as `earlyStopping`, the last one wins.
 *
 * @param average  made by `optim.ema` or `optim.swa` for the model's parameters
 * @throws TypeError or RangeError for bad arguments
 * @see Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018,
 * arXiv 1803.05407
 * @example
 * ```ts
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * const average = optim.swa(model);
 * await train.fit(model, {
 *   train: { x: tensor([[1], [2]]), y: tensor([[2], [4]]) },
 *   epochs: 4,
 *   optimizer: optim.sgd(model, { lr: 0.1 }),
 *   loss: nn.mse,
 *   callbacks: [train.averageWeights(average, { every: 'epoch', startFromEpoch: 2 })],
 * });
 * model.weight.read().item() === average.values().weight?.item(); // => true
 * ```
 */
export function averageWeights(
  average: ParameterAverage,
  options: AverageWeightsOptions = {},
): Callback {
  requireFunction(
    'averageWeights: average.update',
    (average as ParameterAverage | undefined)?.update,
    'Pass an average, such as optim.ema(model).',
  );
  requireOptions('averageWeights', options, known);
  const { every = 'step', startFromEpoch = 0, startFromShare, copyAtEnd = true } = options;
  if (every !== 'step' && every !== 'epoch' && every !== 'never') {
    throw new TypeError(
      `averageWeights: every must be 'step', 'epoch' or 'never', got ${String(every)}.`,
    );
  }
  requireCounts('averageWeights', 0, { startFromEpoch });
  if (startFromShare !== undefined) {
    requireShare(startFromShare);
    if (options.startFromEpoch !== undefined) {
      throw new TypeError(
        'averageWeights: got both startFromEpoch and startFromShare.\n  Give one.',
      );
    }
  }
  let left = startFromEpoch;
  const take = (epoch: number): void => {
    if (epoch > left) average.update();
  };
  const callback: Callback = {
    onTrainBegin({ epochs }) {
      if (startFromShare !== undefined) left = Math.floor(startFromShare * epochs);
    },
    onTrainEnd() {
      if (copyAtEnd) average.copyTo();
    },
    stateDict: () => average.stateDict(),
    loadStateDict(state: PlainData) {
      average.loadStateDict(state as ReturnType<ParameterAverage['stateDict']>);
    },
  };
  if (every === 'step') callback.onBatchEnd = (_step, { epoch }) => take(epoch);
  if (every === 'epoch') callback.onEpochEnd = (epoch) => take(epoch);
  return callback;
}

function requireShare(share: number): void {
  if (typeof share === 'number' && share >= 0 && share < 1) return;
  throw new RangeError(
    `averageWeights: startFromShare must be in [0, 1), got ${String(share)}.\n  0.75 leaves the last quarter of the epochs.`,
  );
}
