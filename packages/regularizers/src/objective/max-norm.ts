import { mul, sum } from '@tikhonov/core';
import { maxNorm, project } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { maxNorm, type Projection, project, type SliceOptions } from '@tikhonov/optim';

const settings = [
  {
    name: 'maxValue',
    description: 'largest length of the weights that enter a unit',
    default: 1.5,
    source: 'ours, for small networks; 3 to 4 in the paper on dropout',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of the max-norm constraint. */
export const maxNormMethod: Method = {
  id: 'max-norm',
  section: 'relative',
  title: 'Max-norm constraint',
  family: 'objective',
  statement: String.raw`\min_w L(w) \text{ with } \lVert w_i \rVert_2 \le c \text{ for the weights } w_i \text{ of every unit}: \quad w_i \mapsto w_i \min\left(1, \frac{c}{\lVert w_i \rVert_2}\right) \text{ after each step}`,
  reference: {
    authors: 'N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov',
    title: 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting',
    venue: 'Journal of Machine Learning Research 15',
    year: 2014,
  },
  arguments: settings,
  notes: [
    'The constraint goes back to N. Srebro and A. Shraibman, Rank, Trace-Norm and Max-Norm (COLT 2005).',
    'Keras adds 1e-7 to the divisor, so that its projection is not exactly idempotent; here nothing is added.',
    'Biases are free; the lengths are those of the rows of a linear weight, of the filters of a kernel.',
  ],
  recipe: (plan, values) => {
    const { maxValue } = resolveArguments('max-norm', settings, values);
    return { ...plan, updates: [...plan.updates, () => project(maxNorm(maxValue))] };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(1, 3)];
    const weights = draw.tensor(shape);
    // All lengths are within 2, or all above 0.1: the kink is at neither.
    const projection = maxNorm(draw.pick([2, 0.1]));
    return {
      f: (w) => sum(mul(projection(w!), weights)),
      args: [draw.tensor(shape, { min: 0.2, max: 1 })],
    };
  },
};
