import { clipByValue } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { clipByValue, clipGradsByValue } from '@tikhonov/optim';

const settings = [
  {
    name: 'clipValue',
    description: 'largest size of an element of a gradient that is left as it is',
    default: 0.01,
    source: 'ours, for small networks',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of clipping by value. */
export const valueClippingMethod: Method = {
  id: 'value-clipping',
  section: '3.2',
  title: 'Gradient clipping by value',
  family: 'process',
  statement: String.raw`g_i \mapsto \max(-c, \min(c, g_i)) \quad \text{for every element}`,
  reference: {
    authors: 'R. Pascanu, T. Mikolov, Y. Bengio',
    title: 'On the difficulty of training recurrent neural networks',
    venue: 'ICML',
    year: 2013,
    arxiv: '1211.5063',
  },
  arguments: settings,
  notes: [
    "This is what the survey's formula says; its text and its code are about clipping by the norm. Elementwise clipping changes the direction, and is not invariant to rotations of the parameters.",
    'The paper cites it as earlier practice (Mikolov clipped elements) and proposes the one by the norm.',
  ],
  recipe: (plan, values) => {
    const { clipValue } = resolveArguments('value-clipping', settings, values);
    return { ...plan, gradients: [...plan.gradients, () => clipByValue(clipValue)] };
  },
};
