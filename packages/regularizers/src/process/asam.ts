import { sam, weightsOnly } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

const settings = [
  {
    name: 'rho',
    description: 'length of the perturbation relative to the magnitudes of the weights',
    default: 2,
    source: 'ours, for small networks on little data; the paper takes 0.5 and 1 for large ones',
    min: 0,
  },
  {
    name: 'eta',
    description: 'added to the magnitudes, so that weights of 0 are perturbed, too',
    default: 0.01,
    source: 'the paper',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of adaptive sharpness-aware minimisation. */
export const asamMethod: Method = {
  id: 'asam',
  section: 'relative',
  title: 'Adaptive sharpness-aware minimization (ASAM)',
  family: 'process',
  statement: String.raw`\min_w \max_{\lVert T^{-1} e \rVert \le \rho} L(w + e), \quad e \approx \rho \frac{T^2 g}{\lVert T g \rVert}, \quad T = \operatorname{diag}(\lvert w \rvert + \eta)`,
  reference: {
    authors: 'J. Kwon, J. Kim, H. Park, I. K. Choi',
    title:
      'ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant Learning of Deep Neural Networks',
    venue: 'ICML',
    year: 2021,
    arxiv: '2102.11600',
  },
  arguments: settings,
  notes: [
    'The authors measure biases absolutely (T = 1), and so does the recipe, by `relative: weightsOnly`; the default of the function is all parameters alike.',
    'With eta = 0 it does not depend on the scale of the weights, but a weight of 0 is then never perturbed.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('asam', settings, values);
    return {
      ...plan,
      optimizers: [
        ...plan.optimizers,
        (optimizer) => sam(optimizer, { ...options, adaptive: true, relative: weightsOnly }),
      ],
    };
  },
};
