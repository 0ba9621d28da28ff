import { softClip } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { softClip, softClipGrads } from '@tikhonov/optim';

const settings = [
  {
    name: 'gamma',
    description: 'bound that the norm of all gradients together approaches',
    default: 1,
    source: 'as the bound of gradient clipping, of which it is the smooth form',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of soft clipping. */
export const softClippingMethod: Method = {
  id: 'soft-clipping',
  section: '3.2',
  title: 'Soft gradient clipping (normalized gradient)',
  family: 'process',
  statement: String.raw`g \mapsto g \cdot \frac{\gamma}{\lVert g \rVert + \gamma}, \quad \lVert g \rVert \text{ over all parameters together}`,
  reference: {
    authors: 'J. Zhang, T. He, S. Sra, A. Jadbabaie',
    title: 'Why Gradient Clipping Accelerates Training: A Theoretical Justification for Adaptivity',
    venue: 'ICLR',
    year: 2020,
    arxiv: '1905.11881',
  },
  arguments: settings,
  notes: [
    'The post that the survey follows calls it equal to hard clipping. The factors gamma / (n + gamma) and min(1, gamma / n) agree within a factor of 2 and are never equal: small gradients shrink, too.',
    'Adam divides by the size of past gradients, so before Adam it evens out the sizes over the steps and changes no overall scale.',
  ],
  recipe: (plan, values) => {
    const { gamma } = resolveArguments('soft-clipping', settings, values);
    return { ...plan, gradients: [...plan.gradients, () => softClip(gamma)] };
  },
};
