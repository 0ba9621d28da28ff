import {
  add,
  argmax,
  isFloating,
  mul,
  oneHot,
  ShapeError,
  softmax,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import {
  asTensor,
  type OptionNames,
  requireOptions,
  showShape,
  showValue,
} from '@tikhonov/core/engine';
import { crossEntropy, smoothLabels } from '@tikhonov/nn';
import type { Loss } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireShare } from '../share.ts';
import { inDType, type Strength } from '../strength.ts';
import { requireLogits } from './entropy.ts';

/** Options of `bootstrapTargets`. */
export interface BootstrapTargetsOptions {
  /**
   * Share of the given label, in [0, 1]; the rest is the prediction's.
   * @defaultValue 0.95 for `'soft'`, 0.8 for `'hard'`, the paper's
   */
  readonly beta?: Strength;
  /**
   * What is mixed in: the predicted distribution, or its most probable class (the first of several).
   * @defaultValue 'soft'
   */
  readonly mode?: 'soft' | 'hard';
}

/** Options of `bootstrapLoss`. */
export interface BootstrapLossOptions extends BootstrapTargetsOptions {
  /** One weight >= 0 per row, `[n]`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<BootstrapTargetsOptions> = { beta: true, mode: true };

/**
 * Labels mixed with what the network predicts, `beta y + (1 - beta) p`: where a label contradicts the network,
 * it is believed less. The prediction is a constant: no gradient flows through the targets.
 *
 * @param logits  `[n, classes]`
 * @param labels  integers `[n]`, or rows of probabilities `[n, classes]`
 * @returns rows of probabilities `[n, classes]`, for `nn.crossEntropy`
 * @throws RangeError for a share outside [0, 1] or a label outside `[0, classes)`; ShapeError for sizes that do
 *   not fit; TypeError for another mode
 * @see Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, "Training Deep Neural Networks on Noisy Labels with
 *   Bootstrapping" (2015)
 * @example
 * ```ts
 * const logits = tensor([[0, 0]]);
 * const labels = tensor([1], { dtype: 'int32' });
 * reg.bootstrapTargets(logits, labels, { beta: 0.5 }).toArray(); // => [[0.25, 0.75]]
 * reg.bootstrapTargets(logits, labels, { beta: 0.5, mode: 'hard' }).toArray(); // => [[0.5, 0.5]]
 * ```
 */
export function bootstrapTargets(
  logits: TensorLike,
  labels: TensorLike,
  options: BootstrapTargetsOptions = {},
): Tensor {
  const name = 'bootstrapTargets';
  requireOptions(name, options, known);
  const { mode = 'soft' } = options;
  if (mode !== 'soft' && mode !== 'hard') {
    throw new TypeError(`${name}: mode must be 'soft' or 'hard', got ${showValue(mode)}.`);
  }
  const defaults = { soft: 0.95, hard: 0.8 } as const;
  const share = requireShare(`${name}: beta`, options.beta ?? defaults[mode]);
  const z = stopGradient(requireLogits(name, logits));
  const own = labelRows(name, asTensor(labels, name), z);
  const beta = inDType(share, z.dtype);
  const predicted =
    mode === 'soft' ? softmax(z) : oneHot(argmax(z, { axis: 1 }), z.shape[1]!, { dtype: z.dtype });
  const rest = typeof beta === 'number' ? 1 - beta : sub(1, beta);
  return add(mul(own, beta), mul(predicted, rest));
}

/** Labels as rows of probabilities like the logits. */
function labelRows(name: string, labels: Tensor, logits: Tensor): Tensor {
  const [n, classes] = logits.shape as [number, number];
  const isRows = isFloating(labels.dtype) && labels.rank === 2;
  if (showShape(labels.shape) !== showShape(isRows ? [n, classes] : [n])) {
    throw new ShapeError(
      `${name}: labels ${showShape(labels.shape)} do not fit logits ${showShape(logits.shape)}.\n  Give integers [${n}], or rows of probabilities [${n}, ${classes}].`,
    );
  }
  return isRows ? labels : smoothLabels(labels, { smoothing: 0, classes, dtype: logits.dtype });
}

/**
 * Bootstrapping: the cross entropy with labels that are mixed with the prediction, see `bootstrapTargets`. In the
 * form `'soft'` it is `beta CE + (1 - beta) H(p)` in value, but the entropy's targets are constants.
 *
 * @param logits  `[n, classes]`
 * @param labels  integers `[n]`, or rows of probabilities `[n, classes]`
 * @returns scalar `[]`, the mean over samples
 * @throws as `bootstrapTargets`
 * @see Reed, Lee, Anguelov, Szegedy, Erhan & Rabinovich, "Training Deep Neural Networks on Noisy Labels with
 *   Bootstrapping" (2015)
 * @example
 * ```ts
 * const labels = tensor([1], { dtype: 'int32' });
 * reg.bootstrapLoss(tensor([[0, 0]]), labels).item(); // => Math.LN2
 * ```
 */
export function bootstrapLoss(
  logits: TensorLike,
  labels: TensorLike,
  { sampleWeight, ...options }: BootstrapLossOptions = {},
): Tensor {
  const weights = sampleWeight === undefined ? {} : { sampleWeight };
  return crossEntropy(logits, bootstrapTargets(logits, labels, options), weights);
}

const settings = [
  {
    name: 'beta',
    description: 'share of the given label; the rest is what the network predicts',
    default: 0.8,
    source: "the paper's for the hard form, which the recipe uses; 0.95 for the soft one",
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of bootstrapping. */
export const bootstrappingMethod: Method = {
  id: 'bootstrapping',
  section: 'relative',
  title: 'Bootstrapping against wrong labels',
  family: 'process',
  statement: String.raw`\min_w -\frac{1}{N} \sum_n \sum_k q_{nk} \log p_{nk}, \quad q_{nk} = \beta [k = y_n] + (1 - \beta) p_{nk} \text{ held constant}`,
  reference: {
    authors: 'S. Reed, H. Lee, D. Anguelov, C. Szegedy, D. Erhan, A. Rabinovich',
    title: 'Training Deep Neural Networks on Noisy Labels with Bootstrapping',
    venue: 'ICLR workshop',
    year: 2015,
    arxiv: '1412.6596',
  },
  arguments: settings,
  notes: [
    'The predictions in the targets are constants. The gradient in the logits is therefore beta (p - y) / N for the soft form: it only scales that of the cross entropy, as long as nothing else depends on the scale.',
    'The hard form takes the most probable class in place of the distribution, and really pulls away from labels that contradict it.',
    'The recipe uses the hard form: under Adam, which is invariant to the scale of gradients, the soft one does next to nothing.',
    'It wraps the data loss, and can be combined with label smoothing and mixup, whose targets are rows as well.',
  ],
  recipe: (plan, values) => {
    const { beta } = resolveArguments('bootstrapping', settings, values);
    const bootstrapped =
      (loss: Loss): Loss =>
      (output, y, options) =>
        loss(output, bootstrapTargets(output, y, { beta, mode: 'hard' }), options);
    return { ...plan, losses: [...plan.losses, bootstrapped] };
  },
};
