import { parameter, type Tensor, tensor } from '@tikhonov/core';
import { Module } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import type { Callback, TrainContext } from '@tikhonov/train';
import type { Network } from '../method.ts';

/** One parameter, which is overwritten as training would. */
class Scalar extends Module {
  readonly w = parameter(tensor(0, { dtype: 'float64' }));
  forward(x: Tensor): Tensor {
    return x.mul(this.w.read());
  }
}

/** What is left of a training with a callback. */
export interface StoppedRun {
  readonly weight: Tensor;
  /** The epochs that it called the best so far. */
  readonly best: readonly number[];
  /** Whose weights it put back. */
  readonly restored: number | null;
}

/** Trains with a callback; the validation loss follows a curve, and each epoch has its weight. */
export function stoppedRun(
  made: Callback | ((model: Network) => Callback),
  curve: readonly number[],
  weights: readonly Tensor[],
): StoppedRun {
  const model = new Scalar();
  const callback = typeof made === 'function' ? made(model) : made;
  const seen = runCallback(callback, { model }, curve, (i) => model.w.write(weights[i]!));
  return { weight: model.w.read(), ...seen };
}

/** Calls a callback as a training does whose epochs are what `epoch` does. */
export function runCallback(
  callback: Callback,
  given: Pick<TrainContext, 'dataset'> & { readonly model: Network },
  curve: readonly number[],
  epoch: (i: number) => void,
): Omit<StoppedRun, 'weight'> {
  const best: number[] = [];
  let restored: number | null = null;
  const control = {
    stopReason: null as string | null,
    stop(reason: string) {
      this.stopReason ??= reason;
    },
    markBest(at: number) {
      best.push(at);
    },
    markRestored(at: number) {
      restored = at;
    },
    markReplaced() {},
  };
  callback.onTrainBegin?.({
    ...given,
    optimizer: sgd(given.model, { lr: 0 }),
    epochs: curve.length,
    batchSize: given.dataset?.size ?? 1,
    stepsPerEpoch: 1,
    evaluateEvery: 1,
    monitored: ['validation.loss'],
  });
  for (const [i, loss] of curve.entries()) {
    epoch(i);
    const record = { epoch: i + 1, steps: i + 1, dataLoss: 0, penalty: 0 };
    callback.onEpochEnd?.(i + 1, { ...record, evaluations: { validation: { loss } } }, control);
    if (control.stopReason !== null) break;
  }
  const history = {
    epochs: [],
    stopReason: control.stopReason ?? 'completed',
    bestEpoch: null,
    restoredEpoch: null,
    nonFinite: null,
  };
  callback.onTrainEnd?.(history, control);
  return { best, restored };
}

/** The weight that a callback leaves behind. */
export const stoppedWeight = (
  callback: Callback,
  curve: readonly number[],
  weights: readonly Tensor[],
): Tensor => stoppedRun(callback, curve, weights).weight;
