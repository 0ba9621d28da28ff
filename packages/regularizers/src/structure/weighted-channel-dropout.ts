import type { Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { describeRate, drawing } from './keep-mask.ts';
import { onMaps } from './places.ts';
import {
  knownOfLayer,
  requireSettings,
  type WeightedChannelDropoutSettings,
  weightedChannelDropout,
} from './weighted-channel-dropout-function.ts';

/**
 * `weightedChannelDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.WeightedChannelDropout({ wrsRatio: 0.5 });
 * const y = layer.forward(ones([2, 4, 3, 3]), { training: true, rng: random.key(0) });
 * y.sum({ axis: [1, 2, 3] }).toArray(); // => [36, 36]
 * layer.describe(); // => 'WeightedChannelDropout(wrsRatio 0.5)'
 * ```
 */
export class WeightedChannelDropout extends Module {
  readonly wrsRatio: number;
  /** Probability that what was sampled stays; if it is a cell, it is part of the module's state. */
  readonly rngKeepProb: Strength;
  readonly negativeScores: 'error' | 'clamp';

  constructor(options: WeightedChannelDropoutSettings = {}) {
    super();
    requireOptions('WeightedChannelDropout', options, knownOfLayer);
    const { settings } = requireSettings('WeightedChannelDropout', options);
    this.wrsRatio = settings.wrsRatio;
    this.rngKeepProb = settings.rngKeepProb;
    this.negativeScores = settings.negativeScores;
  }

  override describe(): string {
    const more = this.rngKeepProb === 1 ? '' : `, rngKeepProb ${describeRate(this.rngKeepProb)}`;
    return `WeightedChannelDropout(wrsRatio ${this.wrsRatio}${more})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { wrsRatio, rngKeepProb, negativeScores } = this;
    return weightedChannelDropout(x, {
      wrsRatio,
      rngKeepProb,
      negativeScores,
      ...drawing(context),
    });
  }
}

const settings = [
  {
    name: 'wrsRatio',
    description: 'share of the channels that the weighted sampling keeps',
    default: 0.8,
    source: 'the rate that is usual with the method',
    min: 0,
    max: 1,
    open: 'min',
  },
  {
    name: 'rngKeepProb',
    description: 'probability that a sampled channel stays',
    default: 1,
    source: 'the optional second step is off',
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of weighted channel dropout. */
export const weightedChannelDropoutMethod: Method = {
  id: 'weighted-channel-dropout',
  section: '2.1',
  title: 'Weighted channel dropout',
  family: 'structure',
  statement: String.raw`x_{nc\cdot} \mapsto \alpha_n m_{nc} x_{nc\cdot}, \quad m_{nc} = [u_{nc}^{1 / s_{nc}} \text{ among the } M \text{ largest}], \quad s_{nc} = \mathrm{mean}(x_{nc\cdot}), \quad \alpha_n = \frac{\sum_c s_{nc}}{\sum_c m_{nc} s_{nc}}`,
  reference: {
    authors: 'S. Hou, Z. Wang',
    title: 'Weighted Channel Dropout for Regularization of Deep Convolutional Neural Network',
    venue: 'AAAI',
    year: 2019,
  },
  arguments: settings,
  notes: [
    'The linked article prints the key as r^(-score). With three channels or more that samples by another law; the key of weighted sampling is r^(1 / score), here compared by its logarithm.',
    'The article leaves the scale alpha out. It is that of the sampled channels, before any of them is dropped by the second step.',
    'Scores must not be negative, as behind a relu: with a negative one the key would prefer the weak. The recipe takes them for 0, as other activations may be chosen.',
    'Behind every activation of maps; in residual networks behind the blocks. The paper puts it behind the last layers.',
  ],
  networks: ['cnn', 'resnet'],
  recipe: (plan, values) => {
    const { wrsRatio, rngKeepProb } = resolveArguments(
      'weighted-channel-dropout',
      settings,
      values,
    );
    const options = { wrsRatio, rngKeepProb, negativeScores: 'clamp' } as const;
    const make = (): WeightedChannelDropout => new WeightedChannelDropout(options);
    return { ...plan, parts: [...plan.parts, onMaps(make)] };
  },
};
