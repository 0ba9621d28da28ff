import type { Tensor } from '@tikhonov/core';
import type { TrainingPlan } from '../method.ts';

/** A plan with a penalty of what the network gives, with the weights of the rows where they have any. */
export const withOutputPenalty = (
  plan: TrainingPlan,
  penalty: (output: Tensor, weights: { readonly sampleWeight?: Tensor }) => Tensor,
): TrainingPlan => ({
  ...plan,
  penalties: [
    ...plan.penalties,
    () =>
      ({ output, batch: { sampleWeight } }) =>
        penalty(output, sampleWeight === undefined ? {} : { sampleWeight }),
  ],
});
