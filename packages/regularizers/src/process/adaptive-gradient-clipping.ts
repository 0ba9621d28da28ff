import { clipAdaptively } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type AdaptiveClipOptions, clipAdaptively } from '@tikhonov/optim';

const settings = [
  {
    name: 'clipping',
    description: "largest length of a unit's gradient as a share of the length of its weights",
    default: 0.1,
    source:
      'ours, for small batches; the paper takes 0.01 for batches of 4096, more for smaller ones',
    min: 0,
    open: 'min',
  },
  {
    name: 'eps',
    description: 'weights shorter than this count as this long',
    default: 1e-3,
    source: 'the paper',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of adaptive gradient clipping. */
export const adaptiveGradientClippingMethod: Method = {
  id: 'adaptive-gradient-clipping',
  section: 'relative',
  title: 'Adaptive gradient clipping (AGC)',
  family: 'process',
  statement: String.raw`g_i \mapsto g_i \min\left(1, \frac{c \max(\lVert w_i \rVert, \epsilon)}{\lVert g_i \rVert}\right) \quad \text{for every output unit } i`,
  reference: {
    authors: 'A. Brock, S. De, S. L. Smith, K. Simonyan',
    title: 'High-Performance Large-Scale Image Recognition Without Normalization',
    venue: 'ICML',
    year: 2021,
    arxiv: '2102.06171',
  },
  arguments: settings,
  notes: [
    'A unit is a slice along axis 0 of weights [out, ...]; of a vector all elements are one unit, as in timm and optax.',
    'The paper leaves the last layer out. The recipe clips all layers; in code, `optim.partition` applies it to some.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('adaptive-gradient-clipping', settings, values);
    return { ...plan, gradients: [...plan.gradients, () => clipAdaptively(options)] };
  },
};
