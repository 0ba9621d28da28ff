import type { Tensor, TensorLike } from '@tikhonov/core';
import { asTensor, requireOptions } from '@tikhonov/core/engine';
import { classesLast } from './class-axis.ts';
import {
  type ClassLossOptions,
  classLossNames,
  hardLosses,
  optionalWeights,
  requireFit,
} from './class-losses.ts';
import { classTargets } from './labels.ts';
import { checkReduction } from './reduction.ts';
import { reduceSamples, weightOf } from './weights.ts';

/**
 * Negative log-likelihood of class labels, `-w_y logp_y` per sample, from log-probabilities. A class with
 * weight 0 contributes exactly 0, even at -Infinity.
 *
 * @param logp  `[...s, K]`, usually `[n, K]`; the classes are on another axis if `axis` says so
 * @param labels  integers `[...s]` in `[0, K)`
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws RangeError for a label outside `[0, K)` or not an integer, a negative weight, or weights of the
 * batch's samples that sum to 0; ShapeError if sizes do not fit
 * @example
 * ```ts
 * const logp = logSoftmax(tensor([[0, 0], [0, 0]]));
 * nn.nllLoss(logp, tensor([1, -1], { dtype: 'int32' }), { ignoreIndex: -1 }).item(); // => Math.LN2
 * ```
 */
export function nllLoss(
  logp: TensorLike,
  labels: TensorLike,
  options: ClassLossOptions = {},
): Tensor {
  const name = 'nllLoss';
  requireOptions(name, options, classLossNames);
  const { reduction = 'mean', axis = -1, ignoreIndex } = options;
  checkReduction(name, reduction);
  const given = asTensor(logp, 'nllLoss');
  const target = asTensor(labels, 'nllLoss');
  const scores = classesLast(name, given, axis);
  const batch = scores.shape.slice(0, -1);
  requireFit(name, given, target, axis, batch, { scores: 'log-probabilities', soft: false });
  const weight = optionalWeights(name, 'weight', options.weight, scores.shape.slice(-1), scores);
  const sampleWeight = optionalWeights(name, 'sampleWeight', options.sampleWeight, batch, scores);
  const { indices, ignored } = classTargets(name, target, scores.shape.at(-1)!, ignoreIndex);
  const classWeight = weight === null ? null : weightOf(weight, indices);
  const losses = hardLosses(scores, indices, weight);
  return reduceSamples(name, losses, reduction, { ignored, classWeight, sampleWeight });
}
