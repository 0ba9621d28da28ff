import { swa } from '@tikhonov/optim';
import { averageWeights } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type UpdateBatchNormOptions, updateBatchNorm } from '@tikhonov/nn';
export { swa } from '@tikhonov/optim';

const settings = [
  {
    name: 'startFromShare',
    description: 'share of the epochs whose weights are not averaged',
    default: 0.75,
    source: "the paper's 75 % of the budget",
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of stochastic weight averaging. */
export const swaMethod: Method = {
  id: 'swa',
  section: 'relative',
  title: 'Stochastic weight averaging (SWA)',
  family: 'process',
  statement: String.raw`\bar w = \frac{1}{K} \sum_{k=1}^{K} w_{t_k}, \quad t_k \text{ the ends of the last epochs}`,
  reference: {
    authors: 'P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. G. Wilson',
    title: 'Averaging Weights Leads to Wider Optima and Better Generalization',
    venue: 'Uncertainty in Artificial Intelligence (UAI)',
    year: 2018,
    arxiv: '1803.05407',
  },
  arguments: settings,
  notes: [
    'The paper takes a constant or cyclic high rate while it averages. The recipe leaves the rate as it is: of weights that hardly move any more, the mean is not much else than the last ones.',
    'Statistics of batch norms are computed anew for the averages, by one pass over the training rows: those of the trained weights do not fit them.',
  ],
  recipe: (plan, values) => {
    const { startFromShare } = resolveArguments('swa', settings, values);
    return {
      ...plan,
      callbacks: [
        ...plan.callbacks,
        ({ model }) => averageWeights(swa(model), { every: 'epoch', startFromShare }),
      ],
    };
  },
};
