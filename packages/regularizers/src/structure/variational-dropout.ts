import { Conv2d, Linear } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, PlanPart } from '../method.ts';
import { insteadOf } from './places.ts';
import { replaceLayer } from './plain-layer.ts';
import { variationalDropout, variationalKl } from './variational-dropout-functions.ts';
import {
  VariationalConv2d,
  VariationalLinear,
  variationalDropoutTerm,
} from './variational-dropout-layers.ts';

const settings = [
  {
    name: 'klScale',
    description: 'factor of the divergence beside 1 / rows, which the variational bound has',
    default: 1,
    source: 'the variational bound',
    min: 0,
  },
  {
    name: 'alphaInit',
    description: 'alpha, the relative variance of a weight, that training begins with',
    default: 0.25,
    source: 'ours, for small networks: the noise of dropping with probability 0.2',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of variational dropout. */
export const variationalDropoutMethod: Method = {
  id: 'variational-dropout',
  section: 'relative',
  title: 'Variational dropout',
  family: 'structure',
  statement: String.raw`\min_{W, \alpha} \; \mathbb{E}_{\epsilon}\, L\!\left(x W^\top + \sqrt{x^2 (\alpha \odot W^2)^\top} \odot \epsilon\right) + \frac{1}{n} \sum_{ij} \mathrm{KL}(\alpha_{ij})`,
  reference: {
    authors: 'D. Molchanov, A. Ashukha, D. Vetrov',
    title: 'Variational Dropout Sparsifies Deep Neural Networks',
    venue: 'ICML',
    year: 2017,
    arxiv: '1701.05369',
  },
  arguments: settings,
  notes: [
    'By Kingma, Salimans & Welling (2015), whose noise is at most that of p = 0.5; Molchanov et al. let it grow without bound, so that weights die.',
    'Trained are W and log alpha, the latter cut off to [-8, 8]; the authors of the second paper train log(alpha W^2), which has the same optimum.',
    'Weights with log alpha > 3 are left out in evaluation, as in the paper.',
    'No epsilon is added to the variance: where it is 0 there is no noise, and no gradient of it.',
    'The bound has the divergence times 1 / n for n rows, which few rows make strong; the authors warm it up from 0.',
    'The recipe replaces hidden linear layers and convolutions.',
  ],
  recipe: (plan, values) => {
    const { klScale, alphaInit } = resolveArguments('variational-dropout', settings, values);
    const options = { logAlphaInit: Math.log(alphaInit) };
    const put: PlanPart = (part) =>
      replaceLayer(
        replaceLayer(part, Linear, (layer) => new VariationalLinear(layer, options)),
        Conv2d,
        (layer) => new VariationalConv2d(layer, options),
      );
    return {
      ...plan,
      parts: [...plan.parts, insteadOf('linear', put), insteadOf('convolution', put)],
      penalties: [
        ...plan.penalties,
        (model, { task }) => variationalDropoutTerm(model, { lambda: klScale / task.rows }),
      ],
    };
  },
  gradientCases: (draw) => {
    const [n, into, out] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
    const normal = draw.tensor([n, out]);
    const form = draw.pick(['molchanov', 'kingma'] as const);
    return {
      f: (x, weight, logAlpha) => {
        const y = variationalDropout(x!, weight!, logAlpha!, { training: true, normal });
        return y.mul(y).sum().add(variationalKl(logAlpha!, { form }).sum());
      },
      args: [
        draw.tensor([n, into], { avoid: [0], min: 0.3, max: 2 }),
        draw.tensor([out, into], { avoid: [0], min: 0.3, max: 2 }),
        draw.tensor([out, into], { min: -3, max: -0.5 }),
      ],
    };
  },
};
