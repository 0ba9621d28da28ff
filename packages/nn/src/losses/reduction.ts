import { mean, ShapeError, sum, type Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';

/** How the losses of the samples become one: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** A TypeError unless the reduction is one of the three. */
export function checkReduction(name: string, reduction: Reduction): void {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new TypeError(
      `${name}: reduction must be 'mean', 'sum' or 'none', got "${String(reduction)}".`,
    );
  }
}

/** The losses reduced; the mean of nothing is a ShapeError. */
export function reduce(name: string, losses: Tensor, reduction: Reduction): Tensor {
  checkReduction(name, reduction);
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return sum(losses);
  if (losses.size === 0) {
    throw new ShapeError(
      `${name}: the mean of no losses is not defined, shape ${showShape(losses.shape)}.\n  Use reduction 'sum'.`,
    );
  }
  return mean(losses);
}
