import { averaging, ema, type ParameterAverage } from '@tikhonov/optim';
import { averageWeights } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, Network } from '../method.ts';

export {
  Averaging,
  averaging,
  type EmaOptions,
  ema,
  ParameterAverage,
} from '@tikhonov/optim';
export { type AverageWeightsOptions, averageWeights } from '@tikhonov/train';

const settings = [
  {
    name: 'decay',
    description: 'share of the average that stays at every step',
    default: 0.99,
    source: 'ours, for trainings of about a thousand steps; common are 0.999 and more',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of exponential moving averages. */
export const emaMethod: Method = {
  id: 'ema',
  section: 'relative',
  title: 'Exponential moving average of the weights (EMA)',
  family: 'process',
  statement: String.raw`a \leftarrow d \, a + (1 - d) \, w \text{ after every step}; \quad \text{the network in the end is that of } a`,
  reference: {
    authors: 'B. T. Polyak, A. B. Juditsky',
    title: 'Acceleration of stochastic approximation by averaging',
    venue: 'SIAM Journal on Control and Optimization 30',
    year: 1992,
    doi: '10.1137/0330046',
  },
  arguments: settings,
  notes: [
    'The source averages uniformly; the exponential form forgets the beginning. The average starts at the first weights, so it needs several times 1 / (1 - d) steps to leave them behind; `debias` starts it at 0 and divides by 1 - d^k.',
    'Training goes on with the weights themselves: the averages take their place in the end, with statistics of batch norms computed anew.',
    'The average is taken in within the step, so that it is part of the compiled program and of checkpoints.',
  ],
  recipe: (plan, values) => {
    const { decay } = resolveArguments('ema', settings, values);
    const averages = new WeakMap<Network, ParameterAverage>();
    return {
      ...plan,
      optimizers: [
        ...plan.optimizers,
        (optimizer, { model }) => {
          const average = ema(model, { decay });
          averages.set(model, average);
          return averaging(optimizer, average);
        },
      ],
      callbacks: [
        ...plan.callbacks,
        ({ model }) => averageWeights(averages.get(model)!, { every: 'never' }),
      ],
    };
  },
};
