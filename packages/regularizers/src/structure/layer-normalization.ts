import { LayerNorm, layerNorm, Sequential } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, PlanPart } from '../method.ts';
import { insteadOf } from './places.ts';

export {
  LayerNorm,
  type LayerNormOptions,
  type LayerNormSettings,
  layerNorm,
} from '@tikhonov/nn';

const settings = [
  {
    name: 'eps',
    description: 'added to the variance',
    default: 1e-5,
    source: 'PyTorch',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of layer normalization. */
export const layerNormalizationMethod: Method = {
  id: 'layer-normalization',
  section: 'relative',
  title: 'Layer normalization',
  family: 'structure',
  statement: String.raw`y = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad \mu, \sigma^2 \text{ over the units of the layer, for each row}`,
  reference: {
    authors: 'J. L. Ba, J. R. Kiros, G. E. Hinton',
    title: 'Layer Normalization',
    venue: 'arXiv preprint',
    year: 2016,
    arxiv: '1607.06450',
  },
  arguments: settings,
  notes: [
    'Each row is normalized by itself, in training and in evaluation alike; there are no running statistics.',
    'The variance is the biased one.',
    'Behind a convolution it normalizes over channels and positions, each with a gain and a shift of its own.',
    'The recipe puts it behind hidden linear layers and convolutions, before the activation; residual networks have a norm there already.',
  ],
  networks: ['mlp', 'cnn'],
  recipe: (plan, values) => {
    const { eps } = resolveArguments('layer-normalization', settings, values);
    const options = { eps, dtype: plan.network.dtype ?? 'float32' };
    const put: PlanPart = (part, { channels, spatial }) =>
      new Sequential(part, new LayerNorm([channels, ...spatial], options));
    return {
      ...plan,
      parts: [...plan.parts, insteadOf('linear', put), insteadOf('convolution', put)],
    };
  },
  gradientCases: (draw) => {
    const [n, size] = [draw.integer(1, 3), draw.integer(2, 4)];
    return {
      f: (x, weight, bias) => {
        const options = { normalizedShape: size, eps: 0.1 };
        const y = layerNorm(x!, { ...options, weight: weight!, bias: bias! });
        return y.mul(y).mul(y).sum();
      },
      args: [draw.tensor([n, size]), draw.tensor([size]), draw.tensor([size])],
    };
  },
};
