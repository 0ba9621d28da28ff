import {
  abs,
  add,
  DTypeError,
  isFloating,
  mean,
  ShapeError,
  square,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Loss } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { wantsPlainLoss } from '../objective/plain-loss.ts';
import { inDType, requireStrength, type Strength } from '../strength.ts';

/** Options of `flooding`. */
export interface FloodingOptions {
  /** The level `b` below which the loss is not to sink, finite; >= 0 unless `allowNegative`. */
  readonly floodLevel: Strength;
  /** For losses that can be negative, such as log densities. @defaultValue false */
  readonly allowNegative?: boolean;
}

const known: OptionNames<FloodingOptions> = { floodLevel: true, allowNegative: 'boolean' };

/**
 * Flooding, `|L - b| + b`: above the level `b` the loss is `L` itself, below it `2 b - L`, so that descent
 * turns into ascent and the loss floats around `b`. At `L = b` the gradient is 0.
 *
 * Give it the reduced loss of the mini-batch, and only in training: what is reported stays plain. A flooded
 * loss per sample is another method (iFlood). Adversarial terms of a step search with the loss as it is without
 * flooding, which would turn their directions round.
 *
 * @param loss  scalar `[]`, usually the mean of a mini-batch
 * @returns scalar `[]`, dtype of the loss; never below `b`
 * @throws ShapeError unless the loss is a scalar; RangeError if the level is not finite, or negative without
 *   `allowNegative`; DTypeError for a loss that is not floating
 * @see Ishida, Yamane, Sakai, Niu & Sugiyama, "Do We Need Zero Training Loss After Achieving Zero Training
 *   Error?" (2020)
 * @example
 * ```ts
 * reg.flooding(0.5, { floodLevel: 0.2 }).item(); // => 0.5
 * reg.flooding(0.1, { floodLevel: 0.2 }).item(); // => 0.3
 * ```
 */
export function flooding(loss: TensorLike, options: FloodingOptions): Tensor {
  requireOptions('flooding', options, known);
  const { allowNegative = false } = options;
  const level = requireStrength(
    'flooding: floodLevel',
    options.floodLevel,
    allowNegative ? 'finite' : 'non-negative',
  );
  const value = asTensor(loss, 'flooding');
  if (value.rank !== 0) {
    throw new ShapeError(
      `flooding: the loss must be a scalar, got shape ${showShape(value.shape)}.\n  Reduce it with mean() first: the level is one of the whole batch.`,
    );
  }
  if (!isFloating(value.dtype)) {
    throw new DTypeError(
      `flooding: the loss must be floating, got ${value.dtype}.\n  Cast with astype('float32').`,
    );
  }
  if (wantsPlainLoss()) return value;
  const b = inDType(level, value.dtype);
  return add(abs(sub(value, b)), b);
}

const settings = [
  {
    name: 'floodLevel',
    description: 'data loss around which training floats, nats per sample',
    default: 0.4,
    source: 'ours, for small networks and wrong labels; the paper searches 0, 0.01, ..., 0.2',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of flooding. */
export const floodingMethod: Method = {
  id: 'flooding',
  section: '3.7',
  title: 'Flooding',
  family: 'process',
  statement: String.raw`\min_w \lvert L(w) - b \rvert + b, \quad L \text{ the mean loss of the mini-batch}`,
  reference: {
    authors: 'T. Ishida, I. Yamane, T. Sakai, G. Niu, M. Sugiyama',
    title: 'Do We Need Zero Training Loss After Achieving Zero Training Error?',
    venue: 'ICML',
    year: 2020,
    arxiv: '2002.08709',
  },
  arguments: settings,
  notes: [
    'The level is applied to the reduced loss of the mini-batch, never to the losses of samples. By convexity the flooded mean is at most the mean of flooded parts, so flooding mini-batches bounds flooding the whole set from above.',
    'At exactly L = b the gradient is 0.',
    'It wraps the data loss only: penalties are added to the flooded loss, and evaluation reports the plain one.',
  ],
  recipe: (plan, values) => {
    const { floodLevel } = resolveArguments('flooding', settings, values);
    const flooded =
      (loss: Loss): Loss =>
      (output, y, options) =>
        flooding(loss(output, y, options), { floodLevel });
    return { ...plan, losses: [...plan.losses, flooded] };
  },
  gradientCases: (draw) => {
    const x = draw.tensor([draw.integer(1, 4)], { avoid: [0] });
    const loss = (w: Tensor): Tensor => mean(square(w));
    // On either side of the kink, and away from it by more than the differences move the loss.
    const floodLevel = loss(x).item() * draw.pick([0.5, 2]);
    return { f: (w) => flooding(loss(w!), { floodLevel }), args: [x] };
  },
};
