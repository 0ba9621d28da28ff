import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { activityL1, activityL1Term } from './activity-penalty.ts';

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per unit of activation of a sample',
    default: 1e-2,
    source: 'ours, for small networks',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the L1 penalty of activations. */
export const activityL1Method: Method = {
  id: 'activity-l1',
  section: 'relative',
  title: 'L1 penalty of activations',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \, \frac1N \sum_n \sum_j \lvert h_{nj} \rvert`,
  reference: {
    authors: 'X. Glorot, A. Bordes, Y. Bengio',
    title: 'Deep Sparse Rectifier Neural Networks',
    venue: 'AISTATS',
    year: 2011,
  },
  arguments: settings,
  notes: [
    'Divided by the batch size, as activity_regularizer of Keras is; the sum runs over all units.',
    'The recipe looks at what every linear layer but the first takes: the hidden activations behind activation function and dropout.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('activity-l1', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => activityL1Term(model, options)],
    };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.3]);
    return {
      f: (h) => activityL1(h!, { lambda }),
      args: [draw.tensor([draw.integer(1, 3), draw.integer(1, 3)], { avoid: [0] })],
    };
  },
};
