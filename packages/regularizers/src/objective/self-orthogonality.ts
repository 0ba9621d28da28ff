import { add, eye } from '@tikhonov/core';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { selfOrthogonality } from './self-orthogonality-penalty.ts';
import { selfOrthogonalityTerm } from './self-orthogonality-term.ts';

const settings = [
  {
    name: 'lambda1',
    description: 'strength of the squared mean correlation of two units',
    default: 5,
    source: 'ours, for the means over pairs; 100 for the sums in a post on the paper',
    min: 0,
  },
  {
    name: 'lambda2',
    description: 'strength of the mean squared correlation of two units',
    default: 5,
    source: 'ours, for the means over pairs; 1 for the sums in a post on the paper',
    min: 0,
  },
  {
    name: 'gamma',
    description: 'steepness of the smooth sign, per unit of pre-activation',
    default: 10,
    source: 'a post on the paper, whose text was not at hand',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of self-orthogonality. */
export const selfOrthogonalityMethod: Method = {
  id: 'self-orthogonality',
  section: '1.6',
  title: 'Self-orthogonality of the units of a layer',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda_1 \Big(\sum_{i \ne j} V_{ij}\Big)^2 + \lambda_2 \sum_{i \ne j} V_{ij}^2, \quad V_{ij} = E[\operatorname{sign}(x^T w_i) \operatorname{sign}(x^T w_j)] = 1 - \frac{2 \theta_{ij}}{\pi}`,
  reference: {
    authors: 'Z. Zhang, W. Ma, Y. Wu, G. Wang',
    title:
      'Self-Orthogonality Module: A Network Architecture Plug-in for Learning Orthogonal Filters',
    venue: 'WACV',
    year: 2020,
    arxiv: '2001.01275',
  },
  arguments: settings,
  notes: [
    'The survey takes the input of the layer as x. That V is 1 - 2 angle / pi needs an x without preferred directions; for others it can be far off, so the angles are only made right on average over the data (estimator self). The estimators random and exact look at the angles themselves.',
    'The survey writes theta for the angle of rows i and j.',
    'The sums over pairs grow like m^4 and m^2 with the width m; the recipe takes means over the pairs.',
    "The term looks at the outputs less the biases, and lets gradients flow to the layer's input unless detachInput says otherwise.",
  ],
  recipe: (plan, values) => {
    const strengths = resolveArguments('self-orthogonality', settings, values);
    return {
      ...plan,
      penalties: [
        ...plan.penalties,
        (model) => selfOrthogonalityTerm(model, { ...strengths, reduction: 'mean' }),
      ],
    };
  },
  gradientCases: (draw) => {
    const [m, n] = [draw.integer(1, 3), draw.integer(1, 4)];
    // Near the coordinate axes, and samples that no unit is orthogonal to: far from all kinks.
    const w = add(eye(m, { dtype: 'float64' }), draw.tensor([m, m], { min: -0.1, max: 0.1 }));
    const x = add(draw.tensor([n, m], { min: 0, max: 0.5 }), 1);
    const strengths = { lambda1: draw.pick([0, 0.7]), lambda2: draw.pick([0, 0.3]) };
    const reduction = draw.pick(['sum', 'mean'] as const);
    const estimator = draw.pick(['self', 'random', 'exact'] as const);
    const gamma = draw.pick([0.3, 1]);
    return {
      f: (weight, samples) =>
        selfOrthogonality(weight!, {
          ...strengths,
          reduction,
          estimator,
          gamma,
          ...(estimator === 'exact' ? {} : { x: samples! }),
        }),
      args: [w, x],
    };
  },
};
