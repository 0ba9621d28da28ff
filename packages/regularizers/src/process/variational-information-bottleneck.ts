import { sin } from '@tikhonov/core';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { vib } from './variational-information-bottleneck-functions.ts';
import { vibTerm, withBottleneck } from './variational-information-bottleneck-layers.ts';

const settings = [
  {
    name: 'beta',
    description: 'strength, loss per nat of the code',
    default: 0.1,
    source: 'ours, for small networks; the paper sweeps it from 1e-9 to 1',
    min: 0,
  },
  {
    name: 'numSamples',
    description: 'codes per row and step, each a forward pass',
    default: 1,
    source: 'the paper',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the variational information bottleneck. */
export const variationalInformationBottleneckMethod: Method = {
  id: 'variational-information-bottleneck',
  section: '3.5',
  title: 'Variational information bottleneck',
  family: 'process',
  statement: String.raw`\min \frac1N \sum_n \mathbb{E}_{z \sim \mathcal{N}(\mu(x_n), \sigma^2(x_n))} \, L(f(z), y_n) + \beta \, \mathrm{KL}\left[\mathcal{N}(\mu(x_n), \sigma^2(x_n)) \,\Vert\, \mathcal{N}(0, 1)\right]`,
  reference: {
    authors: 'A. A. Alemi, I. Fischer, J. V. Dillon, K. Murphy',
    title: 'Deep Variational Information Bottleneck',
    venue: 'ICLR',
    year: 2017,
    arxiv: '1612.00410',
  },
  arguments: settings,
  notes: [
    'The outer expectation of the objective is over p(x, y); the survey has it over p(x).',
    'The paper maximises I(Z, Y) - beta I(Z, X); this is its bound with the other sign.',
    'A post that the survey links writes KL[q(z|x) || q(z)] for KL[p(z|x) || q(z)]: p is the encoder, q(z) the prior.',
    'The divergence is summed over the code and averaged over the batch, in nats, with the standard normal prior.',
    'Evaluation uses the mean code; the paper averages the probabilities of 12 codes (evaluationSamples: 12).',
    'The recipe puts the code in front of the last layer, as wide as its input, with that layer as the decoder.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('variational-information-bottleneck', settings, values);
    return {
      ...plan,
      models: [...plan.models, (model, { key }) => withBottleneck(model, { key })],
      penalties: [...plan.penalties, (model) => vibTerm(model, options)],
    };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 2), draw.integer(1, 3)];
    const eps = draw.tensor([draw.integer(1, 2), ...shape]);
    const options = { eps, beta: draw.pick([0, 0.3]), stdShift: draw.pick([-5, 0]) };
    return {
      f: (mu, rho) => vib(mu!, rho!, (z) => sin(z).sum(), options).loss,
      args: [draw.tensor(shape), draw.tensor(shape)],
    };
  },
};
