import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { withL0Gates } from './l0-gates.ts';
import { hardConcrete, l0Penalty } from './l0-hard-concrete.ts';
import { l0Clamp, l0Term } from './l0-term.ts';

export { hardThreshold, proxL0 } from '@tikhonov/optim';

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per gate that is expected to be open',
    default: 4e-3,
    source: 'ours, for small networks',
    min: 0,
  },
  {
    name: 'beta',
    description: 'temperature of the gates',
    default: 2 / 3,
    source: "the authors' code",
    min: 0,
    open: 'min',
  },
  {
    name: 'dropRateInit',
    description: 'probability of dropping that the gates begin with',
    default: 0.5,
    source: "the authors' code",
    min: 0,
    max: 1,
    open: 'both',
  },
] as const satisfies readonly Argument[];

/** Registry entry of L0 regularization. */
export const l0Method: Method = {
  id: 'l0',
  section: '1.4',
  title: 'L0 regularization with hard concrete gates',
  family: 'objective',
  statement: String.raw`\min_{w, \alpha} \mathbb{E}_{u} \, L(w \odot z(u, \alpha)) + \lambda \sum_j |g_j| \, P(z_j \neq 0), \quad z = \min(1, \max(0, s (\zeta - \gamma) + \gamma)), \quad s = \sigma\!\left(\frac{\log u - \log(1 - u) + \log \alpha}{\beta}\right)`,
  reference: {
    authors: 'C. Louizos, M. Welling, D. P. Kingma',
    title: 'Learning Sparse Neural Networks through L0 Regularization',
    venue: 'ICLR',
    year: 2018,
    arxiv: '1712.01312',
  },
  arguments: settings,
  notes: [
    'The survey drops the expectation over the noise u; the paper takes the mean over draws (samples, 1 by default).',
    "The paper weighs each gate by the number of weights that it switches (count: 'weights'); by default a gate counts once.",
    'The survey has no rule for evaluation: the gates are then min(1, max(0, sigmoid(log alpha) (zeta - gamma) + gamma)), without noise and temperature.',
    'A post that the survey links calls s hard concrete. It is binary concrete; stretched and cut off it is hard concrete.',
    "The probabilities are not cut off to [1e-6, 1 - 1e-6] as in the authors' code, which stops the gradient in the tails.",
    'Gates of a linear layer are on its inputs; those of a convolution on its filters, bias included, so that a closed filter can be taken out.',
  ],
  recipe: (plan, values) => {
    const { lambda, beta, dropRateInit } = resolveArguments('l0', settings, values);
    return {
      ...plan,
      models: [...plan.models, (model, { key }) => withL0Gates(model, { beta, dropRateInit, key })],
      penalties: [...plan.penalties, (model) => l0Term(model, { lambda })],
      updates: [...plan.updates, l0Clamp],
    };
  },
  gradientCases: (draw) => {
    const n = draw.integer(1, 4);
    const weights = draw.tensor([n]);
    // Away from where a gate is cut off: |log alpha| <= 1 and u in the middle leave s inside (0.1, 0.9).
    const u = draw.tensor([n], { min: 0.4, max: 0.6 });
    const lambda = draw.pick([0, 0.3]);
    return {
      f: (logAlpha) =>
        hardConcrete(logAlpha!, { u })
          .z.mul(weights)
          .sum()
          .add(l0Penalty(logAlpha!, { lambda, groupSize: 2 })),
      args: [draw.tensor([n], { min: -0.9, max: 0.9 })],
    };
  },
};
