import { less, maximum, sub, where } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { Schedule } from '../optimizer.ts';
import { exact, requireMilestones, requireSchedule } from './arguments.ts';

/** Options of `sequence`. */
export interface SequenceOptions {
  /** The steps at which the second, third, ... schedule begins; > 0, rising. */
  readonly milestones: readonly number[];
}

/**
 * Schedules one after the other, each counting from its own beginning; PyTorch's `SequentialLR`.
 *
 * @param schedules  one more than there are milestones
 * @throws RangeError for milestones that do not rise or do not fit the schedules; TypeError for what is no
 * schedule
 * @example
 * ```ts
 * const parts = [optim.constant(0.1), optim.exponential(1, { gamma: 0.5 })];
 * const rate = optim.sequence(parts, { milestones: [2] });
 * [0, 1, 2, 3].map((k) => rate(tensor(k, { dtype: 'int32' })).item()); // => [0.1, 0.1, 1, 0.5]
 * ```
 */
export function sequence(schedules: readonly Schedule[], options: SequenceOptions): Schedule {
  requireOptions('sequence', options, { milestones: true });
  const { milestones } = options;
  requireMilestones('sequence', milestones);
  if (!Array.isArray(schedules) || schedules.length !== milestones.length + 1) {
    throw new RangeError(
      `sequence: needs one schedule more than milestones, got ${String(schedules?.length)} and ${milestones.length}.`,
    );
  }
  for (const schedule of schedules) requireSchedule('sequence', schedule);
  const parts = schedules.map((schedule: Schedule, i) => ({
    schedule,
    start: i === 0 ? 0 : milestones[i - 1]!,
  }));
  return (count) => {
    // Also those whose time has not come are computed: at 0, which every schedule knows.
    const rates = parts.map(({ schedule, start }) =>
      exact(schedule(maximum(sub(count, start), 0))),
    );
    return rates.reduce((before, rate, i) => where(less(count, parts[i]!.start), before, rate));
  };
}
