import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type AdamOptions, adamw } from '@tikhonov/optim';

const settings = [
  {
    name: 'weightDecay',
    description: 'decay per step as a multiple of the learning rate',
    default: 0.5,
    source: "ours, for short runs on small data; PyTorch's default is 0.01",
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of decoupled weight decay. */
export const weightDecayMethod: Method = {
  id: 'weight-decay',
  section: '1.1',
  title: 'Decoupled weight decay (AdamW)',
  family: 'process',
  statement: String.raw`w_{t+1} = (1 - \eta \lambda) w_t - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}`,
  reference: {
    authors: 'I. Loshchilov, F. Hutter',
    title: 'Decoupled Weight Decay Regularization',
    venue: 'ICLR',
    year: 2019,
    arxiv: '1711.05101',
  },
  arguments: settings,
  notes: [
    "The paper multiplies the decay by the schedule but not by the learning rate; here, as in PyTorch, by both: the paper's decay is the learning rate times this one.",
    'Under plain SGD decoupled decay and L2 are the same method; under Adam, and under momentum from the second step on, they are not.',
    'The survey approximates Adam with L2 by a step of 2 alpha lambda sign(w) and the raw gradient of the loss. Adam does not see the scale of gradients: where the penalty dominates the step is alpha sign(w), whatever lambda is, and the gradient of the loss is divided together with that of the penalty.',
    'The recipe spares what has fewer than two axes: biases, the scales of norms, the gates of L0.',
    "The survey's factor of the decay is alpha lambda; its own formula gives 2 alpha lambda. Here decay is the derivative of weightDecay/2 ||w||^2, as in PyTorch.",
  ],
  recipe: (plan, values) => ({ ...plan, ...resolveArguments('weight-decay', settings, values) }),
};
