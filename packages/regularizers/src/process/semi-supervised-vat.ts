import { add, concat, type Tensor } from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { smoothnessOf, type VatOptions } from './virtual-adversarial-training.ts';

/** Rows with labels, and rows without. */
export interface SemiSupervisedBatch {
  /** `[n, ...]` */
  readonly x: Tensor;
  /** What the loss takes, as labels `[n]`. */
  readonly y: Tensor;
  /** `[m, ...]` */
  readonly unlabelled: Tensor;
}

/** Options of `semiSupervisedVat`. */
export interface SemiSupervisedVatOptions extends Omit<VatOptions, 'sampleWeight' | 'target'> {
  /** Of the labelled rows, a scalar. @defaultValue `nn.crossEntropy` */
  readonly loss?: (output: Tensor, y: Tensor) => Tensor;
}

/**
 * The objective of semi-supervised learning: the loss of the labelled rows, plus `vat` over all rows together.
 * With running key and count in a step it is all that a training by hand needs; for `train.fit` see `vatTerm`.
 *
 * @returns the sum `loss` and its parts, scalars
 * @throws as `vat`; ShapeError if labelled and unlabelled rows differ in shape
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 3], { seed: 0 });
 * const [x, unlabelled] = [ones([2, 2]), random.normal(random.key(1), [16, 2])];
 * const y = tensor([0, 2], { dtype: 'int32' });
 * const options = { epsilon: 0.5, key: random.key(2) };
 * const parts = reg.semiSupervisedVat((rows) => model.forward(rows), { x, y, unlabelled }, options);
 * parts.loss.item(); // => parts.supervised.item() + parts.smoothness.item()
 * ```
 */
export function semiSupervisedVat(
  forward: (x: Tensor) => Tensor,
  { x, y, unlabelled }: SemiSupervisedBatch,
  options: SemiSupervisedVatOptions,
): { readonly loss: Tensor; readonly supervised: Tensor; readonly smoothness: Tensor } {
  const { loss = crossEntropy, ...settings } = options;
  const supervised = loss(forward(x), y);
  const smoothness = smoothnessOf('semiSupervisedVat', forward, concat([x, unlabelled]), settings);
  return { loss: add(supervised, smoothness), supervised, smoothness };
}
