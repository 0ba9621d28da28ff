import { disturbLabels } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type DisturbLabelsOptions, disturbLabels } from '@tikhonov/data';

const settings = [
  {
    name: 'rate',
    description: 'probability that the label of a row is replaced in a step',
    default: 0.1,
    source: "the paper's best for MNIST and CIFAR-10 is 0.1 to 0.2",
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of label noise within the step. */
export const disturbLabelMethod: Method = {
  id: 'disturb-label',
  section: 'relative',
  title: 'Label noise (DisturbLabel)',
  family: 'process',
  statement: String.raw`\tilde y_n = y_n \text{ with probability } 1 - \alpha, \text{ else } \tilde y_n \sim U\{1, \ldots, K\}; \qquad E \, L(\tilde y) = (1 - \alpha) L(y) + \frac{\alpha}{K} \sum_k L(k)`,
  reference: {
    authors: 'L. Xie, J. Wang, Z. Wei, M. Wang, Q. Tian',
    title: 'DisturbLabel: Regularizing CNN on the Loss Layer',
    venue: 'CVPR',
    year: 2016,
    arxiv: '1605.00055',
  },
  arguments: settings,
  notes: [
    'The true class is among those that replace it, so a share alpha (1 - 1/K) of the labels is wrong in a step.',
    'In expectation it is label smoothing with eps = alpha; what differs is the noise of the gradients.',
    'The noise is new in every step. Wrong labels in the data, which withLabelNoise makes, stay.',
  ],
  recipe: (plan, values) => {
    const { rate } = resolveArguments('disturb-label', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        ({ task: { classes } }) =>
          (batch, { key }) => ({ ...batch, y: disturbLabels(batch.y, { rate, classes, key }) }),
      ],
    };
  },
};
