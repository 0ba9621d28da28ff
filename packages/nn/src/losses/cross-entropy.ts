import {
  asTensor,
  astype,
  check,
  DTypeError,
  div,
  equal,
  expandDims,
  gather,
  greater,
  greaterEqual,
  indexSelect,
  isFloating,
  less,
  logicalAnd,
  logSoftmax,
  mul,
  neg,
  type OptionNames,
  requireOptions,
  reshape,
  ShapeError,
  showShape,
  squeeze,
  sum,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@tikhonov/core';
import { type Strength, unitStrength } from '../strength.ts';
import { classLabels } from './labels.ts';
import { checkReduction, type Reduction, reduce } from './reduction.ts';
import { mixUniform, smoothIndices } from './smooth-labels.ts';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /**
   * `eps` in [0, 1): the target becomes `(1 - eps) q + eps / K`. A number, or a 0-d tensor or cell.
   * @defaultValue 0
   */
  readonly labelSmoothing?: Strength;
  /** One weight >= 0 per class, `[K]`. @defaultValue all 1 */
  readonly weight?: Tensor | readonly number[];
  /**
   * Over the samples. With weights and integer labels the mean divides by the sum of the labels'
   * weights, as in PyTorch. @defaultValue 'mean'
   */
  readonly reduction?: Reduction;
}

const known: OptionNames<CrossEntropyOptions> = {
  labelSmoothing: true,
  weight: true,
  reduction: true,
};

/**
 * Cross-entropy of a softmax, `-sum_k w_k q_k log softmax(z)_k` per sample, from logits and without
 * overflow. A class whose target probability is 0 contributes exactly 0, even at a logit of -Infinity;
 * -Infinity on a class with `q > 0` gives Infinity.
 *
 * @param logits  `[...s, K]`, usually `[n, K]`
 * @param labels  integers `[...s]` in `[0, K)`, or probability rows `[...s, K]`, which get a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws RangeError for a label outside `[0, K)` or not an integer, a negative probability or weight, a
 * smoothing outside [0, 1), or weights of the batch's labels that sum to 0; ShapeError if sizes do not fit
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
  requireOptions('crossEntropy', options, known);
  const z = asTensor(logits);
  const target = asTensor(labels);
  const { reduction = 'mean' } = options;
  const smoothing = unitStrength('crossEntropy', 'labelSmoothing', options.labelSmoothing ?? 0, {
    closed: false,
  });
  checkReduction('crossEntropy', reduction);
  const hard = requireFit(z, target);
  const classes = z.shape.at(-1)!;
  const weight = options.weight === undefined ? null : classWeights(options.weight, z);
  const indices = hard ? classLabels('crossEntropy', target, classes) : null;
  const losses =
    indices !== null && smoothing === 0
      ? hardLosses(logSoftmax(z), indices, weight)
      : softLosses(logSoftmax(z), targetRows(z, target, indices, smoothing), weight);
  if (weight === null || indices === null || reduction !== 'mean') {
    return reduce('crossEntropy', losses, reduction);
  }
  const total = sum(weightOf(weight, indices));
  check(
    greater(total, 0),
    () =>
      new RangeError(
        'crossEntropy: the weights of the labels in this batch sum to 0, so it has no mean.\n' +
          "  Give a class of the batch a positive weight, or use reduction 'sum'.",
      ),
  );
  return div(sum(losses), total);
}

/** Whether the labels are class indices (else probability rows); throws if the shapes do not fit. */
function requireFit(z: Tensor, target: Tensor): boolean {
  if (z.rank === 0 || z.shape.at(-1) === 0) {
    throw new ShapeError(
      `crossEntropy: logits must have a last axis of classes, got ${showShape(z.shape)}.`,
    );
  }
  if (!isFloating(z.dtype)) {
    throw new DTypeError(`crossEntropy: logits must be floating, got ${z.dtype}.`);
  }
  const batch = showShape(z.shape.slice(0, -1));
  const got = showShape(target.shape);
  if (got === batch) return true;
  if (got === showShape(z.shape) && isFloating(target.dtype)) {
    if (target.dtype !== z.dtype) {
      throw new DTypeError(
        `crossEntropy: logits are ${z.dtype}, probabilities ${target.dtype}.\n  Cast with labels.astype('${z.dtype}').`,
      );
    }
    return false;
  }
  throw new ShapeError(
    `crossEntropy: labels ${target.dtype} ${got} do not fit logits ${showShape(z.shape)}.\n` +
      `  Give integer labels of shape ${batch}, or floating probability rows of shape ${showShape(z.shape)}.`,
  );
}

/** Target probabilities, smoothed. */
function targetRows(
  z: Tensor,
  target: Tensor,
  indices: Tensor | null,
  smoothing: Strength,
): Tensor {
  if (indices !== null) {
    const classes = z.shape.at(-1)!;
    return smoothIndices('crossEntropy', indices, classes, smoothing, 'uniform', z.dtype);
  }
  check(
    greaterEqual(target, 0),
    () =>
      new RangeError(
        `crossEntropy: target probabilities must be >= 0, got ${String(target)}.\n  Pass probabilities, not logits.`,
      ),
  );
  return smoothing === 0 ? target : mixUniform('crossEntropy', target, smoothing);
}

/** `-w_y log p_y`. */
function hardLosses(logp: Tensor, indices: Tensor, weight: Tensor | null): Tensor {
  const picked = squeeze(gather(logp, expandDims(indices, -1), { axis: -1 }), -1);
  return neg(weight === null ? picked : weighted(weightOf(weight, indices), picked));
}

/** `-sum_k w_k q_k log p_k`. */
function softLosses(logp: Tensor, q: Tensor, weight: Tensor | null): Tensor {
  return neg(sum(weighted(weight === null ? q : mul(q, weight), logp), { axis: -1 }));
}

/** `coefficient * logp`, with `0 * -Infinity = 0`. The infinity is replaced first: no order sees it. */
function weighted(coefficient: Tensor, logp: Tensor): Tensor {
  const impossible = logicalAnd(equal(coefficient, 0), equal(logp, -Infinity));
  return mul(coefficient, where(impossible, 0, logp));
}

const weightOf = (weight: Tensor, indices: Tensor): Tensor =>
  reshape(indexSelect(weight, reshape(indices, [indices.size])), indices.shape);

function classWeights(weight: Tensor | readonly number[], z: Tensor): Tensor {
  const given = Array.isArray(weight)
    ? tensor(weight, { dtype: z.dtype })
    : asTensor(weight as Tensor);
  const classes = z.shape.at(-1)!;
  if (given.rank !== 1 || given.size !== classes) {
    throw new ShapeError(
      `crossEntropy: weight must have shape [${classes}], one per class, got ${showShape(given.shape)}.`,
    );
  }
  const cast = astype(given, z.dtype);
  check(
    logicalAnd(greaterEqual(cast, 0), less(cast, Infinity)),
    () =>
      new RangeError(`crossEntropy: class weights must be finite and >= 0, got ${String(given)}.`),
  );
  return cast;
}
