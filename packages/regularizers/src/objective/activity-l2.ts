import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { activityL2, activityL2Term } from './activity-penalty.ts';

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared activation of a sample',
    default: 1e-2,
    source: 'ours, for small networks',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the L2 penalty of activations. */
export const activityL2Method: Method = {
  id: 'activity-l2',
  section: 'relative',
  title: 'L2 penalty of activations',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \, \frac1N \sum_n \sum_j h_{nj}^2`,
  reference: {
    authors: 'S. Merity, B. McCann, R. Socher',
    title: 'Revisiting Activation Regularization for Language RNNs',
    venue: 'arXiv',
    year: 2017,
    arxiv: '1708.01009',
  },
  arguments: settings,
  notes: [
    'Divided by the batch size, as activity_regularizer of Keras is; the sum runs over all units.',
    'The recipe looks at what every linear layer but the first takes: the hidden activations behind activation function and dropout.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('activity-l2', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => activityL2Term(model, options)],
    };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.3]);
    return {
      f: (h) => activityL2(h!, { lambda }),
      args: [draw.tensor([draw.integer(1, 3), draw.integer(1, 3)], { avoid: [0] })],
    };
  },
};
