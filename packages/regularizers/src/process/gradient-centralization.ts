import { centralizeGradients } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Method } from '../method.ts';

export { centralizeGradients } from '@tikhonov/optim';

/** Registry entry of gradient centralisation. */
export const gradientCentralizationMethod: Method = {
  id: 'gradient-centralization',
  section: 'relative',
  title: 'Gradient centralization',
  family: 'process',
  statement: String.raw`g_i \mapsto g_i - \operatorname{mean}(g_i) \quad \text{for every output unit } i`,
  reference: {
    authors: 'H. Yong, J. Huang, X. Hua, L. Zhang',
    title: 'Gradient Centralization: A New Optimization Technique for Deep Neural Networks',
    venue: 'ECCV',
    year: 2020,
    arxiv: '2004.01461',
  },
  arguments: [],
  notes: [
    'A unit is a slice along axis 0 of weights [out, ...]; vectors and scalars, as biases, stay, and so do units of one weight, which would never learn.',
    'Under plain gradient descent the mean of every unit stays what it was at the start. Under Adam it does not, because the division is elementwise; the authors apply it before Adam all the same.',
  ],
  recipe: (plan, values) => {
    resolveArguments('gradient-centralization', [], values);
    return { ...plan, gradients: [...plan.gradients, () => centralizeGradients()] };
  },
};
