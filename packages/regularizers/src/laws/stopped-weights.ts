import { parameter, type Tensor, tensor } from '@tikhonov/core';
import { Module } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import type { Callback } from '@tikhonov/train';

/** One parameter, which is overwritten as training would. */
class Scalar extends Module {
  readonly w = parameter(tensor(0, { dtype: 'float64' }));
  forward(x: Tensor): Tensor {
    return x.mul(this.w.read());
  }
}

/** The weight that a callback leaves behind when the validation loss follows a curve, one weight per epoch. */
export function stoppedWeight(
  callback: Callback,
  curve: readonly number[],
  weights: readonly Tensor[],
): Tensor {
  const model = new Scalar();
  const control = {
    stopReason: null as string | null,
    stop(reason: string) {
      this.stopReason ??= reason;
    },
    markBest() {},
    markRestored() {},
    markReplaced() {},
  };
  callback.onTrainBegin?.({
    model,
    optimizer: sgd(model, { lr: 0 }),
    epochs: curve.length,
    batchSize: 1,
    stepsPerEpoch: 1,
    evaluateEvery: 1,
    monitored: ['validation.loss'],
  });
  for (const [i, loss] of curve.entries()) {
    model.w.write(weights[i]!);
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
  return model.w.read();
}
