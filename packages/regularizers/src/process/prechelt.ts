import { prechelt } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  type GlRule,
  generalizationLoss,
  glUpdate,
  initialPrechelt,
  type PqRule,
  type Prechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltOptions,
  type PrecheltState,
  pqUpdate,
  prechelt,
  trainingProgress,
  type UpRule,
  upUpdate,
} from '@tikhonov/train';

const settings = [
  {
    name: 's',
    description: 'strips in a row over which the validation error must have risen (criterion UP)',
    default: 2,
    source: 'the smallest that the paper tries (2, 3, 4, 6, 8)',
    min: 1,
    integer: true,
  },
  {
    name: 'k',
    description: 'epochs of a strip',
    default: 5,
    source: 'the paper',
    min: 1,
    integer: true,
  },
  {
    name: 'validationFraction',
    description: 'share of the training set that is held out and watched',
    default: 0.2,
    source: 'ours; the paper holds out a quarter of the data',
    min: 0,
    max: 1,
    open: 'both',
  },
] as const satisfies readonly Argument[];

/** Registry entry of Prechelt's criteria. */
export const precheltMethod: Method = {
  id: 'prechelt',
  section: '3.3',
  title: "Early stopping by Prechelt's criteria",
  family: 'process',
  statement: String.raw`GL(t) = 100 \left(\tfrac{E_{va}(t)}{\min_{s \le t} E_{va}(s)} - 1\right) > \alpha; \quad \frac{GL(t)}{P_k(t)} > \alpha; \quad UP_s: E_{va}(t) > E_{va}(t - k) > \dots > E_{va}(t - s k)`,
  reference: {
    authors: 'L. Prechelt',
    title: 'Early Stopping - But When?',
    venue: 'Neural Networks: Tricks of the Trade, Springer',
    year: 1998,
    doi: '10.1007/3-540-49430-8_3',
  },
  arguments: settings,
  notes: [
    'The recipe uses UP, which the paper advises for networks that overfit; GL and PQ are options of `prechelt`.',
    'The quotient of PQ is compared without a division, GL > alpha P_k, so that a training with neither loss nor progress is not stopped.',
    'GL and PQ are about ratios and need positive errors. Losses that may be negative need UP or patience; others are an error.',
    'The best weights are put back at the end.',
  ],
  recipe: (plan, values) => {
    const { s, k, validationFraction } = resolveArguments('prechelt', settings, values);
    const stop = () => prechelt({ criterion: 'UP', s, k, restoreBestWeights: true });
    return { ...plan, validationFraction, callbacks: [...plan.callbacks, stop] };
  },
};
