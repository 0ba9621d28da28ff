import { div, mul, stopGradient, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { meanOverSamples } from '../objective/per-sample.ts';
import { inDType, requireStrength, type Strength } from '../strength.ts';
import { samePair } from './consistency.ts';
import { klOfLogits } from './kl-of-logits.ts';

/** Options of `distillationLoss`. */
export interface DistillationLossOptions {
  /**
   * `T` > 0, which the logits of both are divided by: the higher, the more the likeness of false classes
   * counts. @defaultValue 1; the paper takes 2.5 to 20
   */
  readonly temperature?: Strength;
  /** One weight >= 0 per row, `[n]`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<DistillationLossOptions> = { temperature: true, sampleWeight: true };

/**
 * Knowledge distillation, `T^2 * mean over samples of KL(softmax(teacher / T) || softmax(student / T))`: a
 * network learns from the predictions of another, which is a constant. The factor keeps the size of the gradient
 * when the temperature changes. It is used alone, or as `a * distillationLoss + (1 - a) * crossEntropy`.
 * `distillationTerm` and `selfDistillationTerm` do that in `train.fit`.
 *
 * @param student  logits `[n, classes]`
 * @param teacher  logits `[n, classes]`
 * @returns scalar `[]`, >= 0
 * @throws RangeError unless the temperature is finite and > 0; ShapeError for shapes that differ
 * @see Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network" (2015)
 * @example
 * ```ts
 * const teacher = tensor([[2, 0, -1]]);
 * reg.distillationLoss(teacher, teacher, { temperature: 4 }).item(); // => 0
 * reg.distillationLoss(zeros([1, 3]), teacher, { temperature: 4 }).item() > 0; // => true
 * ```
 */
export function distillationLoss(
  student: TensorLike,
  teacher: TensorLike,
  options: DistillationLossOptions = {},
): Tensor {
  const name = 'distillationLoss';
  requireOptions(name, options, known);
  const temperature = requireStrength(`${name}: temperature`, options.temperature ?? 1, 'positive');
  const [z, t] = samePair(name, student, teacher);
  const heat = inDType(temperature, z.dtype);
  const each = klOfLogits(div(stopGradient(t), heat), div(z, heat));
  return mul(mul(meanOverSamples(each, options.sampleWeight), heat), heat);
}
