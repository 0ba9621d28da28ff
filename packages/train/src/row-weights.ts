import type { Tensor } from '@tikhonov/core';
import type { RowWeights } from './model.ts';

/**
 * What a loss or metric makes of rows. Weights are given to it if there are any, as a third argument; one
 * that does not look at them would give a mean in which all rows count the same.
 *
 * @param name  of the function, for the message: `fit: loss`
 * @throws TypeError if there are weights and the function does not look at them
 */
export function measuredRows<T>(
  name: string,
  measure: (output: Tensor, y: Tensor, options?: RowWeights) => T,
  output: Tensor,
  y: Tensor,
  sampleWeight: Tensor | undefined,
): T {
  if (sampleWeight === undefined) return measure(output, y);
  let isSeen = false;
  const value = measure(output, y, {
    get sampleWeight() {
      isSeen = true;
      return sampleWeight;
    },
  });
  if (isSeen) return value;
  throw new TypeError(
    `${name} ignores the weights of the rows, which come from sampleWeight or a padded batch.\n` +
      '  Take them as (output, y, { sampleWeight }) => ..., and return the mean sum(w l) / sum(w).',
  );
}
