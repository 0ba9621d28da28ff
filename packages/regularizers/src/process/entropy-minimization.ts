import type { Tensor, TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import type { Strength } from '../strength.ts';
import { meanEntropy } from './entropy.ts';
import { withOutputPenalty } from './output-penalty.ts';

/** Options of `entropyMinimization`. */
export interface EntropyMinimizationOptions {
  /** Strength, >= 0; loss per nat of entropy. */
  readonly lambda: Strength;
  /** One weight >= 0 per row, `[n]`. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<EntropyMinimizationOptions> = { lambda: true, sampleWeight: true };

/**
 * Entropy minimization, `lambda * mean over samples of H(p)`: predictions shall be certain, so that the border
 * between classes avoids regions with data. It needs no labels and is meant for rows that have none; on
 * labelled rows it does the opposite of the confidence penalty.
 *
 * @param logits  `[n, classes]`, usually of unlabelled rows
 * @returns scalar `[]` in `[0, lambda log(classes)]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError if `lambda` is negative or not finite; ShapeError or DTypeError unless the logits are
 *   floating `[n, classes]`
 * @see Grandvalet & Bengio, "Semi-supervised Learning by Entropy Minimization" (2004)
 * @example
 * ```ts
 * reg.entropyMinimization(tensor([[0, 0]]), { lambda: 0.5 }).item(); // => 0.5 * Math.LN2
 * ```
 */
export function entropyMinimization(
  logits: TensorLike,
  options: EntropyMinimizationOptions,
): Tensor {
  requireOptions('entropyMinimization', options, known);
  const { lambda: strength, sampleWeight } = options;
  return meanEntropy('entropyMinimization', 'lambda', logits, { strength, sampleWeight });
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per nat of entropy',
    default: 0.1,
    source: 'ours, so that the labels still decide',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of entropy minimization. */
export const entropyMinimizationMethod: Method = {
  id: 'entropy-minimization',
  section: 'relative',
  title: 'Entropy minimization',
  family: 'process',
  statement: String.raw`\min_w L(w) + \frac{\lambda}{N} \sum_n H(p_n), \quad H(p) = -\sum_k p_k \log p_k`,
  reference: {
    authors: 'Y. Grandvalet, Y. Bengio',
    title: 'Semi-supervised Learning by Entropy Minimization',
    venue: 'NeurIPS',
    year: 2004,
  },
  arguments: settings,
  notes: [
    'Meant for rows without labels. The comparison applies it to the labelled ones, where it sharpens predictions that are too sharp already: it shows what the confidence penalty prevents.',
    'Where all predictions are equally certain it has no preference between classes: alone it is minimized by a constant.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('entropy-minimization', settings, values);
    return withOutputPenalty(plan, (output, weights) =>
      entropyMinimization(output, { lambda, ...weights }),
    );
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.1, 0.7]);
    return {
      f: (logits) => entropyMinimization(logits!, { lambda }),
      args: [draw.tensor([draw.integer(1, 4), draw.integer(1, 4)])],
    };
  },
};
