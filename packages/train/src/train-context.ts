import type { TrainContext } from './callback.ts';
import type { FitPlan } from './fit-options.ts';
import type { Model } from './model.ts';

/** What callbacks are told before the first epoch. */
export function contextOf(model: Model, plan: FitPlan): TrainContext {
  const { optimizer, epochs, evaluateEvery, sets, metrics, source } = plan;
  const names = ['loss', ...Object.keys(metrics)];
  return {
    model,
    optimizer,
    epochs,
    batchSize: source.batchSize,
    stepsPerEpoch: source.length,
    ...(source.dataset === undefined ? {} : { dataset: source.dataset }),
    evaluateEvery,
    monitored: [
      ...['dataLoss', 'penalty', 'loss'],
      ...Object.keys(sets).flatMap((set) => names.map((name) => `${set}.${name}`)),
    ],
  };
}
