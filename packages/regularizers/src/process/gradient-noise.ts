import { addGradientNoise } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  addGradientNoise,
  type GivenNoiseOptions,
  type GradientNoiseOptions,
  gradientNoise,
  gradientNoiseScale,
} from '@tikhonov/optim';

const settings = [
  {
    name: 'eta',
    description: 'variance of the noise at the first step',
    default: 0.01,
    source: 'the smallest that the paper tries (0.01, 0.3, 1)',
    min: 0,
  },
  {
    name: 'gamma',
    description: 'power of the steps that the variance falls with',
    default: 0.55,
    source: 'the paper',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of gradient noise. */
export const gradientNoiseMethod: Method = {
  id: 'gradient-noise',
  section: 'relative',
  title: 'Gradient noise',
  family: 'process',
  statement: String.raw`g_t \mapsto g_t + \mathcal{N}\left(0, \frac{\eta}{(1 + t)^\gamma}\right), \quad t = 0, 1, \dots`,
  reference: {
    authors: 'A. Neelakantan, L. Vilnis, Q. V. Le, I. Sutskever, L. Kaiser, K. Kurach, J. Martens',
    title: 'Adding Gradient Noise Improves Learning for Very Deep Networks',
    venue: 'arXiv',
    year: 2015,
    arxiv: '1511.06807',
  },
  arguments: settings,
  notes: [
    'eta is a variance, as in the paper: the standard deviation is its root, divided by (1 + t)^(gamma / 2).',
    'Under Adam noise that is larger than the gradients is normalised with them: the steps are then mostly noise of the size of the learning rate.',
  ],
  recipe: (plan, values) => {
    const strength = resolveArguments('gradient-noise', settings, values);
    return {
      ...plan,
      gradients: [...plan.gradients, ({ key }) => addGradientNoise({ key, ...strength })],
    };
  },
};
