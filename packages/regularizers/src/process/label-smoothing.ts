import { crossEntropy } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  type CrossEntropyOptions,
  crossEntropy,
  type SmoothLabelsOptions,
  smoothLabels,
} from '@tikhonov/nn';

const settings = [
  {
    name: 'labelSmoothing',
    description: 'share of the label spread evenly over all classes',
    default: 0.1,
    source: 'section 7 of the paper',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of label smoothing. */
export const labelSmoothingMethod: Method = {
  id: 'label-smoothing',
  section: '3.4',
  title: 'Label smoothing',
  family: 'process',
  statement: String.raw`\min_w -\frac{1}{N} \sum_n \sum_k q_{nk} \log p_{nk}, \quad q_{nk} = (1 - \varepsilon) [k = y_n] + \frac{\varepsilon}{K}`,
  reference: {
    authors: 'C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna',
    title: 'Rethinking the Inception Architecture for Computer Vision',
    venue: 'CVPR',
    year: 2016,
    arxiv: '1512.00567',
  },
  arguments: settings,
  notes: [
    "The survey spreads eps over the K - 1 other classes and cites this paper for it; the paper spreads it over all K classes. Both are in smoothLabels (mode 'others' and 'uniform', the default); strength eps (K - 1) / K of the first is eps of the second.",
    'A post that the survey links drops the cross terms of the gradient; the gradient with respect to the logits is (softmax - q) / N.',
    'Evaluation reports the plain cross entropy.',
  ],
  recipe: (plan, values) => ({
    ...plan,
    loss: { ...plan.loss, ...resolveArguments('label-smoothing', settings, values) },
  }),
  gradientCases: (draw) => {
    const [n, classes] = [draw.integer(1, 4), draw.integer(2, 4)];
    const labels = draw.integers([n], 0, classes - 1);
    const labelSmoothing = draw.pick([0, 0.1, 0.6]);
    return {
      f: (logits) => crossEntropy(logits!, labels, { labelSmoothing }),
      args: [draw.tensor([n, classes])],
    };
  },
};
