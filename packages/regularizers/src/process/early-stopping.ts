import { earlyStopping } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  earlyStopping,
  initialPatience,
  type PatienceDecision,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from '@tikhonov/train';

const settings = [
  {
    name: 'patience',
    description: 'epochs without improvement after which training stops',
    default: 5,
    source: "ours; Keras' default is 0",
    min: 0,
    integer: true,
  },
  {
    name: 'validationFraction',
    description: 'share of the training set that is held out and watched',
    default: 0.2,
    source: 'ours',
    min: 0,
    max: 1,
    open: 'both',
  },
] as const satisfies readonly Argument[];

/** Registry entry of early stopping. */
export const earlyStoppingMethod: Method = {
  id: 'early-stopping',
  section: '3.3',
  title: 'Early stopping',
  family: 'process',
  statement: String.raw`\text{stop at the first } t \text{ with } \min_{s > t - P} E_{va}(s) \ge \min_{s \le t - P} E_{va}(s); \quad w \leftarrow w_{t^*}, \; t^* = \operatorname{argmin}_{s \le t} E_{va}(s)`,
  reference: {
    authors: 'L. Prechelt',
    title: 'Early Stopping - But When?',
    venue: 'Neural Networks: Tricks of the Trade, Springer',
    year: 1998,
    doi: '10.1007/3-540-49430-8_3',
  },
  arguments: settings,
  notes: [
    'The survey stops when the validation error no longer decreases. That is not yet a rule: real curves have many local minima, which is what the paper is about. The rule here is patience, as in Keras: ties are no improvement, and patience 0 acts like 1.',
    'The best weights are put back at the end.',
  ],
  recipe: (plan, values) => {
    const { patience, validationFraction } = resolveArguments('early-stopping', settings, values);
    return {
      ...plan,
      validationFraction,
      callbacks: [...plan.callbacks, () => earlyStopping({ patience, restoreBestWeights: true })],
    };
  },
};
