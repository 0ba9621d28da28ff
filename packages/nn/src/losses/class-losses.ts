import {
  DTypeError,
  expandDims,
  gather,
  isFloating,
  neg,
  type Shape,
  ShapeError,
  squeeze,
  type Tensor,
} from '@tikhonov/core';
import { type OptionNames, showShape } from '@tikhonov/core/engine';
import type { Reduction } from './reduction.ts';
import { checkedWeights, type Weights, weighted, weightOf } from './weights.ts';

/** Options of the losses over classes. */
export interface ClassLossOptions {
  /** One weight >= 0 per class, `[K]`. @defaultValue all 1 */
  readonly weight?: Weights;
  /** One weight >= 0 per sample, `[...s]`. @defaultValue all 1 */
  readonly sampleWeight?: Weights;
  /** Samples with this label count for nothing. PyTorch's default is -100. @defaultValue none */
  readonly ignoreIndex?: number;
  /** The axis of classes; PyTorch's is 1, for `[n, K, ...]`. @defaultValue -1 */
  readonly axis?: number;
  /**
   * Over the samples. With integer labels the mean divides by the sum of the labels' class weights, as in
   * PyTorch, times the samples' own. @defaultValue 'mean'
   */
  readonly reduction?: Reduction;
}

/** Their names. */
export const classLossNames: OptionNames<ClassLossOptions> = {
  weight: true,
  sampleWeight: true,
  ignoreIndex: true,
  axis: true,
  reduction: true,
};

/** The weights of an option, or `null` without it. */
export const optionalWeights = (
  name: string,
  what: string,
  weights: Weights | undefined,
  shape: Shape,
  like: Tensor,
): Tensor | null =>
  weights === undefined ? null : checkedWeights(name, what, weights, shape, like);

/** Whether the labels are probabilities (else class indices); throws if the shapes do not fit. */
export function requireFit(
  name: string,
  scores: Tensor,
  target: Tensor,
  axis: number,
  batch: Shape,
  what: { readonly scores: string; readonly soft: boolean },
): boolean {
  if (scores.rank === 0 || scores.shape.at(axis) === 0) {
    throw new ShapeError(
      `${name}: ${what.scores} must have an axis of classes, got ${showShape(scores.shape)}.`,
    );
  }
  if (!isFloating(scores.dtype)) {
    throw new DTypeError(`${name}: ${what.scores} must be floating, got ${scores.dtype}.`);
  }
  const got = showShape(target.shape);
  if (got === showShape(batch)) return false;
  if (what.soft && got === showShape(scores.shape) && isFloating(target.dtype)) {
    if (target.dtype !== scores.dtype) {
      throw new DTypeError(
        `${name}: ${what.scores} are ${scores.dtype}, probabilities ${target.dtype}.\n  Cast with labels.astype('${scores.dtype}').`,
      );
    }
    return true;
  }
  const [n, classes, ...rest] = scores.shape;
  const asTorch = axis === -1 && rest.length > 0 && got === showShape([n!, ...rest]);
  throw new ShapeError(
    `${name}: labels ${target.dtype} ${got} do not fit ${what.scores} ${showShape(scores.shape)}.\n` +
      (asTorch
        ? `  If the ${classes} classes are on axis 1, pass { axis: 1 }.`
        : `  Give integer labels of shape ${showShape(batch)}${what.soft ? `, or floating probability rows of shape ${showShape(scores.shape)}` : ''}.`),
  );
}

/** `-w_y log p_y`. */
export function hardLosses(logp: Tensor, indices: Tensor, weight: Tensor | null): Tensor {
  const picked = squeeze(gather(logp, expandDims(indices, -1), { axis: -1 }), -1);
  return neg(weight === null ? picked : weighted(weightOf(weight, indices), picked));
}
