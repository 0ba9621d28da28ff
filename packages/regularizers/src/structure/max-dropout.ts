import type { Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { describeRate, drawing } from './keep-mask.ts';
import {
  knownOfLayer,
  type MaxDropoutSettings,
  maxDropout,
  requireMaxDropout,
} from './max-dropout-function.ts';
import { behindActivations } from './places.ts';

/**
 * `maxDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.MaxDropout({ p: 0.5 });
 * layer.forward(tensor([0, 1, 2, 3]), { training: true }).toArray(); // => [0, 1, 0, 0]
 * layer.forward(tensor([0, 1, 2, 3])).toArray(); // => [0, 1, 2, 3]
 * ```
 */
export class MaxDropout extends Module {
  /** Which activations are dropped; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly norm: 'minmax' | 'l2';
  readonly perSample: boolean;

  constructor(options: MaxDropoutSettings = {}) {
    super();
    requireOptions('MaxDropout', options, knownOfLayer);
    const { settings } = requireMaxDropout('MaxDropout', options);
    this.p = settings.p;
    this.norm = settings.norm;
    this.perSample = settings.perSample;
  }

  override describe(): string {
    const perSample = this.perSample ? ', per sample' : '';
    return `MaxDropout(${describeRate(this.p)}, ${this.norm}${perSample})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { p, norm, perSample } = this;
    return maxDropout(x, { p, norm, perSample, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'p',
    description: 'share of the range of activations, from its top, that is dropped',
    default: 0.3,
    source: "the authors' code",
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of MaxDropout. */
export const maxDropoutMethod: Method = {
  id: 'max-dropout',
  section: '2.1',
  title: 'MaxDropout',
  family: 'structure',
  statement: String.raw`x_i \mapsto x_i \left[ \frac{x_i - \min x}{\max x - \min x} \le 1 - p \right] \text{ in training}; \qquad x \mapsto x \text{ in evaluation}`,
  reference: {
    authors: 'C. F. G. do Santos, D. Colombo, M. Roder, J. P. Papa',
    title: 'MaxDropout: Deep Neural Network Regularization Based on Maximum Output Values',
    venue: 'ICPR',
    year: 2020,
    arxiv: '2007.13723',
  },
  arguments: settings,
  notes: [
    'The survey calls p the threshold; with p as the rate it is 1 - p.',
    'Paper and code normalize differently. The code takes the range of the whole batch, without any randomness, and is the default; the paper divides by the Euclidean norm and draws the rate.',
    'A constant tensor keeps everything, where the code divides 0 by 0. The original values pass, not the normalized ones.',
    'Behind every hidden activation, as dropout.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('max-dropout', settings, values);
    const make = (): MaxDropout => new MaxDropout({ p });
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 2), draw.integer(2, 4)];
    const [norm, perSample] = [draw.pick(['minmax', 'l2'] as const), draw.pick([true, false])];
    const rate = norm === 'l2' ? { rate: 0.4 } : {};
    // Away from the threshold, where the output jumps.
    const x = draw.tensor(shape, { distinct: true, avoid: [0] });
    return {
      f: (w) => {
        const y = maxDropout(w!, { p: 0.4137, norm, perSample, training: true, ...rate });
        return y.mul(y).sum();
      },
      args: [x],
    };
  },
};
