import { lookahead } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type LookaheadOptions, type LookaheadState, lookahead } from '@tikhonov/optim';

const settings = [
  {
    name: 'alpha',
    description: 'share of the way from the slow to the fast weights',
    default: 0.5,
    source: 'the paper',
    min: 0,
    max: 1,
    open: 'min',
  },
  {
    name: 'syncPeriod',
    description: 'steps of the fast weights between two of the slow ones',
    default: 5,
    source: 'the paper (5 to 10)',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of Lookahead. */
export const lookaheadMethod: Method = {
  id: 'lookahead',
  section: 'relative',
  title: 'Lookahead (slow and fast weights)',
  family: 'process',
  statement: String.raw`\text{every } k \text{ steps: } \phi \leftarrow \phi + \alpha (w - \phi), \quad w \leftarrow \phi`,
  reference: {
    authors: 'M. R. Zhang, J. Lucas, G. Hinton, J. Ba',
    title: 'Lookahead Optimizer: k steps forward, 1 step back',
    venue: 'NeurIPS',
    year: 2019,
    arxiv: '1907.08610',
  },
  arguments: settings,
  notes: [
    'The moments of the optimizer within stay as they are at a synchronisation; the paper tries that and resetting them, with little difference.',
    'The network is left with the fast weights, which are the slow ones if the number of steps is a multiple of syncPeriod.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('lookahead', settings, values);
    return { ...plan, updates: [...plan.updates, () => lookahead(options)] };
  },
};
