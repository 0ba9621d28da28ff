import { Dropout, dropout } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { behindActivations } from './places.ts';

export { Dropout, type DropoutOptions, type DropoutSettings, dropout } from '@tikhonov/nn';

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a hidden unit',
    default: 0.5,
    source: "PyTorch's nn.Dropout; the paper's choice for hidden units",
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of dropout. */
export const dropoutMethod: Method = {
  id: 'dropout',
  section: '2.1',
  title: 'Dropout',
  family: 'structure',
  statement: String.raw`h \mapsto \frac{m \odot h}{1 - p}, \quad m_i \sim \mathrm{Bernoulli}(1 - p) \text{ in training}; \qquad h \mapsto h \text{ in evaluation}`,
  reference: {
    authors: 'N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov',
    title: 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting',
    venue: 'Journal of Machine Learning Research 15',
    year: 2014,
  },
  arguments: settings,
  notes: [
    'The paper writes p for the probability of keeping a unit; here, as in PyTorch and Keras, p is the probability of dropping it.',
    "The paper scales the weights by 1 - p in evaluation (mode: 'classic'); dividing by 1 - p in training, the default here, leaves evaluation unchanged.",
    'What follows a Bernoulli distribution is the indicator of being dropped; the survey says it of the probability.',
    'A network with dropout is exactly the average of its sub-networks only if it is linear; otherwise approximately.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('dropout', settings, values);
    const make = (): Dropout => new Dropout({ p });
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const [p, mode] = [draw.pick([0, 0.3, 0.5]), draw.pick(['inverted', 'classic'] as const)];
    const mask = draw.booleans(shape);
    return {
      f: (x) => {
        const y = dropout(x!, { p, training: true, mask, mode });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};
