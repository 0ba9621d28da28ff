import { add, neg, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import type { Strength } from '../strength.ts';
import { meanEntropy } from './entropy.ts';
import { withOutputPenalty } from './output-penalty.ts';

/** Options of `confidencePenalty`. */
export interface ConfidencePenaltyOptions {
  /** Strength, >= 0; loss per nat of entropy. */
  readonly beta: Strength;
  /** One weight >= 0 per row, `[n]`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<ConfidencePenaltyOptions> = { beta: true, sampleWeight: true };

/**
 * Confidence penalty, `-beta * mean over samples of H(p)` with the entropy `H` of the predicted distribution:
 * it is added to the cross entropy, and rewards uncertain predictions. Up to a constant it is `beta KL(p ||
 * uniform)`, where label smoothing has `KL(uniform || p)`.
 *
 * @param logits  `[n, classes]`
 * @returns scalar `[]` in `[-beta log(classes), 0]`; exactly 0 with zero gradient if `beta` is 0
 * @throws RangeError if `beta` is negative or not finite; ShapeError or DTypeError unless the logits are
 *   floating `[n, classes]`
 * @see Pereyra, Tucker, Chorowski, Kaiser & Hinton, "Regularizing Neural Networks by Penalizing Confident
 *   Output Distributions" (2017)
 * @example
 * ```ts
 * reg.confidencePenalty(tensor([[0, 0]]), { beta: 0.5 }).item(); // => -0.5 * Math.LN2
 * ```
 */
export function confidencePenalty(logits: TensorLike, options: ConfidencePenaltyOptions): Tensor {
  requireOptions('confidencePenalty', options, known);
  const { beta: strength, sampleWeight } = options;
  return neg(meanEntropy('confidencePenalty', 'beta', logits, { strength, sampleWeight }));
}

const settings = [
  {
    name: 'beta',
    description: 'strength, loss per nat of entropy',
    default: 0.3,
    source: 'ours, for small networks and wrong labels',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the confidence penalty. */
export const confidencePenaltyMethod: Method = {
  id: 'confidence-penalty',
  section: 'relative',
  title: 'Confidence penalty',
  family: 'process',
  statement: String.raw`\min_w L(w) - \frac{\beta}{N} \sum_n H(p_n), \quad H(p) = -\sum_k p_k \log p_k`,
  reference: {
    authors: 'G. Pereyra, G. Tucker, J. Chorowski, L. Kaiser, G. Hinton',
    title: 'Regularizing Neural Networks by Penalizing Confident Output Distributions',
    venue: 'ICLR workshop',
    year: 2017,
    arxiv: '1701.06548',
  },
  arguments: settings,
  notes: [
    'Label smoothing with the divergence turned round: KL(p || uniform) = log K - H(p) in place of KL(uniform || p).',
    'The value is negative: the objective may fall below 0.',
  ],
  recipe: (plan, values) => {
    const { beta } = resolveArguments('confidence-penalty', settings, values);
    return withOutputPenalty(plan, (output, weights) =>
      confidencePenalty(output, { beta, ...weights }),
    );
  },
  gradientCases: (draw) => {
    const [n, classes] = [draw.integer(1, 4), draw.integer(2, 4)];
    const labels = draw.integers([n], 0, classes - 1);
    const beta = draw.pick([0, 0.1, 0.7]);
    return {
      f: (logits) => add(crossEntropy(logits!, labels), confidencePenalty(logits!, { beta })),
      args: [draw.tensor([n, classes])],
    };
  },
};
