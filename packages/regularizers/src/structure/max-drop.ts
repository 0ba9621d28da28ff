import type { Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { describeRate, drawing } from './keep-mask.ts';
import {
  knownOfLayer,
  type MaxDropSettings,
  maxDrop,
  requireMaxDrop,
} from './max-drop-function.ts';
import { onMaps } from './places.ts';

/**
 * `maxDrop` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.MaxDrop({ p: 1, rescale: false });
 * const x = tensor([[[[1, 4], [2, 3]]]]);
 * layer.forward(x, { training: true, rng: random.key(0) }).toArray(); // => [[[[1, 0], [2, 3]]]]
 * layer.forward(x).toArray(); // => [[[[1, 4], [2, 3]]]]
 * ```
 */
export class MaxDrop extends Module {
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly mode: 'feature' | 'channel';
  readonly kernelSize: number;
  readonly rescale: boolean;
  readonly noise: 'bernoulli' | 'gaussian';

  constructor(options: MaxDropSettings = {}) {
    super();
    requireOptions('MaxDrop', options, knownOfLayer);
    const { settings } = requireMaxDrop('MaxDrop', options);
    this.p = settings.p;
    this.mode = settings.mode;
    this.kernelSize = settings.kernelSize;
    this.rescale = settings.rescale;
    this.noise = settings.noise;
  }

  override describe(): string {
    const square = this.kernelSize > 1 ? `, kernelSize ${this.kernelSize}` : '';
    const gaussian = this.noise === 'gaussian' ? ', gaussian' : '';
    return `MaxDrop(${describeRate(this.p)}, ${this.mode}${square}${gaussian})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { p, mode, kernelSize, rescale, noise } = this;
    return maxDrop(x, { p, mode, kernelSize, rescale, noise, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'p',
    description: "probability of dropping a map's maximum",
    default: 0.3,
    source: "ours, for small networks; the authors' code takes 0.1",
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of max-drop. */
export const maxDropMethod: Method = {
  id: 'max-drop',
  section: '2.1',
  title: 'Max-drop',
  family: 'structure',
  statement: String.raw`x_{nci} \mapsto \frac{x_{nci}}{1 - p / (H W)} \, [\, i \ne \operatorname{argmax}_j x_{ncj} \text{ or } u_{nc} \ge p \,] \text{ in training}`,
  reference: {
    authors: 'S. Park, N. Kwak',
    title: 'Analysis on the Dropout Effect in Convolutional Neural Networks',
    venue: 'ACCV',
    year: 2016,
  },
  arguments: settings,
  notes: [
    "The survey takes it for Gaussian dropout on max-pooling layers. It drops the highest activations, by coin tosses; noise: 'gaussian' is there for what the survey says.",
    "The authors' code divides integers in the scale of the mode 'channel', and so does not scale; here it is 1 / (1 - p / C).",
    'The paper also draws the rate at random: that is stochastic dropout.',
    'Behind every activation of maps; in residual networks behind the blocks.',
  ],
  networks: ['cnn', 'resnet'],
  recipe: (plan, values) => {
    const { p } = resolveArguments('max-drop', settings, values);
    const make = (): MaxDrop => new MaxDrop({ p });
    return { ...plan, parts: [...plan.parts, onMaps(make)] };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 2), draw.integer(1, 2), 3, 4];
    const mode = draw.pick(['feature', 'channel'] as const);
    const noise = draw.pick(['bernoulli', 'gaussian'] as const);
    const noiseShape = mode === 'feature' ? shape.slice(0, 2) : [shape[0]!, 3, 4];
    const [drop, normal] = [draw.booleans(noiseShape), draw.tensor(noiseShape)];
    const given = noise === 'bernoulli' ? { drop } : { normal };
    return {
      f: (x) => {
        const y = maxDrop(x!, { p: 0.3, mode, noise, training: true, ...given });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape, { distinct: true })],
    };
  },
};
