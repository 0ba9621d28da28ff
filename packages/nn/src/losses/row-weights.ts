import {
  abs,
  equal,
  expandDims,
  logicalAnd,
  mean,
  mul,
  reshape,
  type Tensor,
  where,
} from '@tikhonov/core';
import type { OptionNames } from '@tikhonov/core/engine';
import { checkReduction, type Reduction, reduce } from './reduction.ts';
import { checkedWeights, reduceSamples, type Weights } from './weights.ts';

/** What every loss of rows of elements takes. */
export interface RowLossOptions {
  /**
   * One weight >= 0 per row, `[n]`. The mean is then `sum(w l) / sum(w)` with `l` the mean of a row's
   * losses; the other reductions multiply a row's losses by its weight. A row of weight 0 contributes
   * exactly 0, even if its loss is infinite. @defaultValue all 1
   */
  readonly sampleWeight?: Weights;
  /** Over all elements. @defaultValue 'mean' */
  readonly reduction?: Reduction;
}

/** Their names. */
export const rowLossNames: OptionNames<RowLossOptions> = { sampleWeight: true, reduction: true };

/**
 * The elements' losses reduced, with the weights of their rows.
 *
 * @param losses  of the inputs, elementwise
 * @param inputs  of the shape of the losses, or broadcasting to it; all 1, they have a finite loss
 */
export function reduceRows(
  name: string,
  inputs: readonly Tensor[],
  losses: (...inputs: Tensor[]) => Tensor,
  { sampleWeight, reduction = 'mean' }: RowLossOptions,
): Tensor {
  checkReduction(name, reduction);
  const plain = losses(...inputs);
  if (sampleWeight === undefined || (plain.size === 0 && reduction === 'mean')) {
    return reduce(name, plain, reduction);
  }
  const rows = plain.shape.slice(0, 1);
  const weight = checkedWeights(name, 'sampleWeight', sampleWeight, rows, plain);
  const factor = plain.shape.slice(1).reduce<Tensor>((w) => expandDims(w, -1), weight);
  // The infinity goes from the inputs, not from the losses: 0 times an infinite slope would be NaN.
  const impossible = logicalAnd(equal(factor, 0), equal(abs(plain), Infinity));
  const counted = losses(...inputs.map((x) => where(impossible, 1, x)));
  if (reduction !== 'mean') return reduce(name, mul(factor, counted), reduction);
  const shares = { ignored: null, classWeight: null, sampleWeight: weight };
  const own = counted.rank < 2 ? counted : mean(reshape(counted, [rows[0]!, -1]), { axis: 1 });
  return reduceSamples(name, own, reduction, shares);
}
