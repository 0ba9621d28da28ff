import {
  expandDims,
  greaterEqual,
  logSoftmax,
  mul,
  neg,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, check, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type Strength, unitStrength } from '../strength.ts';
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
import { mixUniform, smoothIndices } from './smooth-labels.ts';
import { reduceSamples, weighted, weightOf } from './weights.ts';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /**
   * `eps` in [0, 1): the target becomes `(1 - eps) q + eps / K`. A number, or a 0-d tensor or cell.
   * @defaultValue 0
   */
  readonly labelSmoothing?: Strength;
}

const known: OptionNames<CrossEntropyOptions> = { ...classLossNames, labelSmoothing: true };

/**
 * Cross-entropy of a softmax, `-sum_k w_k q_k log softmax(z)_k` per sample, from logits and without
 * overflow. A class whose target probability is 0 contributes exactly 0, even at a logit of -Infinity;
 * -Infinity on a class with `q > 0` gives Infinity. The logits of an ignored sample are not looked at.
 *
 * @param logits  `[...s, K]`, usually `[n, K]`; the classes are on another axis if `axis` says so
 * @param labels  integers `[...s]` in `[0, K)`, or probabilities shaped as the logits, which get a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws RangeError for a label outside `[0, K)` or not an integer, a negative probability or weight, a
 * smoothing outside [0, 1), or weights of the batch's samples that sum to 0; ShapeError if sizes do not
 * fit; TypeError for `ignoreIndex` with probabilities
 * @see Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer
 * vision", CVPR 2016, arXiv 1512.00567 (label smoothing)
 * @example
 * ```ts
 * const labels = tensor([0], { dtype: 'int32' });
 * nn.crossEntropy(tensor([[0, 0]]), labels).item(); // => Math.LN2
 * ```
 */
export function crossEntropy(
  logits: TensorLike,
  labels: TensorLike,
  options: CrossEntropyOptions = {},
): Tensor {
  const name = 'crossEntropy';
  requireOptions(name, options, known);
  const { reduction = 'mean', axis = -1, ignoreIndex } = options;
  checkReduction(name, reduction);
  const given = asTensor(logits, 'crossEntropy');
  const target = asTensor(labels, 'crossEntropy');
  const smoothing = unitStrength(name, 'labelSmoothing', options.labelSmoothing ?? 0, {
    closed: false,
  });
  const z = classesLast(name, given, axis);
  const batch = z.shape.slice(0, -1);
  const soft = requireFit(name, given, target, axis, batch, {
    scores: 'logits',
    soft: true,
  });
  const weight = optionalWeights(name, 'weight', options.weight, z.shape.slice(-1), z);
  const sampleWeight = optionalWeights(name, 'sampleWeight', options.sampleWeight, batch, z);
  if (soft) {
    if (ignoreIndex !== undefined) {
      throw new TypeError(
        `${name}: ignoreIndex needs integer labels, got probabilities.\n  Use sampleWeight 0 instead.`,
      );
    }
    const q = softTargets(name, classesLast(name, target, axis), smoothing);
    const shares = { ignored: null, classWeight: null, sampleWeight };
    return reduceSamples(name, softLosses(logSoftmax(z), q, weight), reduction, shares);
  }
  const { indices, ignored } = classTargets(name, target, z.shape.at(-1)!, ignoreIndex);
  const logp = logSoftmax(ignored === null ? z : where(expandDims(ignored, -1), 0, z));
  const losses =
    smoothing === 0
      ? hardLosses(logp, indices, weight)
      : softLosses(logp, smoothedRows(name, z, indices, smoothing), weight);
  const classWeight = weight === null ? null : weightOf(weight, indices);
  return reduceSamples(name, losses, reduction, { ignored, classWeight, sampleWeight });
}

/** Target probabilities, checked and smoothed. */
function softTargets(name: string, target: Tensor, smoothing: number | Tensor): Tensor {
  check(
    greaterEqual(target, 0),
    () =>
      new RangeError(
        `${name}: target probabilities must be >= 0, got ${String(target)}.\n  Pass probabilities, not logits.`,
      ),
  );
  return smoothing === 0 ? target : mixUniform(name, target, smoothing);
}

const smoothedRows = (
  name: string,
  z: Tensor,
  indices: Tensor,
  smoothing: number | Tensor,
): Tensor => smoothIndices(name, indices, z.shape.at(-1)!, smoothing, 'uniform', z.dtype);

/** `-sum_k w_k q_k log p_k`. */
function softLosses(logp: Tensor, q: Tensor, weight: Tensor | null): Tensor {
  return neg(sum(weighted(weight === null ? q : mul(q, weight), logp), { axis: -1 }));
}
