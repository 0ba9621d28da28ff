import { sam } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  type SamOptions,
  type SamPass,
  SharpnessAware,
  sam,
  samPerturbation,
} from '@tikhonov/optim';

const settings = [
  {
    name: 'rho',
    description: 'length of the perturbation of all parameters together',
    default: 0.5,
    source: 'ours, for small networks on little data; the paper takes 0.05 for large ones',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of sharpness-aware minimisation. */
export const samMethod: Method = {
  id: 'sam',
  section: 'relative',
  title: 'Sharpness-aware minimization (SAM)',
  family: 'process',
  statement: String.raw`\min_w \max_{\lVert e \rVert \le \rho} L(w + e), \quad e \approx \rho \frac{g}{\lVert g \rVert}, \quad w \leftarrow w - \eta \, \nabla L(w + e)`,
  reference: {
    authors: 'P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur',
    title: 'Sharpness-Aware Minimization for Efficiently Improving Generalization',
    venue: 'ICLR',
    year: 2021,
    arxiv: '2010.01412',
  },
  arguments: settings,
  notes: [
    'Every step takes two gradients. The gradient at the perturbed point counts as it is: how the perturbation depends on the weights is not differentiated, as in the paper.',
    'Both passes of a step have the same masks; running statistics move in the first one only.',
    'A gradient of 0 gives no perturbation.',
    'SAM around SAM, such as this and ASAM together, is an error: only one of them could act.',
  ],
  recipe: (plan, values) => {
    const { rho } = resolveArguments('sam', settings, values);
    return { ...plan, optimizers: [...plan.optimizers, (optimizer) => sam(optimizer, { rho })] };
  },
};
