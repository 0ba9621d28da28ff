import type { Callback } from '../callback.ts';
import { kindOf, requireFunction } from '../kinds.ts';
import { type Rate, rateOf } from './learning-rate.ts';

/**
 * Sets the learning rate at the beginning of every epoch. It writes the cell `optimizer.lr`, which compiled
 * steps read. For rates that change from step to step, give the optimizer a schedule instead.
 *
 * @param schedule  from the epoch, counted from 1 (Keras counts from 0), and the present rate to the next
 * one, finite and >= 0; may be async
 * @throws TypeError unless it is a function; at the beginning of the training, if the optimizer has no
 * learning rate, or a schedule for it; during it TypeError or RangeError for what is no rate
 * @example
 * ```ts
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * const optimizer = optim.sgd(model, { lr: 0.1 });
 * await train.fit(model, {
 *   train: { x: tensor([[1], [2]]), y: tensor([[2], [4]]) },
 *   epochs: 3,
 *   optimizer,
 *   loss: nn.mse,
 *   callbacks: [train.learningRateScheduler((epoch, lr) => (epoch === 1 ? lr : lr / 2))],
 * });
 * optimizer.lr.read().item(); // => 0.025
 * ```
 */
export function learningRateScheduler(
  schedule: (epoch: number, lr: number) => number | Promise<number>,
): Callback {
  requireFunction(
    'learningRateScheduler: the schedule',
    schedule,
    'For example (epoch, lr) => lr * 0.9.',
  );
  let rate: Rate | undefined;
  return {
    onTrainBegin({ optimizer }) {
      rate = rateOf('learningRateScheduler', optimizer);
    },
    async onEpochBegin(epoch) {
      const lr = await schedule(epoch, rate!.read());
      if (typeof lr !== 'number') {
        throw new TypeError(
          `learningRateScheduler: the schedule must return a number, it returned ${kindOf(lr)} in epoch ${epoch}.\n  Return the present rate to leave it as it is.`,
        );
      }
      if (!(lr >= 0 && Number.isFinite(lr))) {
        throw new RangeError(
          `learningRateScheduler: the rate must be finite and >= 0, got ${lr} in epoch ${epoch}.`,
        );
      }
      rate!.write(lr);
    },
  };
}
