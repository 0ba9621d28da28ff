import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { type Batches, batches } from '@tikhonov/data';
import { Module, updateBatchNorm } from '@tikhonov/nn';
import type { ParameterAverage } from '@tikhonov/optim';
import type { Callback, TrainContext } from '../callback.ts';
import { requireFunction } from '../kinds.ts';
import type { PlainData } from '../persistence/plain-data.ts';
import { bad, requireCounts } from './numbers.ts';
import { savedState } from './saved-state.ts';

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
   * Whether the model gets the averages at the end of the training, whatever ended it, provided that this
   * training took something in: an end before `startFromEpoch` leaves the weights. Without, they are reached by
   * `average.use` and `average.copyTo`. @defaultValue true
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
 * the records of the history. Running statistics of batch norms are computed anew for the averages
 * (`nn.updateBatchNorm`) where `train` is a data set; else they are those of the trained weights, and the
 * rows are up to you. Of callbacks that change the weights at the end, such as `earlyStopping`, the last one wins.
 * `history.weightsReplaced` then says that the model's weights are those of no epoch.
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
      `averageWeights: every must be 'step', 'epoch' or 'never', got ${showValue(every)}.`,
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
  let context: TrainContext | undefined;
  /** What the average had taken in before this training. */
  let before = 0;
  const take = (epoch: number): void => {
    if (epoch > left) average.update();
  };
  const callback: Callback = {
    onTrainBegin(given) {
      context = given;
      before = countOf(average);
      if (startFromShare !== undefined) left = Math.floor(startFromShare * given.epochs);
    },
    onTrainEnd(_history, control) {
      // What took nothing in holds the weights that the training began with, or those of another one.
      if (!copyAtEnd || context === undefined || countOf(average) <= before) return;
      average.copyTo();
      control.markReplaced();
      updateStatistics(context);
    },
    stateDict: () => ({ average: average.stateDict(), before }),
    loadStateDict(state: PlainData) {
      const was = savedState('averageWeights', state, ['average', 'before']);
      average.loadStateDict(was.average as ReturnType<ParameterAverage['stateDict']>);
      before = Number(was.before);
    },
  };
  if (every === 'step') callback.onBatchEnd = (_step, { epoch }) => take(epoch);
  if (every === 'epoch') callback.onEpochEnd = (epoch) => take(epoch);
  return callback;
}

/** How often an average has taken weights in. */
const countOf = (average: ParameterAverage): number => Number(average.stateDict().count!.item());

/** Running statistics are those of the weights they were computed with. */
function updateStatistics({ model, dataset, batchSize }: TrainContext): void {
  if (dataset === undefined || !(model instanceof Module)) return;
  const size = Math.min(batchSize ?? dataset.size, dataset.size);
  // A row alone has no variance.
  const dropLast = dataset.size % size === 1;
  if (size < 2) return;
  const rows = batches(dataset, { batchSize: size, dropLast });
  updateBatchNorm(model, inputsOf(rows));
}

function* inputsOf(rows: Batches): Generator<Tensor> {
  for (const { x } of rows) yield x;
}

function requireShare(share: number): void {
  if (typeof share === 'number' && share >= 0 && share < 1) return;
  throw bad(
    'averageWeights: startFromShare must be in [0, 1)',
    share,
    '0.75 leaves the last quarter of the epochs.',
  );
}
