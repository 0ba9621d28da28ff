import { BatchNorm1d, BatchNorm2d, batchNorm, Sequential } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { insteadOf } from './places.ts';

export {
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormOptions,
  type BatchNormSettings,
  batchNorm,
} from '@tikhonov/nn';

const settings = [
  {
    name: 'momentum',
    description: 'share of the batch in the running statistics, per step',
    default: 0.1,
    source: 'PyTorch',
    min: 0,
    max: 1,
  },
  {
    name: 'eps',
    description: 'added to the variance',
    default: 1e-5,
    source: 'PyTorch',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of batch normalization. */
export const batchNormalizationMethod: Method = {
  id: 'batch-normalization',
  section: 'relative',
  title: 'Batch normalization',
  family: 'structure',
  statement: String.raw`y = \gamma\, \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}} + \beta \text{ in training}, \qquad \mu_B, \sigma_B^2 \text{ over the batch and all positions of a channel}`,
  reference: {
    authors: 'S. Ioffe, C. Szegedy',
    title:
      'Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift',
    venue: 'ICML',
    year: 2015,
    arxiv: '1502.03167',
  },
  arguments: settings,
  notes: [
    'It regularizes because the output of a row depends on the other rows of its batch, which differ from step to step (Luo et al., 2018, arXiv 1809.00846).',
    'The batch is normalized by its biased variance; the running variance takes the unbiased one. Gradients flow through the statistics of the batch, not into the running ones.',
    'momentum is the share of the new value; in Keras it is that of the old one, 0.99.',
    'Training needs two values per channel at least.',
    'The recipe puts it behind hidden linear layers and convolutions, before the activation, as the paper. Residual networks have it already.',
  ],
  networks: ['mlp', 'cnn'],
  recipe: (plan, values) => {
    const { momentum, eps } = resolveArguments('batch-normalization', settings, values);
    const options = { momentum, eps, dtype: plan.network.dtype ?? 'float32' };
    return {
      ...plan,
      parts: [
        ...plan.parts,
        insteadOf(
          'linear',
          (part, { channels }) => new Sequential(part, new BatchNorm1d(channels, options)),
        ),
        insteadOf(
          'convolution',
          (part, { channels }) => new Sequential(part, new BatchNorm2d(channels, options)),
        ),
      ],
    };
  },
  gradientCases: (draw) => {
    const [n, channels] = [draw.integer(2, 4), draw.integer(1, 3)];
    const training = draw.pick([true, false]);
    const runningVar = draw.tensor([channels], { min: 0.5, max: 2 });
    const runningMean = draw.tensor([channels]);
    return {
      f: (x, weight, bias) => {
        const statistics = { runningMean, runningVar, training, eps: 0.1 };
        const y = batchNorm(x!, { weight: weight!, bias: bias!, ...statistics });
        return y.mul(y).mul(y).sum();
      },
      args: [draw.tensor([n, channels]), draw.tensor([channels]), draw.tensor([channels])],
    };
  },
};
