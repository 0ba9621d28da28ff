import { clamp, mul, neg, sum } from '@tikhonov/core';
import { type Projection, project } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { inDType, requireStrength, type Strength } from '../strength.ts';

/**
 * The projection of weight clipping, for `optim.project`: every weight into `[-c, c]`. Its derivative is 1 up to
 * `|w| = c` and 0 beyond.
 *
 * @param c  largest size of a weight, > 0; a number, or a floating scalar or cell
 * @throws RangeError unless `c` is finite and > 0
 * @see Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), which clips all parameters, biases included, to
 *   0.01 after each step
 * @example
 * ```ts
 * reg.clipWeights(0.5)(tensor([0.2, -3])).toArray(); // => [0.2, -0.5]
 * ```
 */
export function clipWeights(c: Strength): Projection {
  requireStrength('clipWeights: c', c, 'positive');
  return (w) => {
    const bound = inDType(requireStrength('clipWeights: c', c, 'positive'), w.dtype);
    return clamp(w, { min: typeof bound === 'number' ? -bound : neg(bound), max: bound });
  };
}

const settings = [
  {
    name: 'c',
    description: 'largest size of a weight',
    default: 0.15,
    source: 'ours, for small networks; 0.01 for the critic in the paper',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of weight clipping. */
export const weightClippingMethod: Method = {
  id: 'weight-clipping',
  section: 'relative',
  title: 'Weight clipping',
  family: 'objective',
  statement: String.raw`\min_w L(w) \text{ with } |w_i| \le c: \quad w_i \mapsto \min(c, \max(-c, w_i)) \text{ after each step}`,
  reference: {
    authors: 'M. Arjovsky, S. Chintala, L. Bottou',
    title: 'Wasserstein GAN',
    venue: 'ICML',
    year: 2017,
    arxiv: '1701.07875',
  },
  arguments: settings,
  notes: [
    'The paper clips a critic to make it Lipschitz, and calls clipping a clearly terrible way to do so: weights gather at the bounds. Gradient penalties replaced it there.',
    'The paper clips biases, too; the recipe takes only what has two axes or more, and leaves biases, the scales of norms and the gates of L0 free.',
  ],
  recipe: (plan, values) => {
    const { c } = resolveArguments('weight-clipping', settings, values);
    return { ...plan, updates: [...plan.updates, () => project(clipWeights(c))] };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const weights = draw.tensor(shape);
    return {
      f: (w) => sum(mul(clipWeights(1)(w!), weights)),
      args: [draw.tensor(shape, { avoid: [-1, 1] })],
    };
  },
};
